/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's types, as far as the programs read them. Offsets come from the running kernel's BTF
 * when the programs are loaded (CO-RE), so a struct here lists only the members in use, in any
 * order. A name with ___ is a second shape of the same kernel type, for kernels that have it so.
 */
#ifndef NESTAUDIT_TYPES_H
#define NESTAUDIT_TYPES_H

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef signed char __s8;
typedef short __s16;
typedef int __s32;
typedef long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;

typedef __u8 uint8_t;
typedef __u16 uint16_t;
typedef __u32 uint32_t;
typedef __u64 uint64_t;
typedef __s32 int32_t;
typedef __s64 int64_t;

typedef _Bool bool;
typedef int pid_t;

#define NULL ((void *)0)
#define true 1
#define false 0

/* include/uapi/linux/bpf.h */
enum bpf_map_type {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_ARRAY_OF_MAPS = 12,
	BPF_MAP_TYPE_RINGBUF = 27,
	BPF_MAP_TYPE_TASK_STORAGE = 29,
};
enum { BPF_ANY = 0, BPF_NOEXIST = 1, BPF_EXIST = 2 };
enum { BPF_RB_NO_WAKEUP = 1, BPF_RB_FORCE_WAKEUP = 2 };
enum { BPF_RB_AVAIL_DATA = 0, BPF_RB_RING_SIZE = 1 };
enum { BPF_F_NO_PREALLOC = 1, BPF_F_INNER_MAP = 1 << 12 };
enum { BPF_LOCAL_STORAGE_GET_F_CREATE = 1 };

/* Copied whole: its parts are the same everywhere. */
struct in6_addr {
	__be32 word[4];
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

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
	unsigned long s_magic;
	struct file_system_type *s_type;
};

struct timespec64 {
	__s64 tv_sec;
	long tv_nsec;
};

