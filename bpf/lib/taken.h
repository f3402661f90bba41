/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Names and addresses of the syscall under way as the kernel took them, where hooks tell them: by
 * the syscall's end another thread may have put others into the caller's memory.
 */
#ifndef NESTAUDIT_TAKEN_H
#define NESTAUDIT_TAKEN_H

#include "address.h"
#include "identity.h"

/* Bits of task_state.taken. */
enum taken {
	TAKEN_FIRST = 1, /* the syscall's first path … */
	TAKEN_SECOND = 2,
	TAKEN_ADDRESS = 4,
	TAKEN_GIVEN = 16, /* numbers: task_state.given */
	TAKEN_UNKEPT = 8, /* something was taken, and there was no memory to keep it */
};

/* Lengths are in bytes, without a NUL. */
struct taken_memory {
	uint32_t length[2];
	uint32_t address_length;
	uint32_t pad;
	uint8_t address[EVENT_SOCKADDR_MAX];
	char path[2][EVENT_PATH_MAX];
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct taken_memory);
} taken_memories SEC(".maps");

/* Where it is kept; `make` it where there is none. */
static __always_inline struct taken_memory *taken_memory(struct task_state *state, bool make)
{
	struct taken_memory *memory =
	    bpf_task_storage_get(&taken_memories, bpf_get_current_task_btf(), NULL,
				 make ? BPF_LOCAL_STORAGE_GET_F_CREATE : 0);

	if (!memory && make)
		state->taken |= TAKEN_UNKEPT;
	return memory;
}

/* Keeps a path that the kernel has copied to `name`: the syscall's first or second. */
static __always_inline void taken_keep_path(struct task_state *state, uint32_t index,
					    const char *name)
{
	struct taken_memory *memory = taken_memory(state, true);

	if (!memory)
		return;
	char *path = index ? memory->path[1] : memory->path[0];
	long length = bpf_probe_read_kernel_str(path, EVENT_PATH_MAX, name);
	if (length <= 0 || length > EVENT_PATH_MAX)
		return;
	if (index)
		memory->length[1] = length - 1;
	else
		memory->length[0] = length - 1;
	state->taken |= index ? TAKEN_SECOND : TAKEN_FIRST;
}

/* Keeps an address of `length` bytes that the kernel has copied to `address`. */
static __always_inline void taken_keep_address(struct task_state *state, const void *address,
					       uint32_t length)
{
	struct taken_memory *memory = taken_memory(state, true);

	if (!memory)
		return;
	length = at_most(length, EVENT_SOCKADDR_MAX);
	if (bpf_probe_read_kernel(memory->address, length, address))
		return;
	memory->address_length = length;
	state->taken |= TAKEN_ADDRESS;
}

enum taken_answer {
	TAKEN_NOT,  /* the kernel has taken none */
	TAKEN_KEPT, /* it is in taken_memory() */
	TAKEN_LOST, /* nobody saw what it took: the caller's memory is all that there is */
};

/*
 * What is known of a path or an address (a bit of enum taken) of the syscall that ends. A hook that
 * was skipped cannot be told from one that was not asked, except by the syscall's success.
 */
static __always_inline enum taken_answer taken_answer(struct task_state *state,
						      struct syscall_end *end, uint32_t bit)
{
	uint32_t hook = bit == TAKEN_ADDRESS ? HOOK_ADDRESSES : HOOK_NAMES;

	/* A request has them with it. */
	if (state->ring.request)
		return state->taken & bit ? TAKEN_KEPT : TAKEN_NOT;
	if (!(control.hooks & hook))
		return TAKEN_LOST;
	if (state->taken & bit)
		return TAKEN_KEPT;
	return end->result >= 0 || state->taken & TAKEN_UNKEPT ? TAKEN_LOST : TAKEN_NOT;
}

#endif
