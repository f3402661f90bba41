/* SPDX-License-Identifier: GPL-2.0 */
/* Tasks, and what they have. Included by types.h alone, in its order. */
#ifndef NESTAUDIT_TYPES_TASKS_H
#define NESTAUDIT_TYPES_TASKS_H

struct tty_struct {
	char name[64];
};

struct signal_struct {
	atomic_t live;
	unsigned int flags;
	struct pid *pids[4];
	struct tty_struct *tty;
	unsigned int audit_tty;
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
	struct nameidata *nameidata;
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
	__u16 sk_protocol;
	struct socket *sk_socket;
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
	struct file *file;
	struct sock *sk;
};

/* Messages over netlink. */
struct sk_buff {
	struct sock *sk;
	unsigned int len;
	unsigned char *data;
	char cb[48]; /* struct netlink_skb_parms */
};
struct netlink_skb_parms {
	__u32 flags;
	struct sock *sk;
};
struct netlink_sock {
	void *netlink_rcv;
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
	unsigned long r10, r9, r8, dx, si, di, cx, bx, bp, ax, orig_ax, ip;
};

#endif
