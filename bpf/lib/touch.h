/* SPDX-License-Identifier: GPL-2.0 */
/*
 * EVENT_TOUCHED: what a syscall finds, makes or removes by its name, told by the security hooks
 * while it is done. At the syscall's end nothing leads there any more.
 */
#ifndef NESTAUDIT_TOUCH_H
#define NESTAUDIT_TOUCH_H

#include "syscall.h"
#include "touched.h"

/* include/uapi/asm-generic/fcntl.h; the bit of O_TMPFILE that is no other flag's */
#define O_DIRECTORY 0200000
#define O_TMPFILE   020000000

/* The state of a task that runs a request which somebody may want to know of. */
static __always_inline struct task_state *request_state(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_state *state =
	    control.requests ? bpf_task_storage_get(&tasks, task, NULL, 0) : NULL;

	return state && state->ring.request ? state : NULL;
}

/* Whether somebody may want to know of the syscall under way; then the task's state. */
static __always_inline struct task_state *call_state(bool named)
{
	struct task_state *running = request_state();

	if (running)
		return running;
	struct task_struct *task = bpf_get_current_task_btf();
	struct pt_regs *regs = (void *)bpf_task_pt_regs(task);
	uint32_t arch = arch_of(task);
	int32_t syscall = READ(regs, orig_ax);
	uint32_t muted;

	const volatile struct shape *shape = shape_of(arch, syscall);

	if (!gate_open(arch, syscall) || (named && !(shape->path[0] || shape->address)) ||
	    !READ(task, mm) || task->tgid == control.collector)
		return NULL;
	struct task_state *state = task_state_of(task);
	if (!state || !policy_open(state, arch, syscall, &muted))
		return NULL;
	parts_check(state);
	return state;
}

/* Likewise, of a syscall with names or addresses. */
static __always_inline struct task_state *hook_state(void)
{
	return call_state(true);
}

/* Likewise, of a file: what an open leads to is known at its end. */
static __always_inline struct task_state *touch_state(void)
{
	struct task_state *running = request_state();
	struct task_struct *task = bpf_get_current_task_btf();
	struct pt_regs *regs = (void *)bpf_task_pt_regs(task);

	if (running)
		return shape_of(POLICY_ARCH_64, running->ring.syscall)->open ? NULL : running;
	if (shape_of(arch_of(task), READ(regs, orig_ax))->open)
		return NULL;
	return hook_state();
}

/* Keeps a name that the kernel has taken as the syscall's first or second. */
static __always_inline void take_name_as(struct task_state *state, uint32_t index,
					 struct filename *name)
{
	uint64_t taken = (uint64_t)name;

	if (taken >= (uint64_t)-4095)
		return;
	taken_keep_path(state, index, READ(name, name));
	if (index)
		state->name[1] = taken;
	else
		state->name[0] = taken;
}

/* Likewise, by where in the caller's memory it was. */
static __always_inline void take_name(struct task_state *state, struct filename *name)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pt_regs *regs = (void *)bpf_task_pt_regs(task);
	uint32_t arch = arch_of(task);
	const volatile struct shape *shape = shape_of(arch, READ(regs, orig_ax));
	uint64_t args[8] = {}, taken = (uint64_t)name;
	uint32_t first = shape->path[0], second = shape->path[1];

	if (taken >= (uint64_t)-4095 || state->ring.request)
		return;
	uint64_t user = (uint64_t)READ(name, uptr);
	arguments_of(regs, arch, args);
	uint64_t place = args[(first - 1) & 7], other = args[(second - 1) & 7];
	if (arch == POLICY_ARCH_32) {
		place = (uint32_t)place;
		other = (uint32_t)other;
	}
	if (first && user == place && !(second && place == other && state->name[0]))
		take_name_as(state, 0, name);
	else if (second && user == other)
		take_name_as(state, 1, name);
}

/* Which of the syscall's paths a name is; 2: none. Those that the kernel makes itself are a
 * socket's, and the source of a mount. */
static __always_inline uint32_t name_index(struct task_state *state, struct filename *name)
{
	if (state->name[0] == (uint64_t)name)
		return 0;
	if (state->name[1] == (uint64_t)name)
		return 1;
	return READ(name, uptr) ? 2 : 0;
}

/* What an open found and did not open. */
static __always_inline void touch_refused(struct task_state *state, struct dentry *dentry)
{
	touch(state, dentry, OBJECT_FOUND, 0);
	touch(state, READ(dentry, d_parent), OBJECT_PARENT, 0);
}

static __always_inline int32_t syscall_now(void)
{
	struct pt_regs *regs = (void *)bpf_task_pt_regs(bpf_get_current_task_btf());

	return READ(regs, orig_ax);
}

/* mq_open, mq_unlink */
static __always_inline bool is_queue_name(int32_t syscall)
{
	return arch_of(bpf_get_current_task_btf()) == POLICY_ARCH_64
		   ? syscall == 240 || syscall == 241
		   : syscall == 277 || syscall == 278;
}

#endif
