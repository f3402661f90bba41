/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0 */
/*
 * What crosses from the collector to BPF: the tables by which an event is judged, and what
 * comes back by them: the counts of what was lost.
 *
 *   gate        one bit for each (arch, syscall): does any rule of any daemon name it?
 *   cgroups     cgroup id -> struct policy_cgroup: its container and policy; absent: the host's
 *               a declared contid -> likewise, of the container that was declared
 *   births      cgroup id -> struct policy_cgroup: BPF's own, of containers as they began
 *   policies    policy -> struct policy_entry: the daemons of the chain
 *   credits     account -> struct policy_credit: what a container has in the ring
 *   views       contid -> struct policy_view: the ids that a daemon of that container sees
 *   rulesets    ruleset -> a map of its own that holds the rules, compiled: table.h
 *   watched     struct file_key -> what of it some rule asks for: watch.h
 *   watches     struct watch_key -> the paths of one ruleset that are there: watch.h
 *
 * The tables only pre-filter: BPF may pass what the collector then rejects, never the reverse.
 */
#ifndef NESTAUDIT_POLICY_H
#define NESTAUDIT_POLICY_H

#ifdef __bpf__
#include "lib/types.h"
#else
#include <stdint.h>
#endif

#define POLICY_ABI_VERSION 8

#define POLICY_SYSCALLS   512  /* numbers 0 … 511 of each arch; AUDIT_BITMASK_SIZE allows 2048 */
#define POLICY_OPERATIONS 256  /* of io_uring: its opcodes are bytes */
#define POLICY_ARCHES     2    /* POLICY_ARCH_64, POLICY_ARCH_32 */
#define POLICY_MAX        8192 /* policies */
#define POLICY_DAEMONS_MAX                                                                         \
	16 /* daemons of one chain that are asked here; bit n of event_syscall.wants is daemon n   \
	    */
#define POLICY_MORE_BIT     31 /* of wants: the daemons behind those, whatever they want */
#define POLICY_RULESETS_MAX 8192
#define POLICY_CGROUPS_MAX  65536
#define POLICY_INNER_MAX    1024 /* cgroups of one container that are in the table */
#define POLICY_EXTENTS_MAX  5    /* of an id map; a longer one is translated in the collector */
#define POLICY_LOSSES_MAX   8192
#define POLICY_ACCOUNTS_MAX 8192 /* containers with a credit of their own, and the host */

enum policy_arch { POLICY_ARCH_64 = 0, POLICY_ARCH_32 = 1 };

/* Fixed policies. */
#define POLICY_UNDECIDED 0 /* a container not yet assigned: pass whatever the gate passes */
#define POLICY_FIRST     1 /* the first that the collector may assign */

struct policy_cgroup {
	uint64_t contid;   /* id of the container's root cgroup; 0: the host */
	uint64_t outer;    /* contid of the container around it; 0: none */
	uint32_t policy;   /* the host's is policy_control.host */
	uint32_t unsaid;   /* BPF's own: EVENT_CONTAINER is still due; 1 + the level of its PID
			      namespace, and BIRTH_SHARED */
	uint32_t fresh;    /* BPF's own: enum cgroup_fresh */
	uint32_t inner;    /* BPF's own, of a root: cgroups in it that are in the table */
	uint32_t pidns;    /* of a root: inode of the container's PID namespace; 0: the first one */
	uint32_t declared; /* number of the innermost declared container that it is in; 0: none */
	uint32_t account;  /* in credits; 0: the host's */
	uint32_t pad;
	uint64_t number; /* of a root: what rules and records call it; 0: its contid */
};

/* A declared container has no cgroup of its own when it begins: its contid here is this and a
 * number that no other has had. Cgroups have lower ones. */
#define CONTID_DECLARED (1ull << 63)

enum cgroup_fresh {
	CGROUP_USED = 0,
	CGROUP_NEW = 1,    /* no process has begun in it yet */
	CGROUP_SHARED = 2, /* one has, in a PID namespace of others: a first one may still come */
};

