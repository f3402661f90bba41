/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sets of rules, and how a value leads to one: the lines of a table. What is declared and not
 * defined here is the includer's; judge.h says what it is.
 */
#ifndef NESTAUDIT_ROWS_H
#define NESTAUDIT_ROWS_H

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
	uint64_t other[TABLE_WORDS];
	uint32_t value[32]; /* of the event, in the kernel's numbers: enum rule_field */
	uint32_t no_result; /* the syscall does not return */
	uint32_t ruleset;
	uint64_t view;
	uint32_t instance;
	uint32_t version;
	uint32_t rows;
	uint32_t words;
	uint32_t uncertain; /* some field could not be told: rules in `met` may not match */
	uint32_t next;      /* line of the next block; 0: none */
	uint32_t pad;
};

/* A table: its map, and of that the first page. */
struct table {
	void *map;
	struct table_page *first;
};

static __always_inline struct judge *judge_memory(void);
static __always_inline bool judge_table(struct judge *j, struct table *table);
static __always_inline struct table_page *table_page(struct table *table, uint32_t number);
static __always_inline void table_asked(struct table *table, uint32_t number);
static __always_inline uint64_t judge_value(struct judge *j, uint32_t field);
static __always_inline uint32_t judge_count(struct judge *j, uint32_t field);
static __always_inline uint64_t judge_member(struct judge *j, uint32_t field, uint32_t number);
static __always_inline uint32_t judge_hits(bool exe);
static __always_inline struct watch_paths *judge_hit(struct judge *j, uint32_t number, bool exe);
static __always_inline bool judge_is_file(uint32_t number, bool exe);

/* A table while it is gone through, and one field of it. */
struct judge_walk {
	struct table table;
	struct judge *j;
	struct table_line *list; /* steps of the cell */
	struct table_step *step;
	struct watch_paths *paths;
	uint32_t steps;
	uint32_t at; /* the line of `step` */
	uint32_t value;
	uint32_t exe;
	uint32_t is_file;
};

/* A line of a table; NULL beyond its end. */
static __always_inline struct table_line *table_line(struct table *table, uint32_t number)
{
	struct table_page *page = table->first;

	table_asked(table, number);
	if (number >= TABLE_PAGE)
		page = table_page(table, number / TABLE_PAGE);
	if (!page)
		return NULL;
	/* Or the compiler goes to the line first, and asks then. */
	asm volatile("" : "+r"(page));
	return &page->line[number & (TABLE_PAGE - 1)];
}

/* Does `operation` with each word of a row; it finds the row in `words`. */
#define JUDGE_EACH_WORD(table, j, row, operation)                                                  \
	do {                                                                                       \
		uint32_t word = (row) * (j)->words;                                                \
		struct table_line *line = table_line(table, (j)->rows + word / TABLE_WORDS);       \
		if (!line)                                                                         \
			break;                                                                     \
		if ((j)->words == 1) {                                                             \
			uint64_t *words = &line->words[word & 7];                                  \
			operation(0);                                                              \
		} else if ((j)->words == 2) {                                                      \
			uint64_t *words = &line->words[word & 6];                                  \
			operation(0) operation(1);                                                 \
		} else {                                                                           \
			uint64_t *words = &line->words[word & 4];                                  \
			operation(0) operation(1) operation(2) operation(3);                       \
			if ((j)->words == 8) {                                                     \
				words = line->words;                                               \
				operation(4) operation(5) operation(6) operation(7);               \
			}                                                                          \
		}                                                                                  \
	} while (0)

#define JUDGE_KEEP(i)   j->met[i] &= words[i];
#define JUDGE_ADD(i)    j->hit[i] |= words[i];
#define JUDGE_REMOVE(i) j->met[i] &= ~words[i];
#define JUDGE_OTHER(i)  j->other[i] = words[i];
#define JUDGE_ANY(i)    j->hit[i] |= j->other[i] & words[i];
#define JUDGE_ALL(i)    j->hit[i] &= j->other[i] | ~words[i];
#define JUDGE_UNSURE(i) unsure |= j->met[i] & words[i];

static __always_inline void judge_keep(struct table *table, struct judge *j, uint32_t row)
{
	JUDGE_EACH_WORD(table, j, row, JUDGE_KEEP);
}

enum judge_operation {
	OPERATION_BEGIN,  /* hit: the row */
	OPERATION_ADD,    /* … and this one */
	OPERATION_REMOVE, /* met: not the row */
	OPERATION_OTHER,  /* other: the row */
	OPERATION_ANY,    /* hit: and what is in `other`, as far as it is in the row */
	OPERATION_ALL,    /* hit: only what is in `other`, as far as it is in the row */
	OPERATION_UNSURE, /* 1 if some rule of the row is left */
};

