/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A container's birth. A cgroup becomes a container when the first process of a PID namespace execs
 * in it (or is moved into it after its exec) while its parent lives in another cgroup: what every
 * runtime does, and what a shell that merely unshares does not. The first process of a new cgroup
 * is told likewise: where a container shares its PID namespace, the collector knows it by its
 * cgroup's path.
 */
#ifndef NESTAUDIT_CONTAINER_H
#define NESTAUDIT_CONTAINER_H

#include "identity.h"
#include "path.h"
#include "process.h"

/* So many parts of a cgroup's path are told. */
#define CGROUP_DEPTH_TOLD 256

struct cgroup_walk {
	struct kernfs_node *node;
	uint32_t start;
};

static long cgroup_step(uint32_t index, struct cgroup_walk *w)
{
	struct kernfs_node *node = w->node;
	struct kernfs_node *parent = kernfs_parent(node);
	struct path_memory *memory = path_memory();

	if (!parent || !memory)
		return 1;
	/* Behind the text there is room for one name. */
	char *name = memory->text + PATH_END;
	long length = bpf_probe_read_kernel_str(name, PATH_NAME_MASK + 1, READ(node, name));
	if (length > 1 && w->start < length) {
		w->start = PATH_CUT;
		return 1;
	}
	if (length > 1)
		w->start = path_prepend(w->start, name, length - 1);
	w->node = parent;
	return 0;
}

/* The path of a cgroup, from the root of its hierarchy: "/a/b". */
static __noinline int section_cgroup_path(struct builder *b, struct kernfs_node *node)
{
	struct cgroup_walk walk = {.node = node, .start = PATH_END};

	if (bpf_loop(CGROUP_DEPTH_TOLD, cgroup_step, &walk, 0) == CGROUP_DEPTH_TOLD ||
	    walk.start == PATH_CUT)
		walk.start = path_too_long();
	section_path_text(b, SECTION_CGROUP_PATH, 0, walk.start);
	return 0;
}

static __always_inline void section_id_map(struct builder *b, uint16_t kind,
					   struct uid_gid_map *map)
{
	uint32_t count = READ(map, nr_extents);
	uint8_t *data = section_data(b);
	const void *extents = &map->extent[0];

	if (count > 5)
		extents = READ(map, forward);
	if (count > EVENT_IDMAP_MAX)
		count = EVENT_IDMAP_MAX;
	uint32_t length = count * sizeof(struct event_id_extent);
	if (!data || length == 0 || length > EVENT_PATH_MAX)
		return;
	bpf_probe_read_kernel(data, length, extents);
	section_close(b, kind, 0, length);
}

/* Submits EVENT_CONTAINER for the container whose PID namespace is at `level` of the task at
 * `address`. */
__noinline int container_submit(struct task_state *state, uint64_t address, uint64_t contid,
				uint64_t outer, uint32_t unsaid)
{
	struct task_struct *task = (void *)address;
	struct builder b;
	struct pid *pid = READ(task, thread_pid);
	uint32_t level = (unsaid & (BIRTH_SHARED - 1)) - 1;
	bool shared = unsaid & BIRTH_SHARED;
	struct upid number = {};

	if (!state || level > READ(pid, level))
		return 0;
	bpf_probe_read_kernel(&number, sizeof(number), &pid->numbers[level & 63]);
	struct event_container *event =
	    builder_start(&b, EVENT_CONTAINER, sizeof(struct event_container), contid, outer,
			  state->account, READ(task, pid));
	if (!event)
		return 0;
	struct pid_namespace *pidns = number.ns;
	struct task_struct *init = shared ? task : READ(pidns, child_reaper);
	struct user_namespace *userns = (void *)READ(init, cred, user_ns);
	event->init = READ(init, tgid);
	event->pidns = level ? READ(pidns, ns.inum) : 0;
	event->pidns_level = level;
	event->userns = READ(userns, ns.inum);
	event->shared = shared;
	event->pad = 0;
	section_cgroup_path(&b, READ(task, cgroups, dfl_cgrp, kn));
	section_id_map(&b, SECTION_UID_MAP, &userns->uid_map);
	section_id_map(&b, SECTION_GID_MAP, &userns->gid_map);
	section_pids(&b, (uint64_t)init);
	return builder_submit(&b);
}

/*
 * Makes the cgroup of `task` a container if this is its first process. Not inlined: what it needs
 * of the stack is free again for what follows.
 */
static __noinline void container_birth(struct task_state *state, struct task_struct *task)
{
	struct pid *pid = READ(task, thread_pid);
	uint32_t level = READ(pid, level);
	uint64_t cgroup = state->cgroup;
	uint64_t outer = state->contid;
	struct upid number = {};

	if (level >= EVENT_PIDNS_LEVELS)
		return;
	bpf_probe_read_kernel(&number, sizeof(number), &pid->numbers[level & 63]);
	struct pid_namespace *pidns = number.ns;
	uint32_t inode = READ(pidns, ns.inum);
	struct policy_cgroup *known = bpf_map_lookup_elem(&cgroups, &cgroup);
	uint32_t fresh = known ? known->fresh : CGROUP_USED;
	if (outer == cgroup) {
		if (!known || fresh != CGROUP_SHARED)
			return;
		outer = known->outer;
	}
	struct policy_cgroup *around = bpf_map_lookup_elem(&cgroups, &outer);
	/* A container's first process may well move on in its own cgroups. */
	bool shared = level == 0 || number.nr != 1 || (around && around->pidns == inode);
	if ((shared && fresh != CGROUP_NEW) ||
	    LOAD(task, real_parent, cgroups, dfl_cgrp, kn, id) == cgroup)
		return;
	struct policy_cgroup born = {.contid = cgroup,
				     .outer = outer,
				     .policy = POLICY_UNDECIDED,
				     .fresh = shared ? CGROUP_SHARED : CGROUP_USED,
				     .pidns = level ? inode : 0,
				     .declared = around ? around->declared : 0};
	born.account = known && known->contid == cgroup ? known->account : account_hold(cgroup);
	uint32_t unsaid = (level + 1) | (shared ? BIRTH_SHARED : 0);
	if (!container_submit(state, kernel_address(task), cgroup, outer, unsaid))
		born.unsaid = unsaid;
	if (!shared)
		bpf_map_update_elem(&births, &cgroup, &born, BPF_ANY);
	if (bpf_map_update_elem(&cgroups, &cgroup, &born, BPF_ANY))
		control.unlisted = 1;
	state->contid = cgroup;
	state->policy = POLICY_UNDECIDED;
	state->account = born.account;
	state->generation = control.generation;
}

/* Says a birth again that the ring had refused. */
static __always_inline void container_announce(struct task_state *state, struct task_struct *task)
{
	if (state->policy != POLICY_UNDECIDED)
		return;
	uint64_t contid = state->contid;
	struct policy_cgroup *known = bpf_map_lookup_elem(&cgroups, &contid);
	if (known && known->unsaid &&
	    container_submit(state, kernel_address(task), known->contid, known->outer,
			     known->unsaid))
		known->unsaid = 0;
}

#endif
