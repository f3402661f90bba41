/* SPDX-License-Identifier: GPL-2.0 */
/* bpf/lib/judge.h outside of the kernel: the code by which BPF reads a ruleset's table, on a table
 * in memory. */
#ifndef CTABLEREADER_H
#define CTABLEREADER_H

#include "../../../bpf/policy.h"
#include "../../../bpf/table.h"
#include "../../../bpf/watch.h"

#define READER_HITS_MAX 16 /* JUDGE_HITS_MAX */

#define READER_SET_MAX 32

enum reader_verdict { READER_NO_RULE, READER_WANTED, READER_KEPT_OUT };

enum reader_answer { READER_KNOWN, READER_UNKNOWN, READER_NONE, READER_ALL };

/* A key of watches that an event has. */
struct reader_hit {
	uint8_t found;
	uint8_t is_file;
	struct watch_paths paths;
};

/* What there may be several of. */
struct reader_set {
	uint32_t count; /* ~0: not known */
	uint32_t member[READER_SET_MAX];
};

struct reader_event {
	uint32_t value[RULE_FIELDS];
	uint8_t answer[RULE_FIELDS]; /* enum reader_answer */
	struct reader_set set[RULE_FIELDS];
	uint64_t is_translated; /* 1: ids are asked for, as in a container's view */
	uint32_t names;         /* how many of name[] hold; ~0: not known */
	uint32_t exes;
	struct reader_hit name[READER_HITS_MAX];
	struct reader_hit exe[READER_HITS_MAX];
};

/*
 * What the table says of the event of this cell. It is in whole pages, of which `count` lines hold;
 * *outside gets how many others were asked for.
 */
enum reader_verdict reader_says(const struct table_line *table, uint32_t count,
				const struct reader_event *event, uint32_t cell, uint32_t *outside);

#endif
