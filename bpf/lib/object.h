/* SPDX-License-Identifier: GPL-2.0 */
/* Inodes as PATH shows them. */
#ifndef NESTAUDIT_OBJECT_H
#define NESTAUDIT_OBJECT_H

#include "chain.h"

/*
 * include/linux/fs.h: the first is the same since 4.19. The second has moved in 6.14, and in 6.12.y
 * as well; what has the bit in the other kernels is told apart by the third, which every backing
 * file has (fs/file_table.c, alloc_empty_backing_file) and no file behind a descriptor.
 */
#define FMODE_CREATED   (1u << 20)
#define FMODE_BACKING   (1u << 24 | 1u << 25)
#define FMODE_NOACCOUNT (1u << 29)

/* In i_ctime_nsec since 6.13: somebody has read the time. */
#define CTIME_QUERIED (1u << 31)

static __always_inline uint64_t inode_ctime(struct inode *inode)
{
	if (bpf_core_field_exists(inode->i_ctime_sec))
		return BPF_CORE_READ(inode, i_ctime_sec) * 1000000000ull +
		       (BPF_CORE_READ(inode, i_ctime_nsec) & ~CTIME_QUERIED);
	struct inode___6_6 *middle = (void *)inode;
	if (bpf_core_field_exists(middle->__i_ctime))
		return BPF_CORE_READ(middle, __i_ctime.tv_sec) * 1000000000ull +
		       BPF_CORE_READ(middle, __i_ctime.tv_nsec);
	struct inode___6_1 *old = (void *)inode;
	return BPF_CORE_READ(old, i_ctime.tv_sec) * 1000000000ull +
	       BPF_CORE_READ(old, i_ctime.tv_nsec);
}

static __noinline int object_of_inode(struct event_object *object, struct inode *inode,
				      uint32_t role)
{
	__builtin_memset(object, 0, sizeof(*object));
	object->ino = BPF_CORE_READ(inode, i_ino);
	object->ctime = inode_ctime(inode);
	object->dev = BPF_CORE_READ(inode, i_sb, s_dev);
	object->rdev = BPF_CORE_READ(inode, i_rdev);
	object->mode = BPF_CORE_READ(inode, i_mode);
	object->uid = BPF_CORE_READ(inode, i_uid.val);
	object->gid = BPF_CORE_READ(inode, i_gid.val);
	object->magic = BPF_CORE_READ(inode, i_sb, s_magic);
	object->role = role;
	return 0;
}

/* The name by which `file` was opened: overlayfs maps a file of the layer below. */
static __always_inline struct dentry *file_dentry(struct file *file)
{
	struct backing_file *backing = (void *)file;
	uint32_t mode = BPF_CORE_READ(file, f_mode);

	if (bpf_core_type_exists(struct backing_file) && mode & FMODE_NOACCOUNT &&
	    mode & FMODE_BACKING)
		return BPF_CORE_READ(backing, user_path.dentry);
	return BPF_CORE_READ(file, f_path.dentry);
}

static __always_inline struct inode *file_inode(struct file *file)
{
	return BPF_CORE_READ(file_dentry(file), d_inode);
}

static __always_inline void section_object(struct builder *b, uint16_t index, struct dentry *dentry,
					   uint32_t role)
{
	struct event_object *object = (void *)section_data(b);
	struct inode *inode = dentry ? BPF_CORE_READ(dentry, d_inode) : NULL;

	if (!object || !inode)
		return;
	object_of_inode(object, inode, role);
	section_close(b, SECTION_OBJECT, index, sizeof(*object));
	if (control.needs & NEED_CHAINS)
		section_chain(b, index, dentry);
}

/* Whether another task can put another file behind a descriptor of `task` before we look. */
static __always_inline bool shares_files(struct task_struct *task)
{
	return BPF_CORE_READ(task, files, count.counter) > 1;
}

/* The file behind descriptor `fd` of `task`, or NULL. */
static __always_inline struct file *file_of(struct task_struct *task, uint32_t fd)
{
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	struct file *file = NULL;

	if (!table || fd >= BPF_CORE_READ(table, max_fds))
		return NULL;
	struct file **files = BPF_CORE_READ(table, fd);
	bpf_probe_read_kernel(&file, sizeof(file), files + fd);
	return file;
}

#endif
