/* SPDX-License-Identifier: GPL-2.0 */
/* Inodes as PATH shows them. */
#ifndef NESTAUDIT_OBJECT_H
#define NESTAUDIT_OBJECT_H

#include "chain.h"
#include "owner.h"

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
		return READ(inode, i_ctime_sec) * 1000000000ull +
		       (READ(inode, i_ctime_nsec) & ~CTIME_QUERIED);
	struct inode___6_6 *middle = (void *)inode;
	if (bpf_core_field_exists(middle->__i_ctime))
		return READ(middle, __i_ctime.tv_sec) * 1000000000ull +
		       READ(middle, __i_ctime.tv_nsec);
	struct inode___6_1 *old = (void *)inode;
	return READ(old, i_ctime.tv_sec) * 1000000000ull + READ(old, i_ctime.tv_nsec);
}

#define S_ISDIR(mode) (((mode)&0170000) == 0040000)

/* include/linux/fs.h */
#define IOP_XATTR 0x0008     /* in i_opflags: the filesystem has extended attributes */
#define S_NOSEC   (1u << 12) /* in i_flags: it has been looked, and found no capabilities */

#define TMPFS_MAGIC      0x01021994
#define EXT4_SUPER_MAGIC 0xef53

/* fs/ext4/ext4.h, EXT4_STATE_XATTR: the second or, before 6.12, the third bit of the state. */
#define EXT4_STATES_XATTR (3ull << 33)

static __always_inline bool tmpfs_has_no_xattrs(struct inode *inode)
{
	struct shmem_inode_info *info =
	    (void *)inode - bpf_core_field_offset(struct shmem_inode_info, vfs_inode);
	struct simple_xattrs *xattrs =
	    (void *)info + bpf_core_field_offset(struct shmem_inode_info, xattrs);
	struct simple_xattrs___6_1 *old = (void *)xattrs;

	if (bpf_core_field_exists(xattrs->rb_root))
		return !READ(xattrs, rb_root.rb_node);
	if (bpf_core_field_exists(old->head))
		return READ(old, head.next) == &old->head;
	return false;
}

/* ext2 has the same magic and another inode. */
static __always_inline bool ext4_has_no_xattrs(struct inode *inode)
{
	struct ext4_inode_info *info =
	    (void *)inode - bpf_core_field_offset(struct ext4_inode_info, vfs_inode);
	char name[5] = {};

	bpf_probe_read_kernel_str(name, sizeof(name), READ(inode, i_sb, s_type, name));
	if (name[0] != 'e' || name[1] != 'x' || name[2] != 't' || name[3] != '4')
		return false;
	return !READ(info, i_file_acl) && !(READ(info, i_flags) & EXT4_STATES_XATTR);
}

/*
 * What is known without asking the filesystem. Nearly every file has no capabilities, and most of
 * them say so.
 */
static __always_inline uint32_t object_caps(struct inode *inode)
{
	uint64_t magic = READ(inode, i_sb, s_magic);

	if (!(READ(inode, i_opflags) & IOP_XATTR) || READ(inode, i_flags) & S_NOSEC)
		return OBJECT_CAPS_NONE;
	if (magic == TMPFS_MAGIC && bpf_core_field_exists(((struct shmem_inode_info *)0)->xattrs) &&
	    tmpfs_has_no_xattrs(inode))
		return OBJECT_CAPS_NONE;
	if (magic == EXT4_SUPER_MAGIC && bpf_core_type_exists(struct ext4_inode_info) &&
	    ext4_has_no_xattrs(inode))
		return OBJECT_CAPS_NONE;
	return OBJECT_CAPS_ASK;
}

static __noinline int object_of_inode(struct event_object *object, struct inode *inode,
				      uint32_t role)
{
	__builtin_memset(object, 0, sizeof(*object));
	object->ino = READ(inode, i_ino);
	object->ctime = inode_ctime(inode);
	object->dev = READ(inode, i_sb, s_dev);
	object->rdev = READ(inode, i_rdev);
	object->mode = READ(inode, i_mode);
	object->uid = READ(inode, i_uid.val);
	object->gid = READ(inode, i_gid.val);
	object->magic = READ(inode, i_sb, s_magic);
	object->role = role;
	object->caps = object_caps(inode);
	if (object->caps == OBJECT_CAPS_ASK)
		object->owner = root_of(LOAD(bpf_get_current_task_btf(), cred));
	return 0;
}

/* The name by which `file` was opened: overlayfs maps a file of the layer below. */
static __always_inline struct dentry *file_dentry(struct file *file)
{
	struct backing_file *backing = (void *)file;
	uint32_t mode = READ(file, f_mode);

	if (bpf_core_type_exists(struct backing_file) && mode & FMODE_NOACCOUNT &&
	    mode & FMODE_BACKING)
		return READ(backing, user_path.dentry);
	return READ(file, f_path.dentry);
}

static __always_inline struct inode *file_inode(struct file *file)
{
	return READ(file_dentry(file), d_inode);
}

static __always_inline void section_object(struct builder *b, uint16_t index, struct dentry *dentry,
					   uint32_t role)
{
	struct event_object *object = (void *)section_data(b);
	struct inode *inode = dentry ? READ(dentry, d_inode) : NULL;

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
	return READ(task, files, count.counter) > 1;
}

/* The file behind descriptor `fd` of `task`, or NULL. */
static __always_inline struct file *file_of(struct task_struct *task, uint32_t fd)
{
	struct fdtable *table = READ(task, files, fdt);
	struct file *file = NULL;

	if (!table || fd >= READ(table, max_fds))
		return NULL;
	struct file **files = READ(table, fd);
	bpf_probe_read_kernel(&file, sizeof(file), files + fd);
	return file;
}

#endif
