/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0 */
/*
 * A ruleset as BPF reads it: lines of 64 bytes, in an array map of its own that is never changed
 * once `rulesets` names it. An element of the map is a page of lines: what is asked first is on the
 * first page, and found without another lookup.
 *
 * A table is one or more blocks of at most TABLE_RULES rules, in the rules' order. In a block every
 * rule is a bit, and a row is a set of rules. For an event the cell of its syscall gives the rules
 * that name it and the fields they ask for; for each field the event's value gives the row of the
 * rules that the value lets match. What is in all of these rows matches. The number of steps
 * depends on the fields that the rules of one syscall use, not on how many rules there are.
 *
 * Numbers of lines count from the start of the table. Rows are packed: row n begins at word
 * n * words of the lines from `rows` on.
 */
#ifndef NESTAUDIT_TABLE_H
#define NESTAUDIT_TABLE_H

#include "policy.h"

#define TABLE_PAGE       128 /* lines */
#define TABLE_RULES      512 /* in one block */
#define TABLE_WORDS      8   /* of 64 bits in a row, at most */
#define TABLE_BLOCKS_MAX 8
#define TABLE_LINES_MAX  131072 /* 8 MiB */
#define TABLE_ROWS_MAX   65535  /* different rows in a block */
#define TABLE_FANOUT     16     /* lines below a line of a tree */
#define TABLE_KEYS       15     /* values in a line of a tree */
#define TABLE_DEPTH_MAX  3
#define TABLE_VALUES_MAX 3840  /* of one field: what a tree of TABLE_DEPTH_MAX holds */
#define TABLE_PATHS_MAX  32767 /* of one ruleset */

/* A cell is POLICY_SYSCALLS * arch + syscall, or this: the task list, asked when a task is made. */
#define TABLE_CELL_TASK 1024
#define TABLE_CELLS     1025

/* What an event has and rules ask for; numbers are unsigned, 32 bits: kernel/auditfilter.c,
 * audit_comparator. */
enum rule_field {
	RULE_FIELD_PID = 1, /* in the daemon's view, as all ids below */
	RULE_FIELD_PPID,
	RULE_FIELD_UID,
	RULE_FIELD_EUID,
	RULE_FIELD_SUID,
	RULE_FIELD_FSUID,
	RULE_FIELD_AUID,
	RULE_FIELD_GID,
	RULE_FIELD_EGID,
	RULE_FIELD_SGID,
	RULE_FIELD_FSGID,
	RULE_FIELD_SESSION,
	RULE_FIELD_PERS,
	RULE_FIELD_EXIT,    /* low 32 bits of the result */
	RULE_FIELD_SUCCESS, /* 2 if the result is an errno, else 1 */
	RULE_FIELD_A0,      /* low 32 bits */
	RULE_FIELD_A1,
	RULE_FIELD_A2,
	RULE_FIELD_A3,
	RULE_FIELD_PERM, /* what an open asks for: 1 x, 2 w, 4 r, 8 a */
	RULE_FIELD_NAMES,
	RULE_FIELD_EXE,
	RULE_FIELD_SADDR_FAM,
	RULE_FIELD_CONTID,      /* UINT32_MAX: unset; what is above UINT32_MAX - 1 counts as that */
	RULE_FIELD_CONTID_BITS, /* low 32 bits */
	RULE_FIELD_INODE,    /* of the files that the syscall names, as those below; low 32 bits */
	RULE_FIELD_DEVMAJOR, /* of the file's device, and of the one that it is */
	RULE_FIELD_DEVMINOR,
	RULE_FIELD_FILETYPE, /* S_IFMT of the mode */
	RULE_FIELD_OBJ_UID,
	RULE_FIELD_OBJ_GID,
	/* -C of two ids, AUDIT_COMPARE_* - 1 added: bit 0 they are equal, bit 1 auid is unset */
	RULE_FIELD_COMPARE = 32,
	RULE_FIELDS = 64,
};

/* How a field leads to rows. */
enum table_kind {
	TABLE_FEW = 1, /* one of `count` + 1 intervals of numbers, all in the step itself */
	TABLE_VALUE,   /* likewise, more of them: in a tree */
	TABLE_BITS,    /* each bit of the number has a row of what needs one of several, … */
	TABLE_NAMES,   /* each path of the ruleset has a row */
	TABLE_EXE,     /* each path has a row of exe=, and one of exe!= */
	TABLE_SET,     /* as TABLE_VALUE, of what an event may have several of */
};

