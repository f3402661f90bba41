/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whether a ruleset may want an event: reads a table as table.h describes it. Nothing here knows of
 * BPF maps or of tasks, so that tests run the very same code outside of the kernel. Who includes it
 * defines
 *
 *   judge_memory()                    the CPU's struct judge
 *   judge_table(judge)                the table of judge->ruleset, NULL if there is none
 *   table_line(table, number)         that line of it, NULL beyond its end
 *   judge_value(judge, field)         what the event has: JUDGE_ANSWER
 *   judge_hits(exe)                   how many keys of watches the event's names have, or its
 *                                     program; JUDGE_UNKNOWN if that is not known
 *   judge_hit(judge, number, exe)     the paths that one of them stands for, or NULL
 *   judge_is_file(number, exe)        whether it is the file itself, not a directory above it
 *
 * The functions that are not static are verified once, instead of at every call.
 */
#ifndef NESTAUDIT_JUDGE_H
#define NESTAUDIT_JUDGE_H

#include "policy.h"
#include "table.h"
#include "watch.h"

#define JUDGE_UNKNOWN  (~0u)
#define JUDGE_HITS_MAX 16
#define JUDGE_NO_ROW   0xffff

enum judge_answer {
	ANSWER_KNOWN,
	ANSWER_UNKNOWN, /* only the collector can tell */
	ANSWER_NONE,    /* the event has no such thing: no condition on it is met */
	ANSWER_ALL,     /* every condition on it is met */
};

#define JUDGE_ANSWER(answer, value) ((uint64_t)(answer) << 32 | (value))

/* One ruleset against one event; one a CPU. */
struct judge {
	uint64_t met[TABLE_WORDS]; /* rules not ruled out yet */
	uint64_t hit[TABLE_WORDS]; /* rules put together for one field */
	uint64_t view;
	uint32_t ruleset;
	uint32_t instance;
	uint32_t version;
	uint32_t list; /* line of the cell's fields */
	uint32_t fields;
	uint32_t rows;
	uint32_t words;
	uint32_t uncertain; /* some field could not be told: rules in `met` may not match */
};

static __always_inline struct judge *judge_memory(void);
static __always_inline void *judge_table(struct judge *j);
static __always_inline struct table_line *table_line(void *table, uint32_t number);
static __always_inline uint64_t judge_value(struct judge *j, uint32_t field);
static __always_inline uint32_t judge_hits(bool exe);
static __always_inline struct watch_paths *judge_hit(struct judge *j, uint32_t number, bool exe);
static __always_inline bool judge_is_file(uint32_t number, bool exe);

/* One field while it is looked at. */
struct judge_look {
	void *table;
	struct judge *j;
	struct watch_paths *paths;
	uint32_t value;
	uint32_t lists; /* table_field.rows */
	uint32_t exe;
	uint32_t is_file;
};

/* The line of a row, and the word of it at which the row begins. */
static __always_inline struct table_line *judge_row(void *table, struct judge *j, uint32_t row,
						    uint32_t *at)
{
	uint32_t word = row * j->words;

	*at = word & (TABLE_WORDS - 1);
	return table_line(table, j->rows + word / TABLE_WORDS);
}

static __always_inline void judge_keep(void *table, struct judge *j, uint32_t row)
{
	uint32_t at;
	struct table_line *line = judge_row(table, j, row, &at);

	if (!line)
		return;
#pragma unroll
	for (uint32_t i = 0; i < TABLE_WORDS; i++)
		j->met[i] &= line->words[(at + i) & (TABLE_WORDS - 1)];
}

static __always_inline void judge_add(void *table, struct judge *j, uint32_t row)
{
	uint32_t at;
	struct table_line *line = judge_row(table, j, row, &at);

	if (!line)
		return;
#pragma unroll
	for (uint32_t i = 0; i < TABLE_WORDS; i++)
		j->hit[i] |= line->words[(at + i) & (TABLE_WORDS - 1)];
}

static __always_inline void judge_remove(void *table, struct judge *j, uint32_t row)
{
	uint32_t at;
	struct table_line *line = judge_row(table, j, row, &at);

	if (!line)
		return;
#pragma unroll
	for (uint32_t i = 0; i < TABLE_WORDS; i++)
		j->met[i] &= ~line->words[(at + i) & (TABLE_WORDS - 1)];
}

static __always_inline void judge_begin_hits(void *table, struct judge *j, uint32_t none)
{
#pragma unroll
	for (uint32_t i = 0; i < TABLE_WORDS; i++)
		j->hit[i] = 0;
	judge_add(table, j, none);
}

