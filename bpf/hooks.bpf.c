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

SEC("fentry/security_path_mknod")
int BPF_PROG(nestaudit_path_mknod, const struct path *directory, struct dentry *dentry)
{
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
	struct task_state *state = touch_state();

	if (state)
		touch(state, old, OBJECT_FOUND, 0);
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

	if (!gate_open(arch, BPF_CORE_READ(regs, orig_ax)) || length <= 0 ||
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

/* What a path led to, and is changed or asked. */
static __always_inline int touch_found(struct dentry *dentry)
{
	struct task_state *state = touch_state();

	if (state)
		touch(state, dentry, OBJECT_FOUND, 0);
	return 0;
}

SEC("fentry/security_path_chmod")
int BPF_PROG(nestaudit_path_chmod, const struct path *path)
{
	return touch_found(path->dentry);
}

SEC("fentry/security_path_chown")
int BPF_PROG(nestaudit_path_chown, const struct path *path)
{
	return touch_found(path->dentry);
}

SEC("fentry/security_path_truncate")
int BPF_PROG(nestaudit_path_truncate, const struct path *path)
{
	return touch_found(path->dentry);
}

SEC("fentry/security_path_chroot")
int BPF_PROG(nestaudit_path_chroot, const struct path *path)
{
	return touch_found(path->dentry);
}

/*
 * The hooks on inodes are asked by filesystems too, about what lies below them, and before the
 * syscall's own file is: each counts in the syscalls alone that are made for it.
 */
#define TOUCH_IN(is_64, is_32) (arch_now() == POLICY_ARCH_64 ? (is_64) : (is_32))

static __always_inline uint32_t arch_now(void)
{
	return arch_of(bpf_get_current_task_btf());
}

static __always_inline int32_t syscall_now(void)
{
	struct pt_regs *regs = (void *)bpf_task_pt_regs(bpf_get_current_task_btf());

	return BPF_CORE_READ(regs, orig_ax);
}

SEC("fentry/security_inode_getattr")
int BPF_PROG(nestaudit_getattr, const struct path *path)
{
	int32_t n = syscall_now();

	/* stat, lstat, newfstatat, statx */
	if (!TOUCH_IN(n == 4 || n == 6 || n == 262 || n == 332,
		      n == 106 || n == 107 || n == 195 || n == 196 || n == 300 || n == 383))
		return 0;
	return touch_found(path->dentry);
}

SEC("fentry/security_inode_setattr")
int BPF_PROG(nestaudit_setattr, void *map, struct dentry *dentry)
{
	int32_t n = syscall_now();

	/* utime, utimes, futimesat, utimensat */
	if (!TOUCH_IN(n == 132 || n == 235 || n == 261 || n == 280,
		      n == 30 || n == 271 || n == 299 || n == 320 || n == 412))
		return 0;
	return touch_found(dentry);
}

SEC("fentry/security_inode_setxattr")
int BPF_PROG(nestaudit_setxattr, void *map, struct dentry *dentry)
{
	int32_t n = syscall_now();

	return TOUCH_IN(n == 188 || n == 189, n == 226 || n == 227) ? touch_found(dentry) : 0;
}

SEC("fentry/security_inode_getxattr")
int BPF_PROG(nestaudit_getxattr, struct dentry *dentry)
{
	int32_t n = syscall_now();

	return TOUCH_IN(n == 191 || n == 192, n == 229 || n == 230) ? touch_found(dentry) : 0;
}

SEC("fentry/security_inode_removexattr")
int BPF_PROG(nestaudit_removexattr, void *map, struct dentry *dentry)
{
	int32_t n = syscall_now();

	return TOUCH_IN(n == 197 || n == 198, n == 235 || n == 236) ? touch_found(dentry) : 0;
}

SEC("fentry/security_inode_readlink")
int BPF_PROG(nestaudit_readlink, struct dentry *dentry)
{
	int32_t n = syscall_now();

	return TOUCH_IN(n == 89 || n == 267, n == 85 || n == 305) ? touch_found(dentry) : 0;
}