#define BIRTH_SHARED (1u << 16) /* the PID namespace has a first process that is another's */

/* Whose events are charged to no other container. */
#define ACCOUNT_HOST 0

/* How much of the ring a container uses. */
struct policy_credit {
	uint64_t produced; /* BPF's: bytes that its events have taken in the ring, since ever … */
	uint64_t consumed; /* the collector's: … and those of them that were taken out again */
	uint64_t holder;   /* contid of the container; 0: nobody has it */
	uint64_t pad;
};

struct policy_daemon {
	uint32_t ruleset;  /* in rulesets */
	uint32_t instance; /* whose watches: the ruleset's, where this daemon stands */
	uint64_t view;     /* in views; 0: the host's, where ids are the kernel's own */
};

/* Never changed while it is in use, but for its gate. */
struct policy_entry {
	uint64_t gate[POLICY_ARCHES][POLICY_SYSCALLS / 64]; /* of these daemons alone */
	uint64_t operations[POLICY_OPERATIONS / 64];        /* likewise, of io_uring */
	uint32_t daemons;                                   /* how many of daemon[] hold */
	uint32_t serial; /* no other list of daemons has had it */
	uint32_t more;   /* 1: there are daemons that found no room */
	uint32_t pad;
	struct policy_daemon daemon[POLICY_DAEMONS_MAX]; /* index n belongs to bit n of wants */
};

struct policy_extent {
	uint32_t first; /* in the view */
	uint32_t lower; /* the kernel's */
	uint32_t count;
};

struct policy_view {
	uint32_t pidns;       /* inode of the PID namespace; 0: the first one */
	uint32_t uid_extents; /* how many of uid[] hold; more than POLICY_EXTENTS_MAX: not told */
	uint32_t gid_extents;
	uint32_t pad;
	struct policy_extent uid[POLICY_EXTENTS_MAX];
	struct policy_extent gid[POLICY_EXTENTS_MAX];
};

/* When BPF wakes the collector. */
enum policy_pace {
	PACE_EAGER = 0, /* it sleeps: by the first event that it has not seen yet */
	PACE_BATCH = 1, /* it looks by itself every few milliseconds: by a ring that is half full */
	PACE_WOKEN = 2, /* as before, and it has been woken: not again */
};

/* What some rule asks for, and is not gathered otherwise. */
enum policy_need {
	NEED_CHAINS = 1,     /* SECTION_CHAIN: a path is watched */
	NEED_FORKS = 2,      /* EVENT_FORK: a task list has rules */
	NEED_EXE = 4,        /* where the executable of a process is: a rule asks for a program */
	NEED_BELOW = 8,      /* the directories above a file: a directory is watched */
	NEED_COLLECTOR = 16, /* watches found no room: the collector decides about paths */
};

/* What hooks tell as the kernel has it, once all are attached: it is not looked for elsewhere then.
 */
enum policy_hook {
	HOOK_NAMES = 1,
	HOOK_ADDRESSES = 2,
	HOOK_LOOKUPS = 4, /* these two tell what names led to */
	HOOK_PARENTS = 8,
	HOOK_SECCOMP = 16,
	HOOK_LOGIN = 32,
	HOOK_GOT = 64, /* addresses that a syscall gives to its caller */
	HOOK_PROGRAMS = 128,
	HOOK_HOW = 256, /* these two tell numbers that a caller gives in memory */
	HOOK_QUEUES = 512,
};

