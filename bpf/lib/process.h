/* SPDX-License-Identifier: GPL-2.0 */
/* EVENT_PROCESS: what stays the same for a task, said once and again when it has changed. */
#ifndef NESTAUDIT_PROCESS_H
#define NESTAUDIT_PROCESS_H

#include "identity.h"
#include "label.h"
#include "object.h"
#include "path.h"

struct groups_walk {
	struct group_info *groups;
	uint64_t mixed;
};

static long groups_step(uint32_t index, struct groups_walk *w)
{
	uint32_t gid = 0;

	bpf_probe_read_kernel(&gid, sizeof(gid), &w->groups->gid[index]);
	w->mixed = (w->mixed ^ gid) * 0x9e3779b97f4a7c15ull;
	return 0;
}

static __always_inline uint64_t groups_fingerprint(struct group_info *groups)
{
	uint32_t count = READ(groups, ngroups);
	struct groups_walk walk = {.groups = groups, .mixed = (uint64_t)groups ^ count};

	bpf_loop(count < EVENT_GROUPS_MAX ? count : EVENT_GROUPS_MAX, groups_step, &walk, 0);
	return walk.mixed;
}

/* The command line, as mm/util.c, get_cmdline gives it to audit_log_proctitle. */
static __always_inline void read_title(struct process_key *key, struct mm_struct *mm)
{
	unsigned long start = READ(mm, arg_start);
	uint64_t length = READ(mm, arg_end) - start;

	if (length > EVENT_PROCTITLE_MAX)
		length = EVENT_PROCTITLE_MAX;
	if (length == 0 || bpf_probe_read_user(key->title, length, (void *)start))
		return;
	key->title_length = length;
}

/* The ids of `task`: what rules compare. */
static __always_inline void process_key_ids(struct process_key *key, struct task_struct *task)
{
	struct cred *cred = LOAD(task, cred);

	key->uid = LOAD(cred, uid.val);
	key->euid = LOAD(cred, euid.val);
	key->suid = LOAD(cred, suid.val);
	key->fsuid = LOAD(cred, fsuid.val);
	key->gid = LOAD(cred, gid.val);
	key->egid = LOAD(cred, egid.val);
	key->sgid = LOAD(cred, sgid.val);
	key->fsgid = LOAD(cred, fsgid.val);
	key->auid = task->loginuid.val;
	key->ses = task->sessionid;
	key->personality = task->personality;
	key->tgid = task->tgid;
	key->tid = task->pid;
	key->ppid = LOAD(task, real_parent, tgid);
}

/* Where the executable is: for rules that ask for a program by its path. */
static __always_inline void read_exe_place(struct process_key *key, struct dentry *dentry)
{
	struct dentry *directory = READ(dentry, d_parent);
	uint64_t ino = READ(directory, d_inode, i_ino);

	if (directory == dentry || !(watched_flags(ino, key->exe_dev) & WATCHED_NAMES))
		return;
	key->exe_directory = ino;
	key->exe_name = name_fingerprint(dentry);
}

/* The rest, gathered only for an event that some daemon wants. */
__noinline int process_key_rest(struct process_key *key)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct mm_struct *mm = READ(task, mm);

	if (!key)
		return 0;
	key->groups = groups_fingerprint(READ(task, cred, group_info));
	key->tty = (uint64_t)READ(task, signal, tty);
	key->label = label_fingerprint(READ(task, cred));
	BPF_CORE_READ_INTO(&key->comm, task, comm);
	key->exe = 0;
	key->exe_dev = 0;
	key->exe_ino = 0;
	key->exe_directory = 0;
	key->exe_name = 0;
	key->title_length = 0;
	__builtin_memset(key->title, 0, sizeof(key->title));
	if (mm) {
		struct file *exe = READ(mm, exe_file);
		if (exe) {
			struct inode *inode = file_inode(exe);
			key->exe = path_walk((uint64_t)&exe->f_path, 0) ^ (uint64_t)exe;
			key->exe_dev = READ(inode, i_sb, s_dev);
			key->exe_ino = READ(inode, i_ino);
			if (control.needs & NEED_EXE)
				read_exe_place(key, file_dentry(exe));
		}
		read_title(key, mm);
	}
	return 0;
}

static __always_inline void section_label(struct builder *b, struct task_struct *task)
{
	uint32_t length = label_put(section_data(b), READ(task, cred), LABEL_SYSCALL);

	if (length)
		section_close(b, SECTION_LABEL, 0, length);
}

struct pids_walk {
	struct pid *thread, *group, *parent;
	uint32_t at; /* of the section's data */
	uint32_t level, parent_level;
};

static long pids_step(uint32_t index, struct pids_walk *w)
{
	struct pid *thread = w->thread, *group = w->group, *parent = w->parent;
	struct upid number = {}, other = {};
	uint8_t *memory = scratch_memory();
	uint32_t at = w->at + index * sizeof(struct event_pids);

	if (!memory || index > w->level || at > SCRATCH_SIZE - sizeof(struct event_pids))
		return 1;
	struct event_pids *pids = (void *)(memory + at);
	bpf_probe_read_kernel(&number, sizeof(number), &thread->numbers[index]);
	struct pid_namespace *ns = number.ns;
	pids->ns = READ(ns, ns.inum);
	pids->tid = number.nr;
	bpf_probe_read_kernel(&other, sizeof(other), &group->numbers[index]);
	pids->tgid = other.nr;
	pids->ppid = 0;
	if (index > w->parent_level)
		return 0;
	bpf_probe_read_kernel(&other, sizeof(other), &parent->numbers[index]);
	if (other.ns == ns)
		pids->ppid = other.nr;
	return 0;
}

