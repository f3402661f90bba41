/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Declared containers: a contid that an orchestrator has given a task, which all have that come
 * from it, whatever cgroup they are in.
 */
#ifndef NESTAUDIT_DECLARED_H
#define NESTAUDIT_DECLARED_H

#include "ring.h"

/* A new task is where the one is that makes it. */
static __always_inline void declared_fork(struct task_struct *parent, struct task_struct *child)
{
	uint64_t *from = bpf_task_storage_get(&declarations, parent, NULL, 0);

	if (!from)
		return;
	uint64_t contid = *from;
	uint64_t *count = bpf_map_lookup_elem(&declared_tasks, &contid);
	/* It was declared and is taken back. */
	if (!count)
		return;
	uint64_t *to =
	    bpf_task_storage_get(&declarations, child, &contid, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (to)
		__sync_fetch_and_add(count, 1);
	else
		count_loss(contid, 0, ~0u, LOSS_NO_STORAGE);
}

/* The last task of a declared container says so; two that end at once may both do. */
static __noinline int declared_exit(struct task_struct *task)
{
	uint64_t *from = bpf_task_storage_get(&declarations, task, NULL, 0);
	struct builder b;

	if (!from)
		return 0;
	uint64_t contid = *from;
	uint64_t *count = bpf_map_lookup_elem(&declared_tasks, &contid);
	struct policy_cgroup *known = bpf_map_lookup_elem(&cgroups, &contid);
	if (bpf_task_storage_delete(&declarations, task) || !count)
		return 0;
	__sync_fetch_and_add(count, -1);
	if (*(volatile uint64_t *)count)
		return 0;
	struct event_cgroup *event =
	    builder_start(&b, EVENT_CGROUP, sizeof(struct event_cgroup), contid, contid,
			  known ? known->account : ACCOUNT_HOST, task->pid);
	if (!event)
		return 0;
	event->cgroup = contid;
	event->parent = 0;
	event->op = CGROUP_EMPTY;
	event->policy = 0;
	return builder_submit(&b);
}

#endif
