/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whether a ruleset may want an event: reads a table as table.h describes it. Nothing here knows of
 * BPF maps or of tasks, so that tests run the very same code outside of the kernel. Who includes it
 * defines
 *
 *   judge_memory()                       the CPU's struct judge
 *   judge_table(judge, table)            finds the table of judge->ruleset; false if there is none
 *   table_page(table, number)            that page of it, NULL beyond its end
 *   table_asked(table, number)           is told of every line that is asked for
 *   judge_value(judge, field)            what the event has: JUDGE_ANSWER
 *   judge_count(judge, field)            how many it has of what there may be several of;
 *                                        JUDGE_UNKNOWN if that is not known
 *   judge_member(judge, field, number)   one of them: JUDGE_ANSWER
 *   judge_hits(exe)                      how many keys of watches the event's names have, or its
 *                                        program; JUDGE_UNKNOWN if that is not known
 *   judge_hit(judge, number, exe)        the paths that one of them stands for, or NULL
 *   judge_is_file(number, exe)           whether it is the file itself, not a directory above it
 */
#ifndef NESTAUDIT_JUDGE_H
#define NESTAUDIT_JUDGE_H

#include "rows.h"

static long judge_bit(uint32_t bit, struct judge_walk *f)
{
	bool set = f->value >> (bit & 31) & 1;

	judge_row(judge_number(&f->table, f->step->rows + !set, bit),
		  set ? OPERATION_ADD : OPERATION_REMOVE);
	return 0;
}

/* The rules whose path is one of those that a key of the event stands for. */
static long judge_path(uint32_t index, struct judge_walk *f)
{
	if (index >= WATCH_PATHS_MAX)
		return 1;
	uint32_t path = f->paths->path[index];
	if (!f->is_file && (f->exe || !(path & WATCH_BELOW)))
		return 0;
	path &= ~WATCH_BELOW;
	if (f->exe) {
		judge_row(judge_number(&f->table, f->step->rows, 2 * path + 1), OPERATION_REMOVE);
		path = 2 * path;
	}
	judge_row(judge_number(&f->table, f->step->rows, path), OPERATION_ADD);
	return 0;
}

static long judge_key(uint32_t number, struct judge_walk *f)
{
	struct watch_paths *paths = judge_hit(f->j, number, f->exe);

	if (!paths)
		return 0;
	uint32_t count = paths->count;
	if (count > WATCH_PATHS_MAX) {
		f->j->uncertain = 1;
		return 1;
	}
	f->paths = paths;
	f->is_file = judge_is_file(number, f->exe);
	bpf_loop(count, judge_path, f, 0);
	return 0;
}

static __always_inline void judge_watches(struct judge_walk *f, struct table_step *step)
{
	uint32_t hits = judge_hits(f->exe);

	if (hits == JUDGE_UNKNOWN) {
		f->j->uncertain = 1;
		return;
	}
	if (!hits) {
		judge_keep(&f->table, f->j, step->none);
		return;
	}
	uint32_t before = f->j->uncertain;
	f->j->uncertain = 0;
	judge_row(step->none, OPERATION_BEGIN);
	f->step = step;
	bpf_loop(hits, judge_key, f, 0);
	/* What was found may not be all. */
	if (!f->j->uncertain)
		judge_keep_hits(f->j);
	f->j->uncertain |= before;
}

/* judge_tree() of the step at a line; verified once. */
__noinline uint32_t judge_interval(uint32_t at, uint32_t value)
{
	struct judge *j = judge_memory();
	struct table table = {};

	if (!j || !judge_table(j, &table))
		return JUDGE_NO_ROW;
	struct table_line *line = table_line(&table, at);
	return line ? judge_tree(&table, &line->step, value) : JUDGE_NO_ROW;
}

/* One more of what an event has several of. */
static long judge_another(uint32_t index, struct judge_walk *f)
{
	struct judge *j = f->j;
	struct table_step *step = f->step;
	uint64_t answer = judge_member(j, step->field, index + 1);

	if (answer >> 32 != ANSWER_KNOWN) {
		f->value = 1;
		return 1;
	}
	judge_row(judge_interval(f->at, answer), OPERATION_OTHER);
	judge_row(step->any, OPERATION_ANY);
	judge_row(step->all, OPERATION_ALL);
	return 0;
}

static __always_inline void judge_set(struct judge_walk *f, struct table_step *step)
{
	struct judge *j = f->j;
	uint32_t count = judge_count(j, step->field);
	uint64_t first = 0;

	if (count && count != JUDGE_UNKNOWN)
		first = judge_member(j, step->field, 0);
	if (count == JUDGE_UNKNOWN || first >> 32 != ANSWER_KNOWN) {
		j->uncertain = 1;
		return;
	}
	judge_row(count ? judge_interval(f->at, first) : step->none, OPERATION_BEGIN);
	if (!count)
		judge_row(step->all, OPERATION_ADD);
	if (count > 1) {
		f->step = step;
		f->value = 0;
		bpf_loop(count - 1, judge_another, f, 0);
		/* They are not ruled out, and nor is what stands behind them. */
		if (f->value || judge_row(step->unsure, OPERATION_UNSURE)) {
			j->uncertain = 1;
			judge_row(step->unsure, OPERATION_ADD);
		}
		if (f->value)
			return;
	}
	judge_keep_hits(j);
}

