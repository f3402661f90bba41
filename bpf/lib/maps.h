/* SPDX-License-Identifier: GPL-2.0 */
/* Every map and global of the programs. What is written by the collector is described in policy.h.
 */
#ifndef NESTAUDIT_MAPS_H
#define NESTAUDIT_MAPS_H

#include "entry.h"
#include "event.h"
#include "policy.h"
#include "table.h"
#include "watch.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

/* What an execve had in its registers and hands before its task's memory was replaced. */
struct exec_entry {
	uint64_t args[6];
	uint32_t arch;
	int32_t syscall;
	uint32_t valid;
	uint32_t scripts; /* objects of script[] that hold */
	struct event_object script;
};

/* What EVENT_PROCESS says, as far as it can change between two events; compared word by word. */
struct process_key {
	uint32_t uid, euid, suid, fsuid;
	uint32_t gid, egid, sgid, fsgid;
	uint32_t auid;
	uint32_t ses;
	uint32_t personality;
	uint32_t tgid;
	uint32_t ppid;
	uint32_t tid;
	char comm[EVENT_COMM_LEN];
	uint64_t exe; /* fingerprint of the executable's path */
	uint64_t exe_ino;
	uint64_t exe_dev;
	uint64_t exe_directory;
	uint64_t exe_name;
	uint64_t groups; /* fingerprint of the supplementary groups */
	uint64_t tty;    /* address of the terminal */
	uint32_t title_length;
	uint32_t pad;
	char title[EVENT_PROCTITLE_MAX];
};

/* Which System V object a syscall was for, and what that was when the syscall began. */
struct ipc_entry {
	uint64_t unheard; /* a bit for each error with which the kernel's audit hears of nothing */
	uint64_t given;   /* address of what IPC_SET sets; 0: it is no such call … */
	uint32_t layout;  /* … and enum ipc_layout */
	uint32_t uid;
	uint32_t gid;
	uint32_t mode;
};

/* The clock: kernel/time/timekeeping.c, ntp.c. */
struct clock_entry {
	int64_t real;   /* CLOCK_REALTIME, as nanoseconds from CLOCK_MONOTONIC … */
	int64_t atomic; /* … and CLOCK_TAI */
	int64_t offset;
	int64_t freq;
	int64_t status;
	int64_t tick;
	int64_t adjust;
};

/* What was kept of the syscall under way when it began. */
struct entry_state {
	uint32_t kind; /* enum entry_kind; ENTRY_NONE: nothing was */
	uint32_t cell; /* cell_of() the syscall */
	union {
		struct ipc_entry ipc;
		struct clock_entry clock;
	};
};

/* A task's identity and what was last said of it. */
struct task_state {
	uint64_t cgroup; /* the identity below holds while the task is in this cgroup … */
	uint64_t contid;
	uint32_t policy;
	uint32_t generation; /* … and the tables are of this generation */
	uint32_t said;       /* EVENT_PROCESS with `key` is in the ring */
	uint32_t targets;    /* EVENT_TARGET of this syscall that are in the ring */
	uint32_t touches;    /* EVENT_TOUCHED of this syscall: a bit for each role and path */
	uint32_t made_path;  /* by which path it makes … */
	uint64_t made;       /* … this dentry a file; 0: none */
	uint32_t closings;   /* those below are of this policy_control.closings */
	uint32_t parts;      /* parts of a syscall were told, whether it was or not */
	uint32_t forked;     /* so is the EVENT_FORK that made it */
	uint32_t muted;      /* daemons whose task list kept it out, as bits of … */
	uint32_t muted_by;   /* … the policy of this serial */
	struct entry_state entry;
	/* What the syscall under way loads; empty if there is nothing yet. */
	char module[EVENT_MODULE_LEN];
	struct exec_entry exec;
	struct process_key key;
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 32 << 20); /* set before loading */
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct task_state);
} tasks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, POLICY_CGROUPS_MAX);
	__type(key, uint64_t);
	__type(value, struct policy_cgroup);
} cgroups SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, POLICY_MAX);
	__type(key, uint32_t);
	__type(value, struct policy_entry);
} policies SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, POLICY_CGROUPS_MAX);
	__type(key, uint64_t);
	__type(value, struct policy_view);
} views SEC(".maps");

/* One ruleset; as long as it has to be. */
struct ruleset_table {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_INNER_MAP);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(uint32_t));
	__uint(value_size, sizeof(struct table_page));
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, POLICY_RULESETS_MAX);
	__type(key, uint32_t);
	__array(values, struct ruleset_table);
} rulesets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, WATCHED_MAX);
	__type(key, struct file_key);
	__type(value, uint32_t); /* enum watched_flags */
} watched SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, WATCHES_MAX);
	__type(key, struct watch_key);
	__type(value, struct watch_paths);
} watches SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, POLICY_LOSSES_MAX);
	__type(key, struct loss_key);
	__type(value, uint64_t);
} losses SEC(".maps");

/* An event while it is put together; one a CPU: our tracepoints run with preemption off. */
#define SCRATCH_SIZE 32768
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, uint8_t[SCRATCH_SIZE]);
} scratch SEC(".maps");

struct policy_control control;

#endif
