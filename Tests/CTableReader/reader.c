/* SPDX-License-Identifier: GPL-2.0 */
#include "CTableReader.h"
#include <stdbool.h>
#include <stddef.h>

#undef __always_inline
#define __always_inline inline __attribute__((always_inline))
#define __noinline      __attribute__((noinline))

typedef long (*reader_step)(uint32_t index, void *context);

static long reader_loop(uint32_t count, reader_step step, void *context)
{
	for (uint32_t i = 0; i < count; i++)
		if (step(i, context))
			return i + 1;
	return count;
}
#define bpf_loop(count, step, context, flags) reader_loop(count, (reader_step)(step), context)

#include "../../bpf/lib/judge.h"

static _Thread_local struct judge judge;
static _Thread_local const struct table_line *lines;
static _Thread_local uint32_t line_count, beyond;
static _Thread_local const struct reader_event *event;

static __always_inline struct judge *judge_memory(void)
{
	return &judge;
}

static __always_inline bool judge_table(struct judge *j, struct table *found)
{
	found->map = (void *)lines;
	found->first = (void *)lines;
	return true;
}

static __always_inline struct table_page *table_page(struct table *table, uint32_t number)
{
	struct table_page *pages = table->map;

	return number * TABLE_PAGE < line_count ? pages + number : NULL;
}

static __always_inline void table_asked(struct table *table, uint32_t number)
{
	beyond += number >= line_count;
}

static __always_inline uint64_t judge_value(struct judge *j, uint32_t field)
{
	field &= RULE_FIELDS - 1;
	return JUDGE_ANSWER(event->answer[field], event->value[field]);
}

static __always_inline uint32_t judge_count(struct judge *j, uint32_t field)
{
	return event->set[field & (RULE_FIELDS - 1)].count;
}

static __always_inline uint64_t judge_member(struct judge *j, uint32_t field, uint32_t number)
{
	const struct reader_set *set = &event->set[field & (RULE_FIELDS - 1)];

	if (number >= READER_SET_MAX)
		return JUDGE_ANSWER(ANSWER_UNKNOWN, 0);
	return JUDGE_ANSWER(ANSWER_KNOWN, set->member[number]);
}

static __always_inline uint32_t judge_hits(bool exe)
{
	return exe ? event->exes : event->names;
}

static __always_inline struct watch_paths *judge_hit(struct judge *j, uint32_t number, bool exe)
{
	const struct reader_hit *hit = exe ? &event->exe[number] : &event->name[number];

	return hit->found ? (struct watch_paths *)&hit->paths : NULL;
}

static __always_inline bool judge_is_file(uint32_t number, bool exe)
{
	return exe ? event->exe[number].is_file : event->name[number].is_file;
}

_Static_assert(READER_HITS_MAX == JUDGE_HITS_MAX, "as many hits");
_Static_assert((int)READER_UNKNOWN == ANSWER_UNKNOWN && (int)READER_ALL == ANSWER_ALL,
	       "the same answers");
_Static_assert((int)READER_WANTED == SAYS_WANTED && (int)READER_KEPT_OUT == SAYS_NEVER,
	       "the same verdicts");

enum reader_verdict reader_says(const struct table_line *table, uint32_t count,
				const struct reader_event *asked, uint32_t cell, uint32_t *outside)
{
	lines = table;
	line_count = count;
	event = asked;
	beyond = 0;
	for (uint32_t field = 0; field < 32; field++)
		judge.value[field] = asked->value[field];
	/* Has the code ask judge_value() for what has no plain value. */
	judge.no_result = asked->answer[RULE_FIELD_EXIT] == READER_NONE;
	judge.view = asked->is_translated;
	uint32_t verdict = judge_says(&judge, cell);
	*outside = beyond;
	return verdict;
}
