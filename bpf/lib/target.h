/* SPDX-License-Identifier: GPL-2.0 */
/* EVENT_TARGET: the processes that a signal goes to, or that ptrace takes. */
#ifndef NESTAUDIT_TARGET_H
#define NESTAUDIT_TARGET_H

#include "end.h"
#include "identity.h"
#include "idr.h"
#include "label.h"

#define GROUP_MAX 4096 /* processes of a group */

/* The first is written where a signal is sent, which an interrupt can do too; the other where a
 * syscall ends. */
enum target_place { TARGET_SENT, TARGET_FOUND, TARGET_PLACES };
struct target_memory {
	struct event_target event;
	struct event_target_pid pid[EVENT_PIDNS_LEVELS];
	uint8_t label[EVENT_LABEL_MAX]; /* room: it begins behind the pids that hold */
};
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, TARGET_PLACES);
	__type(key, uint32_t);
	__type(value, struct target_memory);
} target_memories SEC(".maps");

/* Which argument of a syscall names the target: 0 none. */
static __always_inline uint32_t target_argument(uint32_t arch, int32_t syscall)
{
	bool is_64 = arch == POLICY_ARCH_64;

	switch (syscall) {
	case 62:  /* kill */
	case 200: /* tkill */
	case 129: /* rt_sigqueueinfo */
		return is_64;
	case 37:
	case 238:
	case 178:
		return !is_64;
	case 234: /* tgkill */
	case 297: /* rt_tgsigqueueinfo */
	case 101: /* ptrace */
		return is_64 ? 2 : 0;
	case 270:
	case 335:
	case 26:
		return is_64 ? 0 : 2;
	}
	return 0;
}

static __always_inline bool is_ptrace(uint32_t arch, int32_t syscall)
{
	return syscall == (arch == POLICY_ARCH_64 ? 101 : 26);
}

static __always_inline bool is_kill(uint32_t arch, int32_t syscall)
{
	return syscall == (arch == POLICY_ARCH_64 ? 62 : 37);
}

static __always_inline bool is_pidfd_signal(int32_t syscall)
{
	return syscall == 424;
}

static __always_inline bool sends_signal(uint32_t arch, int32_t syscall)
{
	return is_pidfd_signal(syscall) || target_argument(arch, syscall);
}

/* What a program says itself of the signal that it sends; 0 if the kernel says it. */
static __always_inline uint64_t queued_info(uint32_t arch, int32_t syscall, uint64_t args[6])
{
	if (is_pidfd_signal(syscall) || syscall == (arch == POLICY_ARCH_64 ? 129 : 178))
		return args[2];
	if (syscall == (arch == POLICY_ARCH_64 ? 297 : 335))
		return args[3];
	return 0;
}

/* include/uapi/asm-generic/siginfo.h: si_code is the third number. */
static __always_inline bool queued_code(uint64_t info, int32_t *code)
{
	return info && bpf_probe_read_user(code, sizeof(*code), (void *)(info + 8)) == 0;
}

/* The container that a target is in, by its cgroup: a task that was found has nothing of ours. */
static __noinline uint64_t target_contid(struct task_struct *target)
{
	uint64_t id = READ(target, cgroups, dfl_cgrp, kn, id);
	/* What the table has no room for is not looked for: calls can be eight deep, and here they
	 * are. */
	struct policy_cgroup *known = bpf_map_lookup_elem(&cgroups, &id);

	return known ? known->contid : 0;
}