struct inode {
	unsigned short i_mode;
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

/* What an inode is a part of, on the filesystems whose extended attributes are in memory. */
struct list_head {
	struct list_head *next;
};
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

struct dentry {
	struct hlist_bl_node d_hash;
	struct lockref d_lockref;
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
	struct dentry_operations *d_op;
};

struct vfsmount {
	struct dentry *mnt_root;
	int mnt_flags;
};

struct mount {
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

struct group_info {
	int ngroups;
	kgid_t gid[0];
};

struct ns_common {
	unsigned int inum;
};

struct uid_gid_extent {
	__u32 first;
	__u32 lower_first;
	__u32 count;
};

struct uid_gid_map {
	__u32 nr_extents;
	struct uid_gid_extent extent[5];
	struct uid_gid_extent *forward;
};

struct user_namespace {
	int level;
	struct uid_gid_map uid_map;
	struct uid_gid_map gid_map;
	struct ns_common ns;
};

/* Before 6.3 two 32-bit words, the lower first: the same bytes. */
typedef struct {
	__u64 val;
} kernel_cap_t;

struct cred {
	kuid_t uid, suid, euid, fsuid;
	kgid_t gid, sgid, egid, fsgid;
	kernel_cap_t cap_inheritable, cap_permitted, cap_effective, cap_ambient;
	unsigned int securebits;
	void *security;
	struct group_info *group_info;
	struct user_namespace *user_ns;
};

/* Labels of AppArmor: security/apparmor/include. */
struct lsm_blob_sizes {
	int lbs_cred;
};
struct aa_policy {
	const char *hname;
};
struct aa_ns {
	struct aa_policy base;
	struct aa_ns *parent;
};
struct aa_profile {
	struct aa_policy base;
	struct aa_ns *ns;
};
struct aa_label;
struct aa_proxy {
	struct aa_label *label;
};
struct aa_label {
	struct aa_proxy *proxy;
	long flags;
	__u32 secid;
	int size;
	struct aa_profile *vec[0];
};

struct task_struct;

struct hlist_node {
	struct hlist_node *next;
};

struct hlist_head {
	struct hlist_node *first;
};

struct xarray {
	void *xa_head;
};

struct idr {
	struct xarray idr_rt;
};

/* include/linux/xarray.h */
struct xa_node {
	unsigned char shift;
	void *slots[64];
};

struct pid_namespace {
	struct idr idr;
	struct task_struct *child_reaper;
	unsigned int level;
	struct ns_common ns;
};

struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid {
	unsigned int level;
	struct hlist_head tasks[4];
	struct upid numbers[0];
};

enum pid_type { PIDTYPE_PID, PIDTYPE_TGID, PIDTYPE_PGID };

struct rhash_head {
	struct rhash_head *next;
};

/* include/linux/rhashtable-types.h */
struct bucket_table {
	unsigned int size;
	unsigned int nest;
	__u32 hash_rnd;
	struct bucket_table *future_tbl;
	void *buckets[0];
};
struct rhashtable {
	struct bucket_table *tbl;
};

struct kern_ipc_perm {
	int id;
	int key;
	kuid_t uid;
	kgid_t gid;
	unsigned short mode;
	struct rhash_head khtnode;
};

struct ipc_ids {
	struct idr ipcs_idr;
	struct rhashtable key_ht;
};

struct ipc_namespace {
	struct ipc_ids ids[3];
};

struct nsproxy {
	struct ipc_namespace *ipc_ns;
};

/* include/linux/hrtimer_defs.h */
struct hrtimer_clock_base {
	struct hrtimer_cpu_base *cpu_base;
	__s64 offset;
};
struct hrtimer_cpu_base {
	struct hrtimer_clock_base clock_base[8];
};
struct hrtimer {
	struct hrtimer_clock_base *base;
};
struct sched_dl_entity {
	struct hrtimer dl_timer;
};

/* kernel/time/ntp.c, since Linux 6.14: variables of their own before. */
struct ntp_data {
	unsigned long tick_usec;
	__u64 tick_length;
	int time_status;
	__s64 time_offset;
	long time_constant;
	long time_esterror;
	__s64 time_freq;
	long time_adjust;
};

struct tty_struct {
	char name[64];
};

struct signal_struct {
	atomic_t live;
	unsigned int flags;
	struct pid *pids[4];
	struct tty_struct *tty;
};

/* fs/proc/internal.h */
struct proc_inode {
	struct pid *pid;
	struct inode vfs_inode;
};

/* include/linux/filter.h: what a classic program was before it was translated. */
struct sock_filter {
	__u16 code;
	__u8 jt, jf;
	__u32 k;
};
struct sock_fprog_kern {
	__u16 len;
	struct sock_filter *filter;
};
struct bpf_prog_aux {
	__u32 id;
};
struct bpf_prog {
	struct bpf_prog_aux *aux;
	struct sock_fprog_kern *orig_prog;
};

/* kernel/seccomp.c */
struct seccomp_filter {
	bool log;
	struct seccomp_filter *prev;
	struct bpf_prog *prog;
};
struct seccomp {
	int mode;
	struct seccomp_filter *filter;
};

struct sigaction {
	void *sa_handler;
};
struct k_sigaction {
	struct sigaction sa;
};

struct kernfs_node {
	struct kernfs_node *__parent;
	const char *name;
	__u64 id;
};
struct kernfs_node___6_14 {
	struct kernfs_node *parent;
};

struct cgroup_root {
	int hierarchy_id;
};

struct cgroup {
	struct kernfs_node *kn;
	struct cgroup_root *root;
};

struct css_set {
	struct cgroup *dfl_cgrp;
};

struct vm_area_struct {
	struct file *vm_file;
	unsigned long vm_flags;
};

struct mm_struct {
	atomic_t mm_users;
	unsigned long arg_start, arg_end;
	unsigned long saved_auxv[0];
	struct file *exe_file;
};

struct module {
	char name[56]; /* MODULE_NAME_LEN */
};

struct thread_info {
	__u32 status;
};

struct task_struct {
	struct thread_info thread_info;
	unsigned int flags;
	struct mm_struct *mm;
	unsigned int personality;
	pid_t pid;
	pid_t tgid;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	struct pid *thread_pid;
	struct hlist_node pid_links[4];
	const struct cred *real_cred;
	struct cred *cred;
	char comm[16];
	struct fs_struct *fs;
	struct files_struct *files;
	struct signal_struct *signal;
	struct nsproxy *nsproxy;
	struct sched_dl_entity dl;
	struct callback_head *task_works;
	int exit_code;
	struct seccomp seccomp;
	kuid_t loginuid;
	unsigned int sessionid;
	struct css_set *cgroups;
};

struct kernel_siginfo {
	int si_code;
};

/* Sockets, as far as they tell their addresses. */
struct sock_common {
	unsigned short skc_family;
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	int skc_bound_dev_if;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
};
struct sock {
	struct sock_common __sk_common;
};
struct ipv6_pinfo {
	struct in6_addr saddr;
	__be32 flow_label;
};
struct inet_sock {
	struct sock sk;
	struct ipv6_pinfo *pinet6;
	__be32 inet_saddr;
	__be16 inet_sport;
};
struct sockaddr_un {
	unsigned short sun_family;
};
struct unix_address {
	int len;
	struct sockaddr_un name[0];
};
struct unix_sock {
	struct sock sk;
	struct unix_address *addr;
	struct sock *peer;
};
struct socket {
	struct sock *sk;
};

/* Programs of BPF. */
struct linux_binprm {
	struct cred *cred;
	struct file *file;
	int argc;
	const char *filename;
	const char *interp;
	const char *fdpath;
};

/* arch/x86/include/asm/ptrace.h: the one place, with shape.h, that knows the architecture. */
struct pt_regs {
	unsigned long r10, r9, r8, dx, si, di, cx, bx, bp, orig_ax, ip;
};

#pragma clang attribute pop

#endif
