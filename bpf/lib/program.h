/* SPDX-License-Identifier: GPL-2.0 */
/* BPF: that a BPF program is loaded, or let go by its last user: kernel/bpf/syscall.c,
 * bpf_audit_prog. */
#ifndef NESTAUDIT_PROGRAM_H
#define NESTAUDIT_PROGRAM_H

#include "object.h"
#include "own.h"

#define BPF_PROG_LOAD 5 /* include/uapi/linux/bpf.h, enum bpf_cmd */

static __always_inline bool is_bpf(uint32_t arch, int32_t syscall)
{
	return syscall == (arch == POLICY_ARCH_64 ? 321 : 357);
}

/* Tells of it in the task that does it; false if the ring refused it. */
static __always_inline int program_tell(struct task_state *state, uint32_t id, enum program_op op,
					uint32_t flags)
{
	struct subject *subject = subject_memory();

	if (!subject)
		return 0;
	subject->own[0] = id;
	subject->own[1] = op;
	return own_tell(state, SPECIAL_BPF, flags);
}

/* The program that a bpf(2) which ends has loaded is behind its descriptor: without the hook. */
static __noinline int program_loaded(struct task_struct *task, uint32_t descriptor)
{
	struct file *file = file_of(task, descriptor);
	struct bpf_prog *program = file ? READ(file, private_data) : NULL;
	uint32_t id = program ? READ(program, aux, id) : 0;
	struct task_state *state = id ? own_state(task) : NULL;

	return state && program_tell(state, id, PROGRAM_LOAD, EVENT_OF_SYSCALL);
}

#endif