#define TABLE_FEW_MAX 7 /* bounds in a step */

/* What an event always has, so that nobody need be asked. */
enum table_plain {
	TABLE_PLAIN = 1,        /* in every view */
	TABLE_PLAIN_HOST = 2,   /* where ids are the kernel's own */
	TABLE_PLAIN_RESULT = 4, /* if the syscall returns */
};

/*
 * One field of a block; the line behind it is the row of the rules that ask for it.
 *
 * TABLE_FEW: bound[], ascending, what is beyond `count` is UINT32_MAX; a value belongs to the
 * interval whose number is that of the bounds not above it: row[]. TABLE_VALUE: a tree of such
 * bounds, `depth` levels from line `first` on, its lowest from `leaves` on. `rows`: uint16_t[] row
 * of each interval. Most values are outside of all bounds: these need no tree. TABLE_BITS: line
 * `rows`: uint16_t[32] rows of the rules with & and that bit; the line behind it: of the rules with
 * &= and that bit. TABLE_NAMES: `rows`: uint16_t[] by path. TABLE_EXE: `rows`: uint16_t[2] by path:
 * exe=, exe!=. TABLE_SET: a tree; rules in row `any` match if one of the values lets them, in row
 * `all` if each does, in row `unsure` the collector tells if there are several, the rest go by the
 * first; if there is none, only those in `all` match.
 */
struct table_step {
	uint8_t field; /* enum rule_field */
	uint8_t kind;  /* enum table_kind */
	uint8_t depth;
	uint8_t plain; /* enum table_plain */
	uint16_t count;
	uint16_t none; /* row of the rules that do not ask for this field (TABLE_BITS: with &) */
	uint32_t first;
	uint32_t leaves;
	uint32_t rows;
	union {
		struct {
			uint32_t bound[TABLE_FEW_MAX];
			uint16_t row[TABLE_FEW_MAX + 1];
		};
		struct {
			uint32_t low; /* the first bound, and the last: … */
			uint32_t high;
			uint32_t below; /* … rows of the intervals outside of them */
			uint32_t above;
			uint32_t any;
			uint32_t all;
			uint32_t unsure;
		};
	};
};

/* The first line of a block. */
struct table_block {
	uint32_t next;    /* first line of the next block; 0: this is the last */
	uint32_t rules;   /* how many bits of a row hold */
	uint32_t words;   /* of a row: 1, 2, 4 or 8 */
	uint32_t version; /* in the keys of this ruleset's watches */
	uint32_t passes;  /* 1: BPF decides nothing, every event passes */
	uint32_t cells;   /* line of uint16_t[TABLE_CELLS]: cell; 0: no rule */
	uint32_t cell;    /* cell n, from 1 on, is 2 * (n - 1) lines behind: its rules, its steps */
	uint32_t steps;   /* first line of the steps, two lines each */
	uint32_t rows;
	uint32_t masks; /* a line of the rules that record, then one of those that end the search */
	uint32_t pad[6];
};

/* 64 bytes, in all their uses. */
struct table_line {
	union {
		uint64_t words[TABLE_WORDS];
		uint32_t values[TABLE_KEYS + 1]; /* of a tree; the last is how many hold */
		uint16_t numbers[32];
		uint8_t bytes[64]; /* steps of a cell: how many, 63 at most, then which */
		struct table_step step;
		struct table_block block;
	};
};

struct table_page {
	struct table_line line[TABLE_PAGE];
};

_Static_assert(TABLE_CELL_TASK == POLICY_ARCHES * POLICY_SYSCALLS, "behind all others");
_Static_assert(TABLE_VALUES_MAX == TABLE_KEYS * TABLE_FANOUT * TABLE_FANOUT, "of three levels");
_Static_assert(sizeof(struct table_step) == 64, "table_step has moved");
_Static_assert(sizeof(struct table_block) == 64, "table_block has moved");
_Static_assert(sizeof(struct table_line) == 64, "table_line has moved");

#endif
