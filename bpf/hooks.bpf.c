/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The backend with hooks: security hooks know the objects behind the names of a syscall. Loaded
 * where the kernel has trampolines; each program gives something of its own.
 */
#include "lib/touch.h"

/* A name is taken away. */
static __always_inline int touch_removal(const struct path *directory, struct dentry *dentry)
{
	struct task_state *state = touch_state();

	if (!state)
		return 0;
	touch(state, directory->dentry, OBJECT_PARENT, 0);
	touch(state, dentry, OBJECT_REMOVED, 0);
	return 0;
}

SEC("fentry/security_path_unlink")
int BPF_PROG(nestaudit_path_unlink, const struct path *directory, struct dentry *dentry)
{
	return touch_removal(directory, dentry);
}

SEC("fentry/security_path_rmdir")
int BPF_PROG(nestaudit_path_rmdir, const struct path *directory, struct dentry *dentry)
{
	return touch_removal(directory, dentry);
}

SEC("fentry/security_path_rename")
int BPF_PROG(nestaudit_path_rename, const struct path *from, struct dentry *old,
	     const struct path *to, struct dentry *target)
{
	struct task_state *state = touch_state();

	if (!state)
		return 0;
	touch(state, from->dentry, OBJECT_PARENT, 0);
	touch(state, to->dentry, OBJECT_PARENT, 1);
	touch(state, old, OBJECT_REMOVED, 0);
	touch(state, target, OBJECT_REMOVED, 1);
	/* By the name that it gets: who watches that name may not know yet what is there. */
	touch_inode(state, target, READ(old, d_inode), OBJECT_MADE, 1);
	return 0;
}

/* A file will be made: its inode is known in nestaudit_instantiate. */
static __always_inline int touch_directory(const struct path *directory, struct dentry *dentry,
					   uint32_t path)
{
	struct task_state *state = touch_state();

	if (!state)
		return 0;
	touch(state, directory->dentry, OBJECT_PARENT, path);
	state->made = (uint64_t)dentry;
	state->made_path = path;
	return 0;
}

SEC("fentry/security_path_mkdir")
int BPF_PROG(nestaudit_path_mkdir, const struct path *directory, struct dentry *dentry)
{
	return touch_directory(directory, dentry, 0);
}

/* Asked by an open too, that would make a file. */
SEC("fentry/security_path_mknod")
int BPF_PROG(nestaudit_path_mknod, const struct path *directory, struct dentry *dentry)
{
	struct task_state *state = hook_state();

	if (state && state->walk)
		touch(state, directory->dentry, OBJECT_PARENT, 0);
	return touch_directory(directory, dentry, 0);
}

SEC("fentry/security_path_symlink")
int BPF_PROG(nestaudit_path_symlink, const struct path *directory, struct dentry *dentry)
{
	return touch_directory(directory, dentry, 1);
}

SEC("fentry/security_path_link")
int BPF_PROG(nestaudit_path_link, struct dentry *old, const struct path *directory,
	     struct dentry *dentry)
{
	return touch_directory(directory, dentry, 1);
}

SEC("fentry/security_d_instantiate")
int BPF_PROG(nestaudit_instantiate, struct dentry *dentry, struct inode *inode)
{
	struct task_state *state =
	    bpf_task_storage_get(&tasks, bpf_get_current_task_btf(), NULL, 0);

	if (state)
		parts_check(state);
	if (state && inode && state->made == (uint64_t)dentry)
		touch_inode(state, dentry, inode, OBJECT_MADE, state->made_path);
	return 0;
}

/* An address on its way to the caller; how much room he has is told before it is overwritten. */
SEC("fentry/move_addr_to_user")
int BPF_PROG(nestaudit_address_got, void *address, int length, void *to, int *room)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pt_regs *regs = (void *)bpf_task_pt_regs(task);
	uint32_t arch = arch_of(task);
	uint32_t bytes = at_most((uint32_t)length, EVENT_SOCKADDR_MAX);
	int32_t given = 0;

	if (!(request_state() || gate_open(arch, READ(regs, orig_ax))) || length <= 0 ||
	    length > EVENT_SOCKADDR_MAX || bpf_probe_read_user(&given, sizeof(given), room) ||
	    given <= 0)
		return 0;
	struct task_state *state = task_state_of(task);
	if (!state)
		return 0;
	parts_check(state);
	if (!bpf_probe_read_kernel(state->address, bytes, address))
		state->address_length = bytes;
	return 0;
}
