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
#include "read.h"
#include <bpf/bpf_tracing.h>

/* What an execve had in its registers and hands before its task's memory was replaced. */
struct exec_entry {
	uint64_t args[6];
	uint32_t arch;
	int32_t syscall;
	uint32_t valid;
	uint32_t scripts; /* objects of script[] that hold */
	struct event_object script;
	struct event_exec_caps caps;
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
	uint64_t label;  /* fingerprint of the security label */
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

/* How much room there was for the addresses of messages that were to come. */
#define ROOMS_MAX 64 /* of a recvmmsg; what comes behind is not told */
struct room_entry {
	uint8_t room[ROOMS_MAX]; /* in bytes, up to EVENT_SOCKADDR_MAX; 0: none is wanted */
};

/* What was kept of the syscall under way when it began. */
struct entry_state {
	uint32_t kind; /* enum entry_kind; ENTRY_NONE: nothing was */
	uint32_t cell; /* cell_of() the syscall */
	union {
		struct ipc_entry ipc;
		struct clock_entry clock;
		struct room_entry rooms;
	};
};

#define GIVEN_MAX 4 /* numbers that are kept of what a syscall was given in memory */

/* The files whose time of change a rename has set. */
#define CHANGES_MAX 6

/* The request of a ring that a task runs, as the syscall that does the same. */
struct request_state {
	uint64_t request; /* struct io_kiocb; 0: it runs none, and nothing below holds */
	uint64_t args[6];
	uint64_t name[2]; /* struct filename of its paths; 0: it has none */
	int32_t syscall;  /* of x86-64; -1: none does the same */
	uint32_t operation;
	uint32_t slotted; /* what it opens gets no descriptor */
	uint32_t pad;
};

/* A task's identity and what was last said of it. */
struct task_state {
	uint64_t cgroup; /* the identity below holds while the task is in this cgroup … */
	uint64_t contid;
	uint32_t policy;
	uint32_t generation; /* … and the tables are of this generation */
	uint32_t account;    /* whose credit its events take */
	uint32_t pad;
	uint32_t said;       /* EVENT_PROCESS with `key` is in the ring */
	uint32_t targets;    /* EVENT_TARGET of this syscall that are in the ring */
	uint32_t touches;    /* EVENT_TOUCHED of this syscall: a bit for each role and path */
	uint32_t taken;      /* what taken_memories has of it: enum taken */
	uint32_t exited;     /* its exit was told */
	uint64_t name[2];    /* struct filename of its paths */
	uint64_t walk;       /* struct path of its open, by … */
	uint32_t open_flags; /* … these flags */
	uint32_t made_path;  /* by which path it makes … */
	uint64_t made;       /* … this dentry a file; 0: none */
	uint32_t closings;   /* those below are of this policy_control.closings */
	uint32_t parts;      /* parts of a syscall were told, whether it was or not */
	uint32_t forked;     /* so is the EVENT_FORK that made it */
	uint32_t muted;      /* daemons whose task list kept it out, as bits of … */
	uint32_t muted_by;   /* … the policy of this serial */
	uint32_t owned;   /* EVENT_OWN of this syscall are in the ring: counted in control.owned */
	uint32_t trapped; /* SIGSYS was told of */
	uint64_t given[GIVEN_MAX]; /* if TAKEN_GIVEN: as syscall_end.value */
	struct entry_state entry;
	struct request_state ring;
	/* What the syscall under way loads; empty if there is nothing yet. */
	char module[EVENT_MODULE_LEN];
	/* The address that it gets, as the kernel has it; of no length if there is none yet. */
	uint8_t address[EVENT_SOCKADDR_MAX];
	uint32_t address_length;
	uint32_t changes; /* of changed[] hold */
	struct event_object changed[CHANGES_MAX];
	struct exec_entry exec;
	struct process_key key;
};

/*
 * Working memory is one a CPU, since our tracepoints run with preemption off. A hook can be
 * preempted: it works in the second place, of which it is the CPU's only holder.
 */
enum memory_places { MEMORY_OWN, MEMORY_HELD, MEMORY_PLACES };
struct memory_holder {
	uint32_t tasks; /* that have it, or are about to see that they cannot */
	uint32_t task;  /* thread id; 0: nobody */
};
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct memory_holder);
} holders SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 16 << 20); /* set before loading */
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
} cgroups SEC(".maps"),
    /* A row as it was made when a cgroup became a container with the first process of a PID
     * namespace: the collector, which hears of it later, must not write over it. */
    births SEC(".maps");

/* The contid that was declared of a task, or of one that it comes from. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, uint64_t);
} declarations SEC(".maps");

/* How many tasks a declared container has. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, POLICY_CGROUPS_MAX);
	__type(key, uint64_t);
	__type(value, uint64_t);
} declared_tasks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, POLICY_ACCOUNTS_MAX);
	__type(key, uint32_t);
	__type(value, struct policy_credit);
} credits SEC(".maps");

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

/* An event while it is put together. */
#define SCRATCH_SIZE 32768
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, MEMORY_PLACES);
	__type(key, uint32_t);
	__type(value, uint8_t[SCRATCH_SIZE]);
} scratch SEC(".maps");

struct policy_control control;

/* Where the current program works: enum memory_places. */
static __always_inline uint32_t memory_place(void)
{
	uint32_t zero = 0;
	struct memory_holder *holder;

	if (!control.held)
		return MEMORY_OWN;
	holder = bpf_map_lookup_elem(&holders, &zero);
	return holder && holder->task == (uint32_t)bpf_get_current_pid_tgid() ? MEMORY_HELD
									      : MEMORY_OWN;
}

/* Takes the second memory of this CPU; false if another task that was preempted has it. */
static __always_inline bool memory_hold(void)
{
	uint32_t zero = 0;
	struct memory_holder *holder = bpf_map_lookup_elem(&holders, &zero);

	if (!holder)
		return false;
	__sync_fetch_and_add(&holder->tasks, 1);
	if (*(volatile uint32_t *)&holder->tasks != 1) {
		__sync_fetch_and_add(&holder->tasks, -1);
		return false;
	}
	holder->task = (uint32_t)bpf_get_current_pid_tgid();
	__sync_fetch_and_add(&control.held, 1);
	return true;
}

static __always_inline void memory_release(void)
{
	uint32_t zero = 0;
	struct memory_holder *holder = bpf_map_lookup_elem(&holders, &zero);

	if (!holder)
		return;
	__sync_fetch_and_add(&control.held, -1);
	holder->task = 0;
	__sync_fetch_and_add(&holder->tasks, -1);
}

#endif
