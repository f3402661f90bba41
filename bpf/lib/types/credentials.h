/* SPDX-License-Identifier: GPL-2.0 */
/* Who a task is: ids, labels and numbers, and the namespaces they are of. Included by types.h
 * alone, in its order. */
#ifndef NESTAUDIT_TYPES_CREDENTIALS_H
#define NESTAUDIT_TYPES_CREDENTIALS_H

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
	struct user_namespace *parent;
	kuid_t owner;
	int level;
	struct uid_gid_map uid_map;
	struct uid_gid_map gid_map;
	struct ns_common ns;
};

/* fs/mnt_idmapping.c: of no extents where the mount shows ids as they are. */
struct mnt_idmap {
	struct uid_gid_map uid_map;
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
	struct user_namespace *user_ns;
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

#endif