static __always_inline bool judge_is_plain(struct judge *j, uint32_t plain)
{
	return plain & TABLE_PLAIN || (plain & TABLE_PLAIN_HOST && !j->view) ||
	       (plain & TABLE_PLAIN_RESULT && !j->no_result);
}

/* Rules out the rules that one field of the event does not let match; 1 once none is left. */
static long judge_step(uint32_t index, struct judge_walk *f)
{
	struct judge *j = f->j;
	uint32_t at = f->steps + 2 * f->list->bytes[(index + 1) & 63];
	struct table_line *line = table_line(&f->table, at);
	struct table_line *askers = table_line(&f->table, at + 1);

	if (!line || !askers)
		return 1;
	if (!judge_asks(j, askers))
		return 0;
	struct table_step *step = &line->step;
	uint32_t kind = step->kind;
	uint64_t answer;
	if (kind == TABLE_SET) {
		f->at = at;
		judge_set(f, step);
		return judge_is_over(j);
	}
	if (kind >= TABLE_NAMES) {
		f->exe = kind == TABLE_EXE;
		judge_watches(f, step);
		return judge_is_over(j);
	}
	if (judge_is_plain(j, step->plain))
		answer = JUDGE_ANSWER(ANSWER_KNOWN, j->value[step->field & 31]);
	else
		answer = judge_value(j, step->field);
	uint32_t value = answer, row = step->none;
	switch (answer >> 32) {
	case ANSWER_UNKNOWN:
		j->uncertain = 1;
		return 0;
	case ANSWER_ALL:
		return 0;
	case ANSWER_KNOWN:
		if (kind == TABLE_FEW) {
			row = judge_few(step, value);
		} else if (kind == TABLE_VALUE) {
			row = judge_tree(&f->table, step, value);
		} else {
			f->value = value;
			f->step = step;
			judge_row(row, OPERATION_BEGIN);
			bpf_loop(32, judge_bit, f, 0);
			judge_keep_hits(j);
			return judge_is_over(j);
		}
		break;
	}
	judge_keep(&f->table, j, row);
	return judge_is_over(j);
}

/* What rules say of an event; each a bit of its own. */
enum judge_says {
	SAYS_NOTHING = 0,
	SAYS_WANTED = 1, /* maybe */
	SAYS_NEVER = 2,  /* surely */
};

/* Of what may match: is there a rule that records, before the first that surely ends the search? */
static __always_inline uint32_t judge_verdict(struct table *table, struct judge *j, uint32_t masks)
{
	struct table_line *records = table_line(table, masks);
	struct table_line *ends = table_line(table, masks + 1);

	if (!records || !ends)
		return SAYS_WANTED;
	for (uint32_t i = 0; i < TABLE_WORDS && i < j->words; i++) {
		uint64_t met = j->met[i];
		uint64_t record = met & records->words[i];
		uint64_t end = j->uncertain ? 0 : met & ends->words[i];
		if (end)
			return record & ((end & -end) - 1) ? SAYS_WANTED : SAYS_NEVER;
		if (record)
			return SAYS_WANTED;
	}
	return SAYS_NOTHING;
}

/* Goes through the rules of one block for a cell; as judge_verdict(). */
static __always_inline uint32_t judge_rules(struct judge_walk *walk, struct table_block *block,
					    uint32_t cell)
{
	struct table *table = &walk->table;
	struct judge *j = walk->j;
	uint32_t number = judge_number(table, block->cells, cell);

	if (!number)
		return SAYS_NOTHING;
	uint32_t at = block->cell + 2 * (number - 1);
	struct table_line *rules = table_line(table, at);
	walk->list = table_line(table, at + 1);
	if (!rules || !walk->list)
		return SAYS_WANTED;
#pragma unroll
	for (uint32_t i = 0; i < TABLE_WORDS; i++)
		j->met[i] = rules->words[i];
	j->rows = block->rows;
	j->words = block->words;
	j->uncertain = 0;
	walk->steps = block->steps;
	bpf_loop(walk->list->bytes[0] & 63, judge_step, walk, 0);
	return judge_is_over(j) ? SAYS_NOTHING : judge_verdict(table, j, block->masks);
}

/*
 * Likewise, of the ruleset of judge_memory(); `at` is the block's line, 0 for the first. Not
 * static: verified once, not at every call.
 */
__noinline uint32_t judge_block(uint32_t cell, uint32_t at)
{
	struct judge *j = judge_memory();
	struct judge_walk walk = {.j = j};

	if (!j || !judge_table(j, &walk.table))
		return SAYS_WANTED;
	struct table_line *line = table_line(&walk.table, at);
	if (!line || (line->block.passes && cell < TABLE_CELL_TASK))
		return SAYS_WANTED;
	/* The table may have been replaced since the block before. */
	if (at && line->block.version != j->version)
		return SAYS_WANTED;
	j->version = line->block.version;
	j->next = line->block.next;
	return judge_rules(&walk, &line->block, cell & 2047);
}

/* What the ruleset of judge_memory() says of an event of this cell. */
static __always_inline uint32_t judge_says(struct judge *j, uint32_t cell)
{
	uint32_t at = 0;

	for (uint32_t n = 0; n < TABLE_BLOCKS_MAX; n++) {
		uint32_t says = judge_block(cell, at);
		if (says != SAYS_NOTHING)
			return says;
		at = j->next;
		if (!at)
			return SAYS_NOTHING;
	}
	return SAYS_WANTED;
}

#endif