/*
 * What is done with rows where there are many. Not static: verified once, while what is inlined is
 * verified for every way to it, of which Linux 6.1 finds too many.
 */
__noinline uint32_t judge_row(uint32_t row, uint32_t operation)
{
	struct judge *j = judge_memory();
	struct table found = {}, *table = &found;
	uint64_t unsure = 0;

	if (!j || row == JUDGE_NO_ROW || !judge_table(j, table))
		return 0;
	switch (operation) {
	case OPERATION_BEGIN:
#pragma unroll
		for (uint32_t i = 0; i < TABLE_WORDS; i++)
			j->hit[i] = 0;
		/* Fallthrough. */
	case OPERATION_ADD:
		JUDGE_EACH_WORD(table, j, row, JUDGE_ADD);
		break;
	case OPERATION_REMOVE:
		JUDGE_EACH_WORD(table, j, row, JUDGE_REMOVE);
		break;
	case OPERATION_OTHER:
		JUDGE_EACH_WORD(table, j, row, JUDGE_OTHER);
		break;
	case OPERATION_ANY:
		JUDGE_EACH_WORD(table, j, row, JUDGE_ANY);
		break;
	case OPERATION_ALL:
		JUDGE_EACH_WORD(table, j, row, JUDGE_ALL);
		break;
	case OPERATION_UNSURE:
		JUDGE_EACH_WORD(table, j, row, JUDGE_UNSURE);
	}
	return unsure != 0;
}

/* Whether a rule is left that is in the line. */
static __always_inline bool judge_asks(struct judge *j, struct table_line *askers)
{
	uint64_t asks = (j->met[0] & askers->words[0]) | (j->met[1] & askers->words[1]);

	if (j->words > 2)
#pragma unroll
		for (uint32_t i = 2; i < TABLE_WORDS; i++)
			asks |= j->met[i] & askers->words[i];
	return asks;
}

static __always_inline bool judge_is_over(struct judge *j)
{
	uint64_t left = j->met[0] | j->met[1];

	if (j->words > 2)
		left |= j->met[2] | j->met[3] | j->met[4] | j->met[5] | j->met[6] | j->met[7];
	return !left;
}

static __always_inline void judge_keep_hits(struct judge *j)
{
#pragma unroll
	for (uint32_t i = 0; i < TABLE_WORDS; i++)
		j->met[i] &= j->hit[i];
}

/* A number of a list of them that begins at line `first`. */
static __always_inline uint32_t judge_number(struct table *table, uint32_t first, uint32_t index)
{
	struct table_line *line = table_line(table, first + index / 32);

	return line ? line->numbers[index & 31] : JUDGE_NO_ROW;
}

/* 1 if `bound` is not above `value`; without a jump, which the compiler would make of a comparison.
 */
static __always_inline uint64_t judge_reaches(uint32_t bound, uint64_t value)
{
	uint64_t below = (uint64_t)bound - value - 1;

	asm volatile("" : "+r"(below));
	return below >> 63;
}

/* How many bounds of a line of a tree are not above `value`. */
static __always_inline uint32_t judge_rank(struct table *table, uint32_t number, uint64_t value)
{
	struct table_line *line = table_line(table, number);
	uint64_t count = 0;

	if (!line)
		return 0;
#pragma unroll
	for (uint32_t i = 0; i < TABLE_KEYS; i++)
		count += judge_reaches(line->values[i], value);
	return count < line->values[TABLE_KEYS] ? count : line->values[TABLE_KEYS];
}

/* The row of the interval that a value belongs to, in a tree. */
static __always_inline uint32_t judge_tree(struct table *table, struct table_step *step,
					   uint32_t value)
{
	uint32_t node = 0;

	if (value < step->low)
		return step->below;
	if (value >= step->high)
		return step->above;
	if (step->depth > 2)
		node = judge_rank(table, step->first, value);
	if (step->depth > 1) {
		uint32_t line = step->depth > 2 ? step->first + 1 + node : step->first;
		node = node * TABLE_FANOUT + judge_rank(table, line, value);
	}
	uint32_t interval = node * TABLE_KEYS + judge_rank(table, step->leaves + node, value);
	return judge_number(table, step->rows, interval);
}

/* Likewise, in the step itself. */
static __always_inline uint32_t judge_few(struct table_step *step, uint32_t value)
{
	uint64_t count = 0;

#pragma unroll
	for (uint32_t i = 0; i < TABLE_FEW_MAX; i++)
		count += judge_reaches(step->bound[i], value);
	if (count > step->count)
		count = step->count;
	/* Or the compiler leaves the mask out, and Linux 6.1 sees no bound. */
	asm volatile("" : "+r"(count));
	return step->row[count & TABLE_FEW_MAX];
}

#endif
