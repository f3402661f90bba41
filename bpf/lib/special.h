/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The numbers of the one record of its own that some syscalls have: from their arguments and the
 * caller's memory, where the kernel's audit heard of them. Each function returns how many it has
 * put into `value`; 0 if the syscall had not come so far.
 */
#ifndef NESTAUDIT_SPECIAL_H
#define NESTAUDIT_SPECIAL_H

#include "address.h"

#define MAP_ANONYMOUS 0x20
#define PAGE_REST     4095

/* Where a section's numbers lie, and behind them for the time being what was read of the caller. */
struct special {
	uint64_t value[12];
	union {
		uint8_t raw[64];
		uint16_t half[32];
		int32_t narrow[16];
		int64_t wide[8];
	};
};

/* Reads what the caller gave; false if it cannot be read, as then the kernel could not either. */
static __always_inline bool special_read(struct special *s, uint64_t address, const uint32_t size)
{
	return bpf_probe_read_user(s->raw, size, (void *)address) == 0;
}

/* flags and fd of a mapping of a file: mm/mmap.c, ksys_mmap_pgoff, before the descriptor is looked
 * at. */
static __always_inline uint32_t special_mmap(struct special *s, struct syscall_end *end)
{
	bool paged = end->arch == POLICY_ARCH_32; /* mmap2 counts in pages */

	if (argument(end, 4) & MAP_ANONYMOUS || (!paged && argument(end, 6) & PAGE_REST))
		return 0;
	s->value[0] = argument(end, 5);
	s->value[1] = argument(end, 4);
	return 2;
}

/* The first mmap of the 32-bit arch: its six arguments are in memory. */
static __always_inline uint32_t special_mmap_in_memory(struct special *s, struct syscall_end *end)
{
	if (!special_read(s, argument(end, 1), 24) || s->narrow[3] & MAP_ANONYMOUS ||
	    s->narrow[5] & PAGE_REST)
		return 0;
	s->value[0] = s->narrow[4];
	s->value[1] = s->narrow[3];
	return 2;
}

/* struct open_how: fs/open.c, openat2, once it is copied whole. */
static __always_inline uint32_t special_openat2(struct special *s, struct syscall_end *end)
{
	uint64_t size = argument(end, 4);

	if (end->given == GIVEN_KEPT) {
		for (uint32_t i = 0; i < 3; i++)
			s->value[i] = end->value[i];
		return 3;
	}
	if (end->given == GIVEN_NOT || size < 24 || end->result == -E2BIG ||
	    (size > 24 && end->result == -EFAULT) || !special_read(s, argument(end, 3), 24))
		return 0;
	s->value[0] = s->wide[0];
	s->value[1] = s->wide[1];
	s->value[2] = s->wide[2];
	return 3;
}

/* What the task has been given: kernel/capability.c, capset. */
static __always_inline uint32_t special_capset(struct special *s, struct syscall_end *end)
{
	struct task_struct *task = bpf_get_current_task_btf();

	if (end->result != 0)
		return 0;
	BPF_CORE_READ_INTO(&s->value[0], task, cred, cap_inheritable);
	BPF_CORE_READ_INTO(&s->value[1], task, cred, cap_permitted);
	BPF_CORE_READ_INTO(&s->value[2], task, cred, cap_effective);
	BPF_CORE_READ_INTO(&s->value[3], task, cred, cap_ambient);
	return 4;
}

static __always_inline uint32_t special_socketcall(struct special *s, struct syscall_end *end)
{
	uint32_t args[SOCKETCALL_ARGS] = {};
	uint32_t count = socketcall_args(end, args);

	for (uint32_t i = 0; i < 6; i++)
		s->value[i] = args[i];
	return count;
}

#endif