/* What the collector sets, mapped into its memory: the whole of .bss. */
struct policy_control {
	uint64_t gate[POLICY_ARCHES][POLICY_SYSCALLS / 64];
	uint32_t generation; /* of the tables; goes into every event */
	uint32_t collector;  /* thread group that is never audited */
	uint64_t uncounted;  /* losses that found no room in the map losses */
	uint32_t pace;       /* enum policy_pace; BPF sets PACE_WOKEN */
	uint32_t needs;      /* enum policy_need */
	uint32_t host;       /* policy of what is in no container */
	uint32_t
	    closings;   /* how often the gate was closed: parts of syscalls from before are stale */
	uint32_t owned; /* BPF's: tasks whose syscall is told whatever the gate says */
	uint32_t logins;  /* BPF's: tasks that have opened a loginuid, or are writing to one; these
			     two are  read as one */
	uint32_t held;    /* BPF's: CPUs on which a hook has the second memory */
	uint32_t hooks;   /* enum policy_hook */
	uint32_t seccomp; /* what the kernel logs: enum seccomp_logged */
	uint32_t every_end; /* sys_exit is looked at: every syscall is seen when it ends */
	uint32_t requests;  /* 1: requests of io_uring are looked at while they are run */
	uint32_t answers;   /* 1, BPF's: a listener of fanotify has its answers audited */
	uint32_t unlisted;  /* 1: some cgroup found no room in the table cgroups */
	uint32_t declared;  /* 1: some task is in a declared container */
	uint32_t ring_size; /* in bytes */
	uint32_t credit;    /* so many bytes one container has in the ring at most */
	uint32_t accounts;  /* how often an account was looked for: where the next search begins */
	uint32_t pad;
	uint64_t operations[POLICY_OPERATIONS / 64]; /* the gate of io_uring's operations */
	uint64_t entry[POLICY_SYSCALLS / 64]; /* numbers of which the beginning is looked at, of
						 either arch: entry.h */
	uint64_t functions[POLICY_ARCHES]
			  [POLICY_SYSCALLS / 64]; /* what is told where its own function ends, and
						     not at sys_exit */
	uint32_t undecided; /* 1: a collector takes over, and decides everything itself: no policy
			       is asked */
	/* The collector's own: the numbers that are given next. One that takes over goes on with
	   them, so that nothing of an earlier one is taken for its own. */
	uint32_t serials;   /* policy_entry.serial */
	uint32_t versions;  /* table_block.version */
	uint32_t instances; /* policy_daemon.instance */
};

/* What nestaudit_count is called with: a task that comes to a declared container, or does not. */
struct declared_count {
	uint64_t contid;
	int64_t by;
};

/* How the kernel preempts, if that is decided while it runs: kernel/sched/core.c. */
struct preemption_mode {
	int32_t mode; /* 0: none, 1: voluntary; others preempt the kernel */
	uint32_t is_known;
};

/* kernel/seccomp.c, SECCOMP_LOG_*: of actions_logged. */
enum seccomp_logged {
	SECCOMP_LOG_KILL_PROCESS = 1 << 0,
	SECCOMP_LOG_KILL_THREAD = 1 << 1,
	SECCOMP_LOG_TRAP = 1 << 2,
};

/* Key of the map losses; its value is a 64-bit count of events. */
struct loss_key {
	uint64_t contid;
	uint32_t policy;
	uint32_t wants; /* the daemons that missed it */
	uint32_t cause; /* enum loss_cause */
	uint32_t pad;
};

enum loss_cause {
	LOSS_RING_FULL = 1,  /* the ring had no room for it, or the container no credit there */
	LOSS_NO_STORAGE = 2, /* no memory for the task's state */
	LOSS_PART = 3,       /* the ring refused what belongs to an event, which is told without */
};

#define POLICY_ASSERT_SIZE(type, bytes)                                                            \
	_Static_assert(sizeof(struct type) == (bytes), #type " has moved")
POLICY_ASSERT_SIZE(policy_cgroup, 56);
POLICY_ASSERT_SIZE(policy_credit, 32);
POLICY_ASSERT_SIZE(policy_daemon, 16);
POLICY_ASSERT_SIZE(policy_entry, 432);
POLICY_ASSERT_SIZE(policy_view, 136);
POLICY_ASSERT_SIZE(policy_control, 456);
_Static_assert(__builtin_offsetof(struct policy_control, owned) % 8 == 0, "two are read as one");
POLICY_ASSERT_SIZE(loss_key, 24);
POLICY_ASSERT_SIZE(preemption_mode, 8);
POLICY_ASSERT_SIZE(declared_count, 16);

#endif
