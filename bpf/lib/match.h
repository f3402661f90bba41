/* SPDX-License-Identifier: GPL-2.0 */
/* The rules of every daemon of a chain against one event: a bit for each daemon that may want it.
 */
#ifndef NESTAUDIT_MATCH_H
#define NESTAUDIT_MATCH_H

#include "process.h"
#include "shape.h"

static __always_inline bool test_field(struct rule_field_test *test, struct subject *subject)
{
	uint32_t field = test->field & 31;
	uint32_t operation = test->operation;
	uint32_t left = subject->value[field];
	uint32_t right = test->value;
	uint32_t both = left & right;
	uint32_t relations = (left < right) | (left == right) << 1 | (left > right) << 2 |
			     (both != 0) << 3 | (both == right) << 4;
	uint32_t met = operation & relations;

	if (subject->no_result && (field == RULE_FIELD_EXIT || field == RULE_FIELD_SUCCESS))
		met = 0;
	return met;
}

struct match_rules {
	uint32_t first;
	uint32_t wanted;
};

/* First match wins: 1 ends the walk. A residual rule may match, so a `never` of that kind decides
 * nothing. */
static long match_rule(uint32_t index, struct match_rules *match)
{
	uint32_t zero = 0;
	uint32_t key = match->first + index;
	struct policy_rule *rule = bpf_map_lookup_elem(&rules, &key);
	struct subject *subject = bpf_map_lookup_elem(&subjects, &zero);
	uint32_t met = 1;

	if (!rule || !subject)
		return 1;
	for (uint32_t i = 0; i < POLICY_RULE_FIELDS_MAX && i < rule->fields; i++)
		met &= test_field(&rule->test[i], subject);
	if (!met || (rule->action == RULE_NEVER && rule->residual))
		return 0;
	match->wanted = rule->action == RULE_ALWAYS;
	return 1;
}

struct match_daemons {
	struct rule_index_key key;
	uint32_t policy;
	uint32_t wants;
};

static long match_daemon(uint32_t index, struct match_daemons *match)
{
	uint32_t policy = match->policy;
	struct policy_entry *entry = bpf_map_lookup_elem(&policies, &policy);
	struct match_rules rules = {};

	if (!entry || index >= entry->daemons)
		return 1;
	index &= POLICY_DAEMONS_MAX - 1;
	match->key.ruleset = entry->ruleset[index];
	struct rule_index_entry *found = bpf_map_lookup_elem(&rule_index, &match->key);
	if (!found)
		return 0;
	rules.first = found->first;
	bpf_loop(found->count, match_rule, &rules, 0);
	match->wants |= rules.wanted << index;
	return 0;
}

/* The bits of the daemons of `policy` that may want this syscall. Not static: verified once. */
__noinline uint32_t match_policy(uint32_t policy, uint32_t arch, uint32_t syscall)
{
	struct match_daemons match = {.key = {.arch = arch, .syscall = syscall}, .policy = policy};

	if (policy == POLICY_UNDECIDED)
		return ~0u;
	bpf_loop(POLICY_DAEMONS_MAX, match_daemon, &match, 0);
	return match.wants;
}

/* kernel/auditsc.c, audit_match_perm: an open is judged by its access mode, the rest by the rule's
 * syscalls. */
static __always_inline uint32_t open_perm(uint32_t arch, int32_t syscall, uint64_t args[6])
{
	static const uint8_t access[4] = {4, 2, 6, 6};
	uint64_t flags = 0;

	if (arch == POLICY_ARCH_32 && syscall == 102 /* socketcall */)
		return args[0] == 2 /* SYS_BIND */ ? 2 : 0;
	switch (shape_of(arch, syscall)->open) {
	case OPEN_FLAGS_2:
		flags = args[1];
		break;
	case OPEN_FLAGS_3:
		flags = args[2];
		break;
	case OPEN_HOW:
		bpf_probe_read_user(&flags, sizeof(flags),
				    (void *)(arch == POLICY_ARCH_32 ? (uint32_t)args[2] : args[2]));
		break;
	default:
		return ~0u;
	}
	return access[flags & 3];
}

static __always_inline void subject_fill(struct subject *subject, uint32_t arch, int32_t syscall,
					 uint64_t args[6], int64_t result, bool no_result)
{
	struct process_key *key = &subject->key;
	uint32_t *value = subject->value;

	subject->no_result = no_result;
	value[RULE_FIELD_PID] = key->tgid;
	value[RULE_FIELD_PPID] = key->ppid;
	value[RULE_FIELD_UID] = key->uid;
	value[RULE_FIELD_EUID] = key->euid;
	value[RULE_FIELD_SUID] = key->suid;
	value[RULE_FIELD_FSUID] = key->fsuid;
	value[RULE_FIELD_GID] = key->gid;
	value[RULE_FIELD_EGID] = key->egid;
	value[RULE_FIELD_SGID] = key->sgid;
	value[RULE_FIELD_FSGID] = key->fsgid;
	value[RULE_FIELD_AUID] = key->auid;
	value[RULE_FIELD_SESSION] = key->ses;
	value[RULE_FIELD_PERS] = key->personality;
	value[RULE_FIELD_EXIT] = (uint32_t)result;
	value[RULE_FIELD_SUCCESS] = result < 0 && result >= -4095 ? 2 : 1;
	value[RULE_FIELD_A0] = args[0];
	value[RULE_FIELD_A1] = args[1];
	value[RULE_FIELD_A2] = args[2];
	value[RULE_FIELD_A3] = args[3];
	value[RULE_FIELD_PERM] = open_perm(arch, syscall, args);
}

#endif
