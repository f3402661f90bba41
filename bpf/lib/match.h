/* SPDX-License-Identifier: GPL-2.0 */
/* The rules of every daemon of a chain against one event: a bit for each daemon that may want it.
 */
#ifndef NESTAUDIT_MATCH_H
#define NESTAUDIT_MATCH_H

#include "view.h"

static __always_inline struct judge *judge_memory(void)
{
	struct subject *subject = subject_memory();

	return subject ? &subject->judge : NULL;
}

static __always_inline void *judge_table(struct judge *j)
{
	uint32_t ruleset = j->ruleset;

	return bpf_map_lookup_elem(&rulesets, &ruleset);
}

static __always_inline struct table_line *table_line(void *table, uint32_t number)
{
	return bpf_map_lookup_elem(table, &number);
}

static __always_inline uint64_t judge_value(struct judge *j, uint32_t field)
{
	return subject_value(j->view, field);
}

static __always_inline uint32_t judge_hits(bool exe)
{
	return subject_hits(exe);
}

static __always_inline struct watch_hit *hit_of(uint32_t number, bool exe)
{
	struct subject *subject = subject_memory();

	if (!subject)
		return NULL;
	struct watch_hits *hits = exe ? &subject->exe : &subject->names;
	return &hits->hit[number & (JUDGE_HITS_MAX - 1)];
}

static __always_inline struct watch_paths *judge_hit(struct judge *j, uint32_t number, bool exe)
{
	struct watch_hit *hit = hit_of(number, exe);

	if (!hit)
		return NULL;
	struct watch_key key = {.ino = hit->ino,
				.name = hit->name,
				.dev = hit->dev,
				.instance = j->instance,
				.version = j->version};
	return bpf_map_lookup_elem(&watches, &key);
}

static __always_inline bool judge_is_file(uint32_t number, bool exe)
{
	struct watch_hit *hit = hit_of(number, exe);

	return hit && hit->is_file;
}

/* The bits of the daemons of `policy` that may want this syscall. */
__noinline uint32_t match_policy(uint32_t policy, uint32_t arch, uint32_t syscall)
{
	struct policy_entry *entry = bpf_map_lookup_elem(&policies, &policy);
	struct judge *j = judge_memory();
	uint32_t cell =
	    (arch & (POLICY_ARCHES - 1)) * POLICY_SYSCALLS + (syscall & (POLICY_SYSCALLS - 1));
	uint32_t wants = 0;

	if (policy == POLICY_UNDECIDED || !entry || !j)
		return ~0u;
	for (uint32_t i = 0; i < POLICY_DAEMONS_MAX && i < entry->daemons; i++) {
		struct policy_daemon *daemon = &entry->daemon[i & (POLICY_DAEMONS_MAX - 1)];
		j->ruleset = daemon->ruleset;
		j->instance = daemon->instance;
		j->view = daemon->view;
		wants |= judge_wants(cell) << i;
	}
	return wants;
}

#endif
