/* SPDX-License-Identifier: GPL-2.0 */
/* EVENT_TOUCHED: a file that a syscall found, removed or made, told before the syscall's event. */
#ifndef NESTAUDIT_TOUCHED_H
#define NESTAUDIT_TOUCHED_H

#include "object.h"

struct touch_memory {
	struct event_touched event;
	struct event_link chain[EVENT_CHAIN_MAX];
};

/* One a task: a hook can be interrupted by another task. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct name_memory);
} touch_names SEC(".maps");

struct touch_walk {
	struct touch_memory *memory;
	struct dentry *dentry;
};

static long touch_step(uint32_t index, struct touch_walk *w)
{
	struct touch_memory *memory = w->memory;
	struct event_touched *event = &memory->event;
	struct dentry *dentry = w->dentry;
	struct dentry *parent = READ(dentry, d_parent);

	if (index >= EVENT_CHAIN_MAX)
		return 1;
	struct event_link *link = &memory->chain[index];
	link->ino = index ? READ(dentry, d_inode, i_ino) : event->object.ino;
	link->name = 0;
	if (parent != dentry &&
	    watched_flags(READ(parent, d_inode, i_ino), event->object.dev) & WATCHED_NAMES) {
		struct task_struct *task = bpf_get_current_task_btf();
		link->name = fingerprint_in(
		    bpf_task_storage_get(&touch_names, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE),
		    kernel_address(dentry));
	}
	event->links = index + 1;
	w->dentry = parent;
	return parent == dentry;
}

/* The object and the directories above it. */
static __always_inline void touch_chain(struct touch_memory *memory, struct dentry *dentry)
{
	struct touch_walk walk = {.memory = memory, .dentry = dentry};

	bpf_loop(EVENT_CHAIN_MAX, touch_step, &walk, 0);
}

/*
 * Tells of one file: what it was to the syscall, and by which of its paths. Once for each: a
 * filesystem on top of another asks twice.
 */
static __always_inline int touch_tell(struct task_state *state, struct dentry *dentry,
				      struct inode *inode, struct event_object *object,
				      uint32_t role, uint32_t path)
{
	uint32_t bit = 1u << ((role * 2 + path) & 31);

	if (state->touches & bit)
		return 0;
	uint64_t flags = credit_take(state->account, EVENT_TOUCHED, sizeof(struct touch_memory));
	struct touch_memory *memory = NULL;
	if (flags != RING_REFUSED) {
		memory = bpf_ringbuf_reserve(&ring, sizeof(*memory), 0);
		if (!memory)
			credit_return(state->account, sizeof(*memory));
	}
	if (!memory) {
		count_loss(state->contid, state->policy, ~0u, LOSS_PART);
		return 0;
	}
	struct event_touched *event = &memory->event;
	event->header.type = EVENT_TOUCHED;
	event->header.flags = 0;
	event->header.size = sizeof(*memory);
	event->header.time = bpf_ktime_get_boot_ns();
	event->header.cgroup = state->cgroup;
	event->header.contid = state->contid;
	event->header.task = (uint32_t)bpf_get_current_pid_tgid();
	event->header.account = state->account;
	event->path = path;
	event->first = !state->touches;
	event->links = 0;
	event->pad = 0;
	if (object)
		event->object = *object;
	else
		object_of_inode(&event->object, inode, role);
	if (control.needs & NEED_CHAINS)
		touch_chain(memory, dentry);
	state->touches |= bit;
	state->parts = 1;
	bpf_ringbuf_submit(memory, flags);
	return 0;
}

static __noinline int touch_inode(struct task_state *state, struct dentry *dentry,
				  struct inode *inode, uint32_t role, uint32_t path)
{
	return inode ? touch_tell(state, dentry, inode, NULL, role, path) : 0;
}

static __always_inline void touch(struct task_state *state, struct dentry *dentry, uint32_t role,
				  uint32_t path)
{
	touch_inode(state, dentry, READ(dentry, d_inode), role, path);
}

#endif
