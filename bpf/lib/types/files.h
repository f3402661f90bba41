/* SPDX-License-Identifier: GPL-2.0 */
/* Files, names and where they lie. Included by types.h alone, in its order. */
#ifndef NESTAUDIT_TYPES_FILES_H
#define NESTAUDIT_TYPES_FILES_H

typedef struct {
	unsigned int val;
} kuid_t;
typedef struct {
	unsigned int val;
} kgid_t;

struct callback_head {
	struct callback_head *next;
	void (*func)(struct callback_head *head);
};

struct qstr {
	__u32 hash;
	__u32 len;
	const unsigned char *name;
};

struct hlist_bl_node {
	struct hlist_bl_node **pprev;
};

struct dentry_operations {
	void *d_dname;
};

struct file_system_type {
	const char *name;
};

struct super_block {
	unsigned int s_dev;
	unsigned long s_flags;
	unsigned long s_magic;
	struct file_system_type *s_type;
};

struct timespec64 {
	__s64 tv_sec;
	long tv_nsec;
};

struct inode_operations {
	void *permission;
};

struct inode {
	unsigned short i_mode;
	const char *i_link;
	void *i_acl;
	struct inode_operations *i_op;
	kuid_t i_uid;
	kgid_t i_gid;
	struct super_block *i_sb;
	unsigned long i_ino;
	unsigned int i_rdev;
	unsigned int i_flags;
	unsigned short i_opflags;
	__s64 i_ctime_sec;
	__u32 i_ctime_nsec;
};
struct inode___6_1 {
	struct timespec64 i_ctime;
};
struct inode___6_6 {
	struct timespec64 __i_ctime;
};

struct list_head {
	struct list_head *next;
};
struct hlist_node {
	struct hlist_node *next;
};
struct hlist_head {
	struct hlist_node *first;
};

/* What an inode is a part of, on the filesystems whose extended attributes are in memory. */
struct rb_node {
	struct rb_node *rb_left;
};
struct rb_root {
	struct rb_node *rb_node;
};
struct simple_xattrs {
	struct rb_root rb_root;
};
struct simple_xattrs___6_1 {
	struct list_head head;
};
struct shmem_inode_info {
	struct simple_xattrs xattrs;
	struct inode vfs_inode;
};
struct ext4_inode_info {
	unsigned long i_flags;
	__u64 i_file_acl;
	struct inode vfs_inode;
};

struct lockref {
	int count;
};

/* include/linux/dcache.h, since Linux 6.15. */
enum dentry_flags {
	DCACHE_OP_HASH = 1 << 0,
	DCACHE_OP_COMPARE = 1 << 1,
	DCACHE_MOUNTED = 1 << 15,
};

struct dentry {
	unsigned int d_flags;
	struct hlist_bl_node d_hash;
	struct lockref d_lockref;
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
	struct dentry_operations *d_op;
	struct hlist_node d_sib;
	struct hlist_head d_children;
};
/* Before Linux 6.8. */
struct dentry___6_6 {
	struct list_head d_child;
	struct list_head d_subdirs;
};

struct mnt_idmap;

struct vfsmount {
	struct dentry *mnt_root;
	int mnt_flags;
	struct mnt_idmap *mnt_idmap;
};

struct mount {
	struct list_head mnt_mounts;
	struct list_head mnt_child;
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct cred;

struct file_operations {
	void *write;
};

struct file {
	unsigned int f_mode;
	unsigned int f_flags;
	void *private_data;
	struct path f_path;
	struct inode *f_inode;
	struct file_operations *f_op;
	const struct cred *f_cred;
	struct callback_head f_task_work;
};
/* Before Linux 6.8, and before 6.2. */
struct file___6_2 {
	struct callback_head f_rcuhead;
};
struct file___6_1 {
	union {
		struct callback_head fu_rcuhead;
	} f_u;
};
struct backing_file {
	struct file file;
	struct path user_path;
};

struct filename {
	const char *name;
	const char *uptr;
};

struct nameidata {
	struct path path;
	struct qstr last;
	struct filename *name;
};

struct open_flags {
	int open_flag;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

typedef struct {
	int counter;
} atomic_t;

struct files_struct {
	atomic_t count;
	struct fdtable *fdt;
};

struct fs_struct {
	struct path root;
	struct path pwd;
};

/* fs/notify/fanotify/fanotify.h */
enum fanotify_event_type { FANOTIFY_EVENT_TYPE_PATH_PERM = 3 };
struct fsnotify_group;
struct fsnotify_event;
struct fanotify_event {
	unsigned int type : 3;
};
struct fanotify_response_info_header {
	__u8 type;
};
struct fanotify_response_info_audit_rule {
	struct fanotify_response_info_header hdr;
	__u32 rule_number;
	__u32 subj_trust;
	__u32 obj_trust;
};
struct fanotify_perm_event {
	struct fanotify_event fae;
	struct path path;
	__u32 response; /* 16 bits before Linux 6.3 */
	__u16 state;
	struct fanotify_response_info_audit_rule audit_rule; /* since Linux 6.3 */
};

#endif
