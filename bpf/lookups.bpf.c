/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the names of a syscall lead to, told where the kernel tells its own audit (fs/namei.c:
 * audit_inode), so that it is known of calls that fail too. Filesystems that lie on others do not
 * come here for what is below them.
 */
#include "lib/touch.h"

/* What a name led to. */
static __always_inline int touch_name(struct filename *name, struct path *path, uint32_t role)
{
	struct task_state *state = touch_state();

	if (!state)
		return 0;
	uint32_t index = name_index(state, name);
	if (index < 2)
		touch(state, READ(path, dentry), role, index);
	return 0;
}

SEC("fexit/filename_lookup")
int BPF_PROG(nestaudit_lookup, int directory, struct filename *name, unsigned int flags,
	     struct path *path, struct path *root, int result)
{
	return result == 0 ? touch_name(name, path, OBJECT_FOUND) : 0;
}

SEC("fexit/path_parentat")
int BPF_PROG(nestaudit_parent, struct nameidata *nd, unsigned int flags, struct path *parent,
	     int result)
{
	struct filename *name = nd->name;
	struct task_state *state = hook_state();

	if (state && state->name[0] != (uint64_t)name && state->name[1] != (uint64_t)name)
		take_name(state, name);
	return result == 0 ? touch_name(name, parent, OBJECT_PARENT) : 0;
}

/* What an open asks for: what it finds may be refused for that. */
SEC("fentry/path_openat")
int BPF_PROG(nestaudit_open, struct nameidata *nd, const struct open_flags *op)
{
	struct task_state *state = hook_state();

	if (!state)
		return 0;
	state->walk = (uint64_t)&nd->path;
	state->open_flags = op->open_flag;
	return 0;
}

/* swapon, swapoff, acct: a file is opened of which the caller gets no descriptor. */
static __always_inline bool opens_inside(int32_t syscall)
{
	return arch_of(bpf_get_current_task_btf()) == POLICY_ARCH_64
		   ? syscall == 163 || syscall == 167 || syscall == 168
		   : syscall == 51 || syscall == 87 || syscall == 115;
}

/*
 * do_open: by now it has found the file. An open that succeeds is told at its end; this tells of
 * those that are refused before anybody is asked: it is there already, or is no directory, or is
 * one.
 */
SEC("fexit/complete_walk")
int BPF_PROG(nestaudit_open_walk, struct nameidata *nd, int result)
{
	struct task_state *state = result ? NULL : hook_state();

	if (!state || state->walk != (uint64_t)&nd->path ||
	    state->open_flags & (O_PATH | O_TMPFILE))
		return 0;
	struct dentry *dentry = nd->path.dentry;
	bool directory = S_ISDIR(READ(dentry, d_inode, i_mode));
	uint32_t flags = state->open_flags;
	char behind = 0;
	bpf_probe_read_kernel(&behind, 1, nd->last.name + nd->last.len);
	if (opens_inside(syscall_now()) || (flags & O_CREAT && (flags & O_EXCL || directory)) ||
	    ((flags & O_DIRECTORY || behind == '/') && !directory))
		touch_refused(state, dentry);
	return 0;
}

static __always_inline int touch_refusal(struct path *path, int result)
{
	if (!result)
		return 0;
	struct task_state *state = hook_state();
	/* Other paths are those of a filesystem that opens what is below it. */
	if (state && state->walk == (uint64_t)path)
		touch_refused(state, READ(path, dentry));
	return 0;
}

SEC("fexit/may_open")
int BPF_PROG(nestaudit_may_open, void *map, struct path *path, int mode, int flags, int result)
{
	return touch_refusal(path, result);
}

SEC("fexit/vfs_open")
int BPF_PROG(nestaudit_vfs_open, struct path *path, struct file *file, int result)
{
	return touch_refusal(path, result);
}

/* fs/exec.c: the program, whatever comes of it. Its interpreters have no name of the caller's. */
SEC("fexit/do_open_execat")
int BPF_PROG(nestaudit_open_exec, int directory, struct filename *name, int flags,
	     struct file *file)
{
	if ((uint64_t)file >= (uint64_t)-4095)
		return 0;
	struct task_state *state = hook_state();
	if (state && name_index(state, name) == 0)
		touch(state, READ(file, f_path.dentry), OBJECT_FOUND, 0);
	return 0;
}

/* ipc/mqueue.c: the name of a queue is looked up in a directory that no path leads to. */
SEC("fexit/lookup_one_len")
int BPF_PROG(nestaudit_lookup_queue, const char *name, struct dentry *base, int length,
	     struct dentry *dentry)
{
	if ((uint64_t)dentry >= (uint64_t)-4095)
		return 0;
	struct task_state *state = hook_state();
	if (state && is_queue_name(syscall_now()))
		touch(state, dentry, OBJECT_FOUND, 0);
	return 0;
}
