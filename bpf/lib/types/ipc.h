/* SPDX-License-Identifier: GPL-2.0 */
/* System V objects, and the clock. Included by types.h alone, in its order. */
#ifndef NESTAUDIT_TYPES_IPC_H
#define NESTAUDIT_TYPES_IPC_H

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

#endif
