/* SPDX-License-Identifier: GPL-2.0 */
/* bpf/lib/judge.h outside of the kernel: the code by which BPF reads a ruleset's table, on a table
 * in memory. */
#ifndef CTABLEREADER_H
#define CTABLEREADER_H

#include "../../../bpf/policy.h"
#include "../../../bpf/table.h"
#include "../../../bpf/watch.h"

#define READER_HITS_MAX 16 /* JUDGE_HITS_MAX */

enum reader_answer { READER_KNOWN, READER_UNKNOWN, READER_NONE, READER_ALL };

/* A key of watches that an event has. */
struct reader_hit {
	uint8_t found;
	uint8_t is_file;
	struct watch_paths paths;
};

struct reader_event {
	uint32_t value[RULE_FIELDS];
	uint8_t answer[RULE_FIELDS]; /* enum reader_answer */
	uint32_t names;              /* how many of name[] hold; ~0: not known */
	uint32_t exes;
	struct reader_hit name[READER_HITS_MAX];
	struct reader_hit exe[READER_HITS_MAX];
};

/*
 * Whether the table may want the event of this cell, POLICY_SYSCALLS * arch + syscall. *outside
 * gets how many lines were asked for that the table does not have.
 */
uint32_t reader_wants(const struct table_line *lines, uint32_t count,
		      const struct reader_event *event, uint32_t cell, uint32_t *outside);

#endif
