/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0 */
/*
 * What crosses from the collector to BPF: the tables by which an event is judged, and what
 * comes back by them: the counts of what was lost.
 *
 *   gate        one bit for each (arch, syscall): does any rule of any daemon name it?
 *   cgroups     cgroup id -> struct policy_cgroup: its container and policy; absent: the host's
 *   policies    policy -> struct policy_entry: the rulesets of the daemons of the chain
 *   rule_index  struct rule_index_key -> the rules of one ruleset for one syscall, in order
 *   rules       struct policy_rule: conditions to be met, one after the other
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

#define POLICY_ABI_VERSION 2

#define POLICY_SYSCALLS     512 /* numbers 0 … 511 of each arch; AUDIT_BITMASK_SIZE allows 2048 */
#define POLICY_ARCHES       2   /* POLICY_ARCH_64, POLICY_ARCH_32 */
#define POLICY_MAX          8192 /* policies */
#define POLICY_DAEMONS_MAX  16 /* daemons of one chain; bit n of event_syscall.wants is daemon n */
#define POLICY_RULESETS_MAX 4096
#define POLICY_RULES_MAX    65536 /* entries of rules, over all rulesets */
#define POLICY_RULE_FIELDS_MAX                                                                     \
	8 /* conditions in BPF; a rule with more is finished in the collector */
#define POLICY_RULES_PER_SYSCALL 1024
#define POLICY_CGROUPS_MAX       65536
#define POLICY_LOSSES_MAX        8192

enum policy_arch { POLICY_ARCH_64 = 0, POLICY_ARCH_32 = 1 };

/* Fixed policies. */
#define POLICY_HOST      0 /* no container */
#define POLICY_UNDECIDED 1 /* a container not yet assigned: pass whatever the gate passes */
#define POLICY_FIRST     2 /* the first that the collector may assign */

struct policy_cgroup {
	uint64_t contid; /* id of the container's root cgroup; 0: the host */
	uint64_t outer;  /* contid of the container around it; 0: none */
	uint32_t policy;
	uint32_t
	    unsaid; /* BPF's own: level of its PID namespace while EVENT_CONTAINER is still due */
};

struct policy_entry {
	uint32_t daemons;                     /* how many of ruleset[] hold */
	uint32_t ruleset[POLICY_DAEMONS_MAX]; /* index n belongs to bit n of wants */
};

struct rule_index_key {
	uint32_t ruleset;
	uint16_t arch; /* enum policy_arch */
	uint16_t syscall;
};

struct rule_index_entry {
	uint32_t first; /* in rules */
	uint32_t count;
};

enum rule_action { RULE_NEVER = 0, RULE_ALWAYS = 1 };

/* Fields that BPF can compare; unsigned 32 bit, as kernel/auditfilter.c, audit_comparator. */
enum rule_field {
	RULE_FIELD_PID =
	    1, /* in the daemon's view: never decided in BPF for a view other than the host's */
	RULE_FIELD_PPID,
	RULE_FIELD_UID,
	RULE_FIELD_EUID,
	RULE_FIELD_SUID,
	RULE_FIELD_FSUID,
	RULE_FIELD_GID,
	RULE_FIELD_EGID,
	RULE_FIELD_SGID,
	RULE_FIELD_FSGID,
	RULE_FIELD_AUID,
	RULE_FIELD_SESSION,
	RULE_FIELD_PERS,
	RULE_FIELD_EXIT,    /* low 32 bits of the result */
	RULE_FIELD_SUCCESS, /* 2 if the result is an errno, else 1 */
	RULE_FIELD_A0,      /* low 32 bits */
	RULE_FIELD_A1,
	RULE_FIELD_A2,
	RULE_FIELD_A3,
	RULE_FIELD_PERM, /* RULE_BIT_MASK with 1 x, 2 w, 4 r, 8 a; in BPF only an open is judged by
			    it */
};

/* How the event's value may stand to the rule's: a set of relations, tested without a branch. */
enum rule_operator {
	RULE_LESS = 1,
	RULE_EQUAL = 2,
	RULE_GREATER = 4,
	RULE_LESS_OR_EQUAL = RULE_LESS | RULE_EQUAL,
	RULE_NOT_EQUAL = RULE_LESS | RULE_GREATER,
	RULE_GREATER_OR_EQUAL = RULE_GREATER | RULE_EQUAL,
	RULE_BIT_MASK = 8,  /* value & mask: some bit */
	RULE_BIT_TEST = 16, /* value &= mask: every bit */
};

struct rule_field_test {
	uint8_t field;     /* enum rule_field */
	uint8_t operation; /* enum rule_operator */
	uint16_t pad;
	uint32_t value;
};

struct policy_rule {
	uint8_t action;   /* enum rule_action */
	uint8_t fields;   /* how many of test[] hold */
	uint8_t residual; /* 1: more conditions than BPF can judge; if test[] is met the collector
			     decides */
	uint8_t pad;
	uint32_t pad2;
	struct rule_field_test test[POLICY_RULE_FIELDS_MAX];
};

/* When BPF wakes the collector. */
enum policy_pace {
	PACE_EAGER = 0, /* it sleeps: by the first event that it has not seen yet */
	PACE_BATCH = 1, /* it looks by itself every few milliseconds: by a ring that is half full */
	PACE_WOKEN = 2, /* as before, and it has been woken: not again */
};

/* What some rule asks for, and is not gathered otherwise. */
enum policy_need {
	NEED_ANCESTORS = 1, /* SECTION_ANCESTORS: a directory is watched */
	NEED_FORKS = 2,     /* EVENT_FORK: a task list has rules */
};

/* What the collector sets, mapped into its memory: the whole of .bss. */
struct policy_control {
	uint64_t gate[POLICY_ARCHES][POLICY_SYSCALLS / 64];
	uint32_t generation; /* of the tables; goes into every event */
	uint32_t collector;  /* thread group that is never audited */
	uint64_t uncounted;  /* losses that found no room in the map losses */
	uint32_t pace;       /* enum policy_pace; BPF sets PACE_WOKEN */
	uint32_t needs;      /* enum policy_need */
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
	LOSS_RING_FULL = 1,  /* the ring buffer refused the event */
	LOSS_NO_STORAGE = 2, /* no memory for the task's state */
};

#define POLICY_ASSERT_SIZE(type, bytes)                                                            \
	_Static_assert(sizeof(struct type) == (bytes), #type " has moved")
POLICY_ASSERT_SIZE(policy_cgroup, 24);
POLICY_ASSERT_SIZE(policy_entry, 68);
POLICY_ASSERT_SIZE(rule_index_key, 8);
POLICY_ASSERT_SIZE(rule_index_entry, 8);
POLICY_ASSERT_SIZE(rule_field_test, 8);
POLICY_ASSERT_SIZE(policy_rule, 72);
POLICY_ASSERT_SIZE(policy_control, 152);
POLICY_ASSERT_SIZE(loss_key, 24);

#endif