static __always_inline void judge_keep_hits(struct judge *j)
{
#pragma unroll
	for (uint32_t i = 0; i < TABLE_WORDS; i++)
		j->met[i] &= j->hit[i];
}

/* A number of a list of them that begins at line `first`. */
static __always_inline uint32_t judge_number(void *table, uint32_t first, uint32_t index)
{
	struct table_line *line = table_line(table, first + index / 32);

	return line ? line->numbers[index & 31] : JUDGE_NO_ROW;
}

/* How many bounds of a line of a tree are not above `value`; without a branch. */
static __always_inline uint32_t judge_rank(void *table, uint32_t number, uint64_t value)
{
	struct table_line *line = table_line(table, number);
	uint64_t count = 0;

	if (!line)
		return 0;
#pragma unroll
	for (uint32_t i = 0; i < TABLE_KEYS; i++) {
		uint64_t below = (uint64_t)line->values[i] - value - 1;
		asm volatile("" : "+r"(below)); /* or the compiler makes it a jump */
		count += below >> 63;
	}
	return count < line->values[TABLE_KEYS] ? count : line->values[TABLE_KEYS];
}

static __always_inline void judge_interval(void *table, struct judge *j, struct table_field *field,
					   uint32_t value)
{
	uint32_t node = 0;

	if (field->depth > 2)
		node = judge_rank(table, field->first, value);
	if (field->depth > 1) {
		uint32_t line = field->depth > 2 ? field->first + 1 + node : field->first;
		node = node * TABLE_FANOUT + judge_rank(table, line, value);
	}
	uint32_t interval = node * TABLE_KEYS + judge_rank(table, field->leaves + node, value);
	judge_keep(table, j, judge_number(table, field->rows, interval));
}

static long judge_bit(uint32_t bit, struct judge_look *f)
{
	bool set = f->value >> (bit & 31) & 1;
	uint32_t row = judge_number(f->table, f->lists + !set, bit);

	if (row == JUDGE_NO_ROW)
		return 0;
	if (set)
		judge_add(f->table, f->j, row);
	else
		judge_remove(f->table, f->j, row);
	return 0;
}

/* The rules whose path is one of those that a key of the event stands for. */
static long judge_path(uint32_t index, struct judge_look *f)
{
	if (index >= WATCH_PATHS_MAX)
		return 1;
	uint32_t path = f->paths->path[index];
	if (!f->is_file && (f->exe || !(path & WATCH_BELOW)))
		return 0;
	path &= ~WATCH_BELOW;
	if (f->exe) {
		uint32_t row = judge_number(f->table, f->lists, 2 * path + 1);
		if (row != JUDGE_NO_ROW)
			judge_remove(f->table, f->j, row);
		path = 2 * path;
	}
	uint32_t row = judge_number(f->table, f->lists, path);
	if (row != JUDGE_NO_ROW)
		judge_add(f->table, f->j, row);
	return 0;
}

static long judge_key(uint32_t number, struct judge_look *f)
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

static __always_inline void judge_watches(struct judge_look *f, uint32_t none)
{
	uint32_t hits = judge_hits(f->exe);

	if (hits == JUDGE_UNKNOWN) {
		f->j->uncertain = 1;
		return;
	}
	uint32_t before = f->j->uncertain;
	f->j->uncertain = 0;
	judge_begin_hits(f->table, f->j, none);
	bpf_loop(hits, judge_key, f, 0);
	/* What was found may not be all. */
	if (!f->j->uncertain)
		judge_keep_hits(f->j);
	f->j->uncertain |= before;
}

enum judge_progress {
	JUDGE_GONE, /* the table has been replaced */
	JUDGE_GOES_ON,
	JUDGE_NOTHING, /* no rule of the block is left */
};

static __always_inline uint32_t judge_left(struct judge *j)
{
	uint64_t left = 0;

#pragma unroll
	for (uint32_t i = 0; i < TABLE_WORDS; i++)
		left |= j->met[i];
	return left ? JUDGE_GOES_ON : JUDGE_NOTHING;
}

/*
 * The table of the ruleset, as long as it is the one that the event was begun with: it may have
 * been replaced meanwhile.
 */
static __always_inline void *judge_same_table(struct judge *j)
{
	void *table = judge_table(j);
	struct table_line *head = table ? table_line(table, 0) : NULL;

	return head && head->block.version == j->version ? table : NULL;
}

