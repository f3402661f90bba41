/* SPDX-License-Identifier: GPL-2.0 */
/* Cgroups of the v2 hierarchy: made, removed, joined. */
#include "lib/container.h"

#define PF_FORKNOEXEC 0x00000040 /* include/linux/sched.h */

/* To which container a cgroup belongs. */
struct cgroup_owner {
	uint64_t contid;
	uint32_t account;
	uint32_t policy; /* that it has inherited */
};

static __noinline int cgroup_submit(struct cgroup *cgroup, uint32_t op, struct cgroup_owner *owner,
				    uint32_t pid)
{
	struct kernfs_node *node = READ(cgroup, kn);
	struct task_struct *task = bpf_get_current_task_btf();
	struct builder b;

	struct event_cgroup *event =
	    builder_start(&b, EVENT_CGROUP, sizeof(struct event_cgroup), cgroup_of(task),
			  owner->contid, owner->account, pid);
	if (!event)
		return 0;
	event->cgroup = READ(node, id);
	event->parent = READ(kernfs_parent(node), id);
	event->op = op;
	event->policy = owner->policy;
	section_cgroup_path(&b, node);
	return builder_submit(&b);
}

static __always_inline bool is_v2(struct cgroup *cgroup)
{
	return READ(cgroup, root, hierarchy_id) == 0;
}

/* Counts a cgroup of a container in or out; false if the container has as many as it may in the
 * table. */
static __always_inline bool cgroup_count(uint64_t contid, int32_t by)
{
	struct policy_cgroup *root = bpf_map_lookup_elem(&cgroups, &contid);

	if (!root || (by < 0 && root->inner == 0))
		return true;
	if (by > 0 && root->inner >= POLICY_INNER_MAX)
		return false;
	__sync_fetch_and_add(&root->inner, by);
	return true;
}

/* A cgroup belongs to the container that the one around it belongs to. */
SEC("tp_btf/cgroup_mkdir")
int BPF_PROG(nestaudit_cgroup_mkdir, struct cgroup *cgroup)
{
	if (!is_v2(cgroup))
		return 0;
	struct kernfs_node *node = READ(cgroup, kn);
	uint64_t id = READ(node, id);
	struct kernfs_node *parent = kernfs_parent(node);
	uint64_t around = READ(parent, id);
	struct policy_cgroup *known = cgroup_known(parent, around);
	struct policy_cgroup inherited = {.fresh = CGROUP_NEW};

	if (known) {
		inherited.contid = known->contid;
		inherited.outer = known->outer;
		inherited.policy = known->policy;
		inherited.declared = known->declared;
		inherited.account = known->account;
	}
	/* One that has no room here is found by the one around it. */
	if (!cgroup_count(inherited.contid, 1) ||
	    bpf_map_update_elem(&cgroups, &id, &inherited, BPF_ANY)) {
		control.unlisted = 1;
		return 0;
	}
	struct cgroup_owner owner = {inherited.contid, inherited.account, inherited.policy};
	cgroup_submit(cgroup, CGROUP_MKDIR, &owner, (uint32_t)bpf_get_current_pid_tgid());
	return 0;
}

SEC("tp_btf/cgroup_rmdir")
int BPF_PROG(nestaudit_cgroup_rmdir, struct cgroup *cgroup)
{
	if (!is_v2(cgroup))
		return 0;
	uint64_t id = READ(cgroup, kn, id);
	struct policy_cgroup *known = bpf_map_lookup_elem(&cgroups, &id);

	if (known) {
		struct cgroup_owner owner = {known->contid, known->account};
		cgroup_count(owner.contid == id ? known->outer : owner.contid, -1);
		cgroup_submit(cgroup, CGROUP_RMDIR, &owner, (uint32_t)bpf_get_current_pid_tgid());
		account_release(owner.account, id);
		bpf_map_delete_elem(&cgroups, &id);
		bpf_map_delete_elem(&births, &id);
	}
	return 0;
}

/* A first process that had its exec elsewhere makes a container of the cgroup it is moved into. */
SEC("tp_btf/cgroup_attach_task")
int BPF_PROG(nestaudit_cgroup_attach, struct cgroup *cgroup, const char *path,
	     struct task_struct *task)
{
	if (!is_v2(cgroup))
		return 0;
	struct task_state *state = task_state_of(task);
	if (!state)
		return 0;
	if (!(task->flags & PF_FORKNOEXEC))
		container_birth(state, task);
	struct cgroup_owner owner = {state->contid, state->account};
	if (owner.contid)
		cgroup_submit(cgroup, CGROUP_ATTACH, &owner, task->pid);
	return 0;
}
