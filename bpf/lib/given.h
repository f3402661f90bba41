/* SPDX-License-Identifier: GPL-2.0 */
/* Numbers that the caller gives in memory: of the syscall that ends, as the kernel took them. */
#ifndef NESTAUDIT_GIVEN_H
#define NESTAUDIT_GIVEN_H

#include "taken.h"

/* include/uapi/asm-generic/fcntl.h */
#define O_LARGEFILE 0100000
#define O_PATH      010000000

static __always_inline void given_find(struct task_state *state, struct syscall_end *end)
{
	bool how = shape_of(end->arch, end->syscall)->open == OPEN_HOW;
	uint64_t flags = 0;

	if (!(control.hooks & (how ? HOOK_HOW : HOOK_QUEUES)))
		return;
	if (!(state->taken & TAKEN_GIVEN)) {
		end->given = end->result < 0 ? GIVEN_NOT : GIVEN_CALLERS;
		return;
	}
	end->given = GIVEN_KEPT;
	for (uint32_t i = 0; i < GIVEN_MAX; i++)
		end->value[i] = state->given[i];
	/* fs/open.c, openat2: this one the kernel may have added since. */
	if (!how || end->value[0] & O_PATH)
		return;
	bpf_probe_read_user(&flags, sizeof(flags), (void *)argument(end, 3));
	if (!(flags & O_LARGEFILE))
		end->value[0] &= ~(uint64_t)O_LARGEFILE;
}

#endif
