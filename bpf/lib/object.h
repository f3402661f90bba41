/* SPDX-License-Identifier: GPL-2.0 */
/* Inodes as PATH shows them. */
#ifndef NESTAUDIT_OBJECT_H
#define NESTAUDIT_OBJECT_H

#include "ring.h"

extern const int LINUX_KERNEL_VERSION __kconfig;

/* include/linux/fs.h: the first is the same since 4.19, the second has moved in 6.14. */
#define FMODE_CREATED (1u << 20)
#define FMODE_BACKING (LINUX_KERNEL_VERSION >= KERNEL_VERSION(6, 14, 0) ? 1u << 24 : 1u << 25)

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

	if (bpf_core_type_exists(struct backing_file) &&
	    BPF_CORE_READ(file, f_mode) & FMODE_BACKING)
		return BPF_CORE_READ(backing, user_path.dentry);
	return BPF_CORE_READ(file, f_path.dentry);
}

static __always_inline struct inode *file_inode(struct file *file)
{
	return BPF_CORE_READ(file_dentry(file), d_inode);
}

struct ancestors_walk {
	struct dentry *dentry;
	uint32_t at; /* of the section's data */
	uint32_t count;
};

static long ancestors_step(uint32_t index, struct ancestors_walk *w)
{
	struct dentry *dentry = w->dentry;
	struct dentry *parent = BPF_CORE_READ(dentry, d_parent);
	uint8_t *memory = scratch_memory();
	uint32_t at = w->at + index * sizeof(uint64_t);

	if (!memory || parent == dentry || at > SCRATCH_SIZE - sizeof(uint64_t))
		return 1;
	*(uint64_t *)(memory + at) = BPF_CORE_READ(parent, d_inode, i_ino);
	w->dentry = parent;
	w->count = index + 1;
	return 0;
}

/* The directories above, up to the root of the filesystem: kernel/auditsc.c, handle_path. */
static __noinline int section_ancestors(struct builder *b, uint32_t index, struct dentry *dentry)
{
	struct ancestors_walk walk = {.dentry = dentry,
				      .at = b->size + sizeof(struct event_section)};

	if (!section_data(b))
		return 0;
	bpf_loop(EVENT_ANCESTORS_MAX, ancestors_step, &walk, 0);
	if (walk.count)
		section_close(b, SECTION_ANCESTORS, index, walk.count * sizeof(uint64_t));
	return 0;
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
	if (control.needs & NEED_ANCESTORS)
		section_ancestors(b, index, dentry);
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
