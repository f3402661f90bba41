/* SPDX-License-Identifier: GPL-2.0 */
/* A task's beginning and end: its identity is inherited, and forgotten. */
#include "lib/declared.h"
#include "lib/login.h"
#include "lib/seccomp.h"
#include "lib/syscall.h"

/* Asks the task lists about a task that is being made. */
static __noinline int fork_mute(struct task_state *from, struct task_state *to)
{
	struct syscall_end *end = syscall_end_memory();
	uint32_t policy = from->policy;
	struct policy_entry *entry = bpf_map_lookup_elem(&policies, &policy);

	if (!end || !entry)
		return 0;
	end->flags = EVENT_NO_RESULT;
	if (!syscall_subject(bpf_get_current_task_btf(), from, end))
		return 0;
	to->muted = match_never(policy);
	to->muted_by = entry->serial;
	return 0;
}

/* Tells the collector who makes a task, and that task's number: the task list is asked there. */
static __noinline int fork_submit(struct task_state *state, struct task_struct *child)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct subject *subject = subject_memory();
	struct builder b;

	if (!subject)
		return 0;
	process_key_ids(&subject->key, task);
	if (!syscall_announce(state, ~0u, LOSS_PART))
		return 0;
	struct event_fork *event =
	    builder_start(&b, EVENT_FORK, sizeof(struct event_fork), state->cgroup, state->contid,
			  state->account, (uint32_t)bpf_get_current_pid_tgid());
	if (!event)
		return 0;
	event->child = READ(child, pid);
	event->pad = 0;
	if (builder_submit(&b))
		return 1;
	count_loss(state->contid, state->policy, ~0u, LOSS_PART);
	return 0;
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(nestaudit_process_fork, struct task_struct *parent, struct task_struct *child)
{
	if (control.declared)
		declared_fork(parent, child);
	bool asked = control.needs & NEED_FORKS && parent->tgid != control.collector;
	struct task_state *from =
	    asked ? task_state_of(parent) : bpf_task_storage_get(&tasks, parent, NULL, 0);

	if (!from)
		return 0;
	struct task_state *to =
	    bpf_task_storage_get(&tasks, child, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!to)
		return 0;
	to->cgroup = from->cgroup;
	to->contid = from->contid;
	to->policy = from->policy;
	to->account = from->account;
	to->generation = from->generation;
	if (asked) {
		fork_mute(from, to);
		to->forked = fork_submit(from, child);
	}
	return 0;
}

/* exit and exit_group never end as other syscalls do. */
static __noinline int exit_capture(struct task_struct *task)
{
	struct pt_regs *regs = (void *)bpf_task_pt_regs(task);
	struct syscall_end *end = syscall_end_memory();

	if (!end)
		return 0;
	end->arch = arch_of(task);
	end->syscall = READ(regs, orig_ax);
	end->flags = EVENT_NO_RESULT;
	arguments_of(regs, end->arch, end->args);
	syscall_capture(end, true, true);
	return 0;
}

/* Whether the task ends by a syscall that the gate is open for. */
static __always_inline bool exit_asked(struct task_struct *task)
{
	struct pt_regs *regs = (void *)bpf_task_pt_regs(task);
	uint32_t arch = arch_of(task);
	int32_t syscall = READ(regs, orig_ax);

	return is_exit(arch, syscall) && gate_open(arch, syscall);
}

/*
 * Before Linux 6.16 a task's memory is gone when sched_process_exit comes, and with it its
 * executable and command line: kernel/exit.c, do_exit.
 */
SEC("fentry/exit_signals")
int BPF_PROG(nestaudit_exit, struct task_struct *task)
{
	struct task_struct *current = bpf_get_current_task_btf();

	if (!LOAD(current, mm) || !exit_asked(current))
		return 0;
	struct task_state *state = task_state_of(current);
	if (!state || !memory_hold())
		return 0;
	exit_capture(current);
	memory_release();
	state->exited = 1;
	return 0;
}

/* Tells how a task has ended, and that it has. */
static __always_inline void task_end(struct task_struct *task)
{
	struct builder b;

	if (READ(task, seccomp.mode) == SECCOMP_MODE_DEAD && !(control.hooks & HOOK_SECCOMP))
		seccomp_exit(task);
	struct task_state *state = bpf_task_storage_get(&tasks, task, NULL, 0);
	if (!(state && state->exited) && exit_asked(task)) {
		exit_capture(task);
		state = bpf_task_storage_get(&tasks, task, NULL, 0);
	}
	own_take(state);
	login_forget(task);
	if (!state || !(state->said || state->forked || state->parts))
		return;
	if (builder_start(&b, EVENT_EXIT, sizeof(struct event_header), state->cgroup, state->contid,
			  state->account, task->pid))
		builder_submit(&b);
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(nestaudit_process_exit, struct task_struct *task)
{
	task_end(task);
	if (control.declared)
		declared_exit(task);
	/* It was killed: its number may be another's before the next one comes. */
	if ((uint32_t)task->pid == control.collector)
		control.collector = 0;
	return 0;
}
