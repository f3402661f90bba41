/* SPDX-License-Identifier: GPL-2.0 */
/* Which container is behind a task, and which policy judges it. */
#ifndef NESTAUDIT_IDENTITY_H
#define NESTAUDIT_IDENTITY_H

#include "ring.h"

static __always_inline uint64_t cgroup_of(struct task_struct *task)
{
	return LOAD(task, cgroups, dfl_cgrp, kn, id);
}

static __always_inline struct kernfs_node *kernfs_parent(struct kernfs_node *node)
{
	struct kernfs_node___6_14 *old = (void *)node;

	if (bpf_core_field_exists(node->__parent))
		return READ(node, __parent);
	return READ(old, parent);
}

/* How far a cgroup that is not in the table may be below one that is. */
#define CGROUP_DEPTH_MAX 16384

struct cgroup_search {
	struct kernfs_node *node;
	uint64_t id;
};

static long cgroup_search_step(uint32_t index, struct cgroup_search *search)
{
	struct kernfs_node *node = search->node;
	uint64_t id = READ(node, id);

	if (bpf_map_lookup_elem(&cgroups, &id)) {
		search->id = id;
		return 1;
	}
	search->node = kernfs_parent(node);
	return !search->node;
}

/* The nearest cgroup, at `node` or above it, that is in the table; 0: there is none. */
static __noinline uint64_t cgroup_listed(struct kernfs_node *node)
{
	struct cgroup_search search = {.node = node};

	bpf_loop(CGROUP_DEPTH_MAX, cgroup_search_step, &search, 0);
	return search.id;
}

/* What the table says of a cgroup, or of the nearest one above it. */
static __always_inline struct policy_cgroup *cgroup_known(struct kernfs_node *node, uint64_t id)
{
	struct policy_cgroup *known = bpf_map_lookup_elem(&cgroups, &id);

	if (!known && control.unlisted) {
		id = cgroup_listed(node);
		known = bpf_map_lookup_elem(&cgroups, &id);
	}
	return known;
}

/* What was declared of a task holds, unless its cgroup is of a container that began inside of that.
 */
static __always_inline struct policy_cgroup *declared_known(struct task_struct *task,
							    struct policy_cgroup *known)
{
	uint64_t *own = bpf_task_storage_get(&declarations, task, NULL, 0);

	if (!own || (known && known->declared == (uint32_t)*own))
		return known;
	uint64_t contid = *own;
	struct policy_cgroup *declared = bpf_map_lookup_elem(&cgroups, &contid);
	return declared ? declared : known;
}

/* Counts an event of the current task, of which nothing can be kept, as its container's loss. */
__noinline int count_unkept(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct policy_cgroup *known =
	    cgroup_known(LOAD(task, cgroups, dfl_cgrp, kn), cgroup_of(task));

	if (control.declared)
		known = declared_known(task, known);
	uint64_t contid = known ? known->contid : 0;

	return count_loss(contid, contid ? known->policy : control.host, ~0u, LOSS_NO_STORAGE);
}

/* Not inlined: what it needs of the stack is free again for what follows. */
static __noinline int identify_anew(struct task_state *state, struct task_struct *task)
{
	uint64_t cgroup = cgroup_of(task);
	uint32_t generation = control.generation;
	struct policy_cgroup *known = cgroup_known(LOAD(task, cgroups, dfl_cgrp, kn), cgroup);
	if (control.declared)
		known = declared_known(task, known);
	uint64_t contid = known ? known->contid : 0;

	state->cgroup = cgroup;
	state->contid = contid;
	state->policy = contid ? known->policy : control.host;
	state->account = known ? known->account : ACCOUNT_HOST;
	if (control.undecided)
		state->policy = POLICY_UNDECIDED;
	state->generation = generation;
	return 0;
}

/* Brings the identity in `state` up to date: after a move, and after a change of the tables. */
static __always_inline void identify(struct task_state *state, struct task_struct *task)
{
	if (state->cgroup != cgroup_of(task) || state->generation != control.generation)
		identify_anew(state, task);
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
