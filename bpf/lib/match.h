/* SPDX-License-Identifier: GPL-2.0 */
/* The rules of every daemon of a chain against one event: a bit for each daemon that may want it.
 */
#ifndef NESTAUDIT_MATCH_H
#define NESTAUDIT_MATCH_H

#include "members.h"

static __always_inline struct judge *judge_memory(void)
{
	struct subject *subject = subject_memory();

	return subject ? &subject->judge : NULL;
}

static __always_inline bool judge_table(struct judge *j, struct table *table)
{
	uint32_t ruleset = j->ruleset, zero = 0;

	table->map = bpf_map_lookup_elem(&rulesets, &ruleset);
	if (!table->map)
		return false;
	table->first = bpf_map_lookup_elem(table->map, &zero);
	return table->first;
}

static __always_inline struct table_page *table_page(struct table *table, uint32_t number)
{
	return bpf_map_lookup_elem(table->map, &number);
}

static __always_inline void table_asked(struct table *table, uint32_t number)
{
}

static __always_inline uint64_t judge_value(struct judge *j, uint32_t field)
{
	return subject_value(j->view, field);
}

static __always_inline uint32_t judge_count(struct judge *j, uint32_t field)
{
	return subject_count(j->view, field);
}

static __always_inline uint64_t judge_member(struct judge *j, uint32_t field, uint32_t number)
{
	return subject_member(j->view, field, number);
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

/* Makes a daemon of a policy the one that is asked. */
static __always_inline void judge_daemon(struct judge *j, struct policy_entry *entry,
					 uint32_t number)
{
	struct policy_daemon *daemon = &entry->daemon[number & (POLICY_DAEMONS_MAX - 1)];

	j->ruleset = daemon->ruleset;
	j->instance = daemon->instance;
	j->view = daemon->view;
}

/* The bits of the daemons of `policy` that may want this syscall; those in `muted` do not. */
__noinline uint32_t match_policy(uint32_t policy, uint32_t cell, uint32_t muted)
{
	struct policy_entry *entry = bpf_map_lookup_elem(&policies, &policy);
	struct judge *j = judge_memory();
	uint32_t wants = 0;

	if (policy == POLICY_UNDECIDED || !entry || !j)
		return ~0u;
	for (uint32_t i = 0; i < POLICY_DAEMONS_MAX && i < entry->daemons; i++) {
		if (muted >> i & 1)
			continue;
		judge_daemon(j, entry, i);
		/* No comparison: Linux 6.1 would go through every set of bits. */
		wants |= (judge_says(j, cell) & SAYS_WANTED) << i;
	}
	return wants | entry->more << POLICY_MORE_BIT;
}

/* The bits of the daemons of `policy` whose task list keeps a task out that is made now. */
__noinline uint32_t match_never(uint32_t policy)
{
	struct policy_entry *entry = bpf_map_lookup_elem(&policies, &policy);
	struct judge *j = judge_memory();
	uint32_t never = 0;

	if (policy == POLICY_UNDECIDED || !entry || !j)
		return 0;
	for (uint32_t i = 0; i < POLICY_DAEMONS_MAX && i < entry->daemons; i++) {
		judge_daemon(j, entry, i);
		never |= (judge_says(j, TABLE_CELL_TASK) / SAYS_NEVER & 1) << i;
	}
	return never;
}

#endif
