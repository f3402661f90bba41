/* SPDX-License-Identifier: GPL-2.0 */
/* A syscall that has ended, with its arguments. */
#ifndef NESTAUDIT_END_H
#define NESTAUDIT_END_H

#include "shape.h"

/* include/uapi/asm-generic/errno.h */
#define EPERM    1
#define ENOENT   2
#define E2BIG    7
#define EBADF    9
#define ENOMEM   12
#define EACCES   13
#define EFAULT   14
#define ENOTDIR  20
#define EINVAL   22
#define EFBIG    27
#define ERANGE   34
#define ENOSYS   38
#define ELOOP    40
#define ENOTSOCK 88

/* Where the numbers come from that the caller has given in memory. */
enum given {
	GIVEN_CALLERS, /* nobody saw what the kernel took: his memory is all that there is */
	GIVEN_KEPT,    /* syscall_end.value: struct open_how, or those of a message queue */
	GIVEN_NOT,     /* the kernel did not come so far as to take them */
};

/* Before anybody is asked whether it is wanted. */
struct syscall_end {
	uint64_t args[8]; /* six hold: a power of two lets the verifier see the bound */
	int64_t result;
	uint32_t arch; /* enum policy_arch */
	int32_t syscall;
	uint32_t argc;
	uint32_t argv_bytes;
	uint16_t flags;
	uint16_t given; /* enum given: of … */
	uint64_t value[GIVEN_MAX];
};

/* In memory, as scratch: all frames of a call share 512 bytes of stack (until Linux 6.13). */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, MEMORY_PLACES);
	__type(key, uint32_t);
	__type(value, struct syscall_end);
} syscall_ends SEC(".maps");

/* The syscall that ends; NULL if there is no memory. */
static __always_inline struct syscall_end *syscall_end_found(void)
{
	uint32_t place = memory_place();

	return bpf_map_lookup_elem(&syscall_ends, &place);
}

/* Where it is put together, empty. */
static __always_inline struct syscall_end *syscall_end_memory(void)
{
	struct syscall_end *end = syscall_end_found();

	if (end)
		__builtin_memset(end, 0, sizeof(*end));
	return end;
}

static __always_inline uint64_t argument(struct syscall_end *end, uint32_t number)
{
	uint32_t index = (number - 1) & 7;

	barrier_var(index);
	return end->arch == POLICY_ARCH_32 ? (uint32_t)end->args[index & 7] : end->args[index & 7];
}

/* The flags of an open. */
static __always_inline uint64_t open_flags_of(struct syscall_end *end)
{
	uint64_t flags = 0;

	switch (shape_of(end->arch, end->syscall)->open) {
	case OPEN_FLAGS_2:
	case OPEN_QUEUE:
		return argument(end, 2);
	case OPEN_FLAGS_3:
		return argument(end, 3);
	case OPEN_CREAT:
		return O_CREAT;
	case OPEN_HOW:
		if (end->given == GIVEN_KEPT)
			return end->value[0];
		bpf_probe_read_user(&flags, sizeof(flags), (void *)argument(end, 3));
	}
	return flags;
}

#endif