/* Puts a target into the ring; 1 if it is there. */
__noinline uint32_t target_submit(struct task_state *state, uint64_t address, uint32_t place,
				  uint64_t contid)
{
	struct task_struct *target = (void *)address;
	struct target_memory *memory = bpf_map_lookup_elem(&target_memories, &place);

	if (!state || !memory || !target)
		return 0;
	struct event_target *event = &memory->event;
	event->contid = contid; /* first, so that it needs no room for longer */
	struct pid *group = READ(target, signal, pids[PIDTYPE_TGID]);
	uint32_t level = READ(group, level);

	__builtin_memset(&event->header, 0, sizeof(event->header));
	event->header.type = EVENT_TARGET;
	event->header.time = bpf_ktime_get_boot_ns();
	event->header.cgroup = state->cgroup;
	event->header.contid = state->contid;
	event->header.account = state->account;
	event->header.task = (uint32_t)bpf_get_current_pid_tgid();
	event->number = state->targets;
	event->uid = READ(target, cred, uid.val);
	event->auid = READ(target, loginuid.val);
	event->ses = READ(target, sessionid);
	BPF_CORE_READ_INTO(&event->comm, target, comm);
	uint32_t levels = 0;
	for (uint32_t i = 0; i < EVENT_PIDNS_LEVELS && i <= level; i++) {
		struct upid number = {};
		bpf_probe_read_kernel(&number, sizeof(number), &group->numbers[i]);
		struct pid_namespace *ns = number.ns;
		memory->pid[i].ns = READ(ns, ns.inum);
		memory->pid[i].tgid = number.nr;
		levels = i + 1;
	}
	levels = at_most(levels, EVENT_PIDNS_LEVELS);
	uint32_t label = label_put(memory->pid + levels, (void *)READ(target, real_cred),
				   place == TARGET_SENT ? LABEL_SIGNAL : LABEL_SYSCALL);
	event->levels = levels;
	event->label = label;
	event->pad = 0;
	uint32_t size = (sizeof(*event) + levels * sizeof(memory->pid[0]) + label + 7) & ~7u;
	event->header.size = size;
	size = at_most(size, sizeof(*memory));
	state->parts = 1;
	if (ring_put(&event->header, size))
		return 1;
	count_loss(state->contid, state->policy, ~0u, LOSS_PART);
	return 0;
}

static __always_inline uint32_t target_found(struct task_state *state, struct task_struct *target)
{
	return target_submit(state, (uint64_t)target, TARGET_FOUND, target_contid(target));
}

/* The pid that has a number in the caller's PID namespace, or NULL. */
static __always_inline struct pid *pid_of_number(uint32_t number)
{
	struct pid *own = READ(bpf_get_current_task_btf(), thread_pid);
	uint32_t level = READ(own, level);
	struct upid upid = {};

	bpf_probe_read_kernel(&upid, sizeof(upid), &own->numbers[level]);
	return idr_entry(&upid.ns->idr, number);
}

/* The task that stands in a list of those that a pid means as `type`. */
static __always_inline struct task_struct *task_of_link(struct hlist_node *link, uint32_t type)
{
	return (void *)link - bpf_core_field_offset(struct task_struct, pid_links) -
	       type * 2 * sizeof(void *);
}

struct group_walk {
	struct task_state *state;
	struct hlist_node *link;
};

static long group_step(uint32_t index, struct group_walk *w)
{
	struct hlist_node *link = w->link;
	struct task_state *state = w->state;

	if (!link)
		return 1;
	state->targets += target_found(state, task_of_link(link, PIDTYPE_PGID));
	w->link = READ(link, next);
	return 0;
}

/* Whether the kernel has looked at the target although no signal was sent: kernel/signal.c,
 * check_kill_permission; kernel/ptrace.c, ptrace_attach. */
static __always_inline bool target_was_asked(struct syscall_end *end)
{
	int32_t code = 0;

	if (is_ptrace(end->arch, end->syscall))
		return argument(end, 1) == 16 /* PTRACE_ATTACH */ ||
		       (argument(end, 1) == 0x4206 /* PTRACE_SEIZE */ &&
			end->result != -5 /* EIO */);
	if (end->result != 0 && end->result != -1 /* EPERM */ && end->result != -11 /* EAGAIN */)
		return false;
	/* Refused before, whoever it was for: only the kernel may say these. */
	if (queued_code(queued_info(end->arch, end->syscall, end->args), &code))
		return end->result != -1 || (code < 0 && code != -6 /* SI_TKILL */);
	return true;
}

/* Tells whom a syscall was about that ends now, where nothing was told when it happened. */
__noinline int targets_find(struct task_state *state, struct syscall_end *end)
{
	if (!state || !end)
		return 0;
	uint32_t which = target_argument(end->arch, end->syscall);

	if (state->targets || !which || !target_was_asked(end))
		return 0;
	int32_t number = argument(end, which);
	if (number > 0) {
		struct pid *pid = pid_of_number(number);
		struct hlist_node *link = pid ? READ(pid, tasks[PIDTYPE_PID].first) : NULL;
		if (link)
			state->targets = target_found(state, task_of_link(link, PIDTYPE_PID));
	} else if (number != -1 && is_kill(end->arch, end->syscall)) {
		struct task_struct *task = bpf_get_current_task_btf();
		struct pid *pid =
		    number ? pid_of_number(-number) : READ(task, signal, pids[PIDTYPE_PGID]);
		struct group_walk walk = {.state = state};
		walk.link = pid ? READ(pid, tasks[PIDTYPE_PGID].first) : NULL;
		bpf_loop(GROUP_MAX, group_step, &walk, 0);
	}
	return 0;
}

#endif