/* Rules out the rules that one field of the event does not let match; enum judge_progress. */
__noinline uint32_t judge_field(uint32_t index)
{
	struct judge *j = judge_memory();

	if (!j)
		return JUDGE_GONE;
	void *table = judge_same_table(j);
	if (!table)
		return JUDGE_GONE;
	struct table_line *list = table_line(table, j->list);
	if (!list)
		return JUDGE_GONE;
	uint32_t number = list->bytes[(index + 1) & 63];
	struct table_line *line = table_line(table, j->fields + number / 2);
	if (!line)
		return JUDGE_GONE;
	struct table_field *field = &line->fields[number & 1];
	uint32_t kind = field->kind, none = field->none;
	struct judge_look f = {
	    .table = table, .j = j, .lists = field->rows, .exe = kind == TABLE_EXE};
	if (kind == TABLE_NAMES || kind == TABLE_EXE) {
		judge_watches(&f, none);
		return judge_left(j);
	}
	uint64_t answer = judge_value(j, field->field);
	f.value = answer;
	switch (answer >> 32) {
	case ANSWER_UNKNOWN:
		j->uncertain = 1;
		break;
	case ANSWER_NONE:
		judge_keep(table, j, none);
		break;
	case ANSWER_KNOWN:
		if (kind != TABLE_BITS) {
			judge_interval(table, j, field, f.value);
			break;
		}
		judge_begin_hits(table, j, none);
		bpf_loop(32, judge_bit, &f, 0);
		judge_keep_hits(j);
		break;
	default:
		break;
	}
	return judge_left(j);
}

/*
 * Of what may match: is there a rule that records, before the first that surely ends the search?
 * JUDGE_NEXT: neither, the next block tells.
 */
#define JUDGE_NEXT 2
static __always_inline uint32_t judge_verdict(void *table, struct judge *j, uint32_t masks)
{
	struct table_line *records = table_line(table, masks);
	struct table_line *ends = table_line(table, masks + 1);

	if (!records || !ends)
		return 1;
	for (uint32_t i = 0; i < TABLE_WORDS && i < j->words; i++) {
		uint64_t met = j->met[i];
		uint64_t record = met & records->words[i];
		uint64_t end = j->uncertain ? 0 : met & ends->words[i];
		if (end)
			return (record & ((end & -end) - 1)) != 0;
		if (record)
			return 1;
	}
	return JUDGE_NEXT;
}

/* Takes up the rules of one block for a cell; how many fields they ask for. */
static __always_inline uint32_t judge_begin(void *table, struct judge *j, struct table_block *block,
					    uint32_t cell)
{
	uint32_t number = judge_number(table, block->cells, cell);

	if (!number)
		return JUDGE_UNKNOWN;
	uint32_t at = block->cell + 2 * (number - 1);
	struct table_line *rules = table_line(table, at);
	struct table_line *list = table_line(table, at + 1);
	if (!rules || !list)
		return JUDGE_UNKNOWN;
#pragma unroll
	for (uint32_t i = 0; i < TABLE_WORDS; i++)
		j->met[i] = rules->words[i];
	j->list = at + 1;
	j->fields = block->fields;
	j->rows = block->rows;
	j->words = block->words;
	j->uncertain = 0;
	return list->bytes[0] & 63;
}

/*
 * Whether the ruleset of judge_memory() may want an event of this cell, POLICY_SYSCALLS * arch +
 * syscall.
 */
__noinline uint32_t judge_wants(uint32_t cell)
{
	struct judge *j = judge_memory();
	uint32_t at = 0;

	if (!j)
		return 1;
	void *table = judge_table(j);
	if (!table)
		return 1;
	for (uint32_t n = 0; n < TABLE_BLOCKS_MAX; n++) {
		struct table_line *line = table_line(table, at);
		if (!line || line->block.passes)
			return 1;
		struct table_block *block = &line->block;
		j->version = block->version;
		uint32_t fields = judge_begin(table, j, block, cell & 1023);
		if (fields != JUDGE_UNKNOWN) {
			for (uint32_t i = 0; i < TABLE_FIELDS_MAX && i < fields; i++) {
				uint32_t progress = judge_field(i);
				if (progress == JUDGE_GONE)
					return 1;
				if (progress == JUDGE_NOTHING)
					break;
			}
			uint32_t verdict = judge_verdict(table, j, block->masks);
			if (verdict != JUDGE_NEXT)
				return verdict;
		}
		at = block->next;
		if (!at)
			return 0;
	}
	return 1;
}

#endif
