/* SPDX-License-Identifier: GPL-2.0 */
/* Which container is behind a task, and which policy judges it. */
#ifndef NESTAUDIT_IDENTITY_H
#define NESTAUDIT_IDENTITY_H

#include "ring.h"

static __always_inline uint64_t cgroup_of(struct task_struct *task)
{
	/* Plain loads: for every event that passes the gate, four calls would be too dear. */
	return task->cgroups->dfl_cgrp->kn->id;
}

/* Brings the identity in `state` up to date: after a move, and after a change of the tables. */
static __always_inline void identify(struct task_state *state, struct task_struct *task)
{
	uint64_t cgroup = cgroup_of(task);
	uint32_t generation = control.generation;

	if (state->cgroup == cgroup && state->generation == generation)
		return;
	struct policy_cgroup *known = bpf_map_lookup_elem(&cgroups, &cgroup);
	uint64_t contid = known ? known->contid : 0;

	state->cgroup = cgroup;
	state->contid = contid;
	state->policy = known ? known->policy : control.host;
	state->generation = generation;
}

/* Forgets what was told ahead of a syscall's event: it is told, or is not to be. */
static __always_inline void parts_end(struct task_state *state)
{
	state->targets = 0;
	state->touches = 0;
	state->taken = 0;
	state->name[0] = 0;
	state->name[1] = 0;
	state->walk = 0;
	state->made = 0;
	state->module[0] = 0;
	state->address_length = 0;
	state->changes = 0;
	state->entry.kind = ENTRY_NONE;
}

/* Likewise, of a syscall at whose end the gate was closed: nobody had looked there. */
static __always_inline void parts_check(struct task_state *state)
{
	uint32_t closings = control.closings;

	if (state->closings == closings)
		return;
	state->closings = closings;
	parts_end(state);
}

/* The state of `task` with its identity, made where there is none; NULL if there is no memory. */
static __always_inline struct task_state *task_state_of(struct task_struct *task)
{
	struct task_state *state =
	    bpf_task_storage_get(&tasks, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (state)
		identify(state, task);
	return state;
}

#endif