/* Appends the numbers of the task at `address` in its PID namespaces. */
__noinline int section_pids(struct builder *b, uint64_t address)
{
	struct task_struct *task = (void *)address;

	if (!b)
		return 0;
	struct pids_walk walk = {
	    .thread = READ(task, thread_pid),
	    .group = READ(task, signal, pids[PIDTYPE_TGID]),
	    .parent = READ(task, real_parent, signal, pids[PIDTYPE_TGID]),
	    .at = b->size + sizeof(struct event_section),
	};
	struct pid *thread = walk.thread, *parent = walk.parent;

	walk.level = READ(thread, level);
	walk.parent_level = READ(parent, level);
	if (!section_data(b) || walk.level >= EVENT_PIDNS_LEVELS)
		return 0;
	bpf_loop(walk.level + 1, pids_step, &walk, 0);
	section_close(b, SECTION_PIDS, 0, (walk.level + 1) * sizeof(struct event_pids));
	return 0;
}

static __always_inline void section_groups(struct builder *b, struct task_struct *task)
{
	struct group_info *groups = READ(task, cred, group_info);
	uint32_t count = READ(groups, ngroups);
	uint8_t *data = section_data(b);

	if (!data || !groups)
		return;
	if (count > EVENT_GROUPS_MAX) {
		count = EVENT_GROUPS_MAX;
		b->flags |= EVENT_GROUPS_CUT;
	}
	uint32_t length = count * sizeof(uint32_t);
	if (length == 0 || length > EVENT_GROUPS_MAX * sizeof(uint32_t))
		return;
	bpf_probe_read_kernel(data, length, &groups->gid[0]);
	section_close(b, SECTION_GROUPS, 0, length);
}

/* Puts an event together that says of `task` what is in `key`: EVENT_PROCESS, or EVENT_OWN. */
__noinline int process_build(struct builder *b, struct task_state *state, struct process_key *key,
			     uint32_t type)
{
	if (!b || !key || !state)
		return 0;
	struct task_struct *task = bpf_get_current_task_btf();

	struct event_process *event =
	    builder_start(b, type, sizeof(struct event_process), state->cgroup, state->contid,
			  state->account, key->tid);
	if (!event)
		return 0;
	event->uid = key->uid;
	event->euid = key->euid;
	event->suid = key->suid;
	event->fsuid = key->fsuid;
	event->gid = key->gid;
	event->egid = key->egid;
	event->sgid = key->sgid;
	event->fsgid = key->fsgid;
	event->auid = key->auid;
	event->ses = key->ses;
	event->personality = key->personality;
	event->tgid = key->tgid;
	event->ppid = key->ppid;
	event->exe_dev = key->exe_dev;
	event->exe_ino = key->exe_ino;
	event->exe_directory = key->exe_directory;
	event->exe_name = key->exe_name;
	__builtin_memcpy(event->comm, key->comm, sizeof(event->comm));
	__builtin_memset(event->tty, 0, sizeof(event->tty));
	if (key->tty)
		bpf_probe_read_kernel_str(event->tty, sizeof(event->tty),
					  &((struct tty_struct *)key->tty)->name);

	struct file *exe = key->exe ? READ(task, mm, exe_file) : NULL;
	if (exe)
		section_path(b, &exe->f_path, SECTION_EXE);
	uint8_t *data = section_data(b);
	uint32_t length = key->title_length;
	if (data && length > 0 && length <= EVENT_PROCTITLE_MAX) {
		length = at_most(length, EVENT_PROCTITLE_MAX);
		bpf_probe_read_kernel(data, length, key->title);
		section_close(b, SECTION_PROCTITLE, 0, length);
	}
	section_pids(b, bpf_get_current_task());
	section_groups(b, task);
	if (key->label)
		section_label(b, task);
	return 1;
}

/* Submits EVENT_PROCESS; false if the ring refused it. */
static __always_inline bool process_submit(struct task_state *state, struct process_key *key)
{
	struct builder b;

	return process_build(&b, state, key, EVENT_PROCESS) && builder_submit(&b);
}

/* Says what has changed of `task` since it was last said; `now` holds its present state. */
static __always_inline bool process_say(struct task_state *state, struct process_key *now)
{
	if (state->said) {
		const uint64_t *a = (void *)&state->key;
		const uint64_t *b = (void *)now;
		uint64_t changed = 0;
		for (uint32_t i = 0; i < sizeof(*now) / 8; i++)
			changed |= a[i] ^ b[i];
		if (!changed)
			return true;
	}
	state->said = process_submit(state, now);
	if (state->said)
		__builtin_memcpy(&state->key, now, sizeof(*now));
	return state->said;
}

#endif
