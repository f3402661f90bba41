/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a collector keeps in a file that is mapped into its memory, so that it outlives it when it
 * is killed: the text that is not in the logs yet, the serial numbers, and what is known of tasks
 * and containers.
 *
 * A collector changes it by commits. `commit` is the number of the last one, root[commit & 1] is
 * its root, and of the two states of a log the one with the larger number that is not above it
 * holds. Everything else is written before the number, so that one store makes all of it hold.
 */
#ifndef NESTAUDIT_KEPT_H
#define NESTAUDIT_KEPT_H

#include <stdint.h>

#define KEPT_MAGIC  0x6b6570742d617564ull
#define KEPT_FORMAT 2 /* to be raised with every change below, and of what facts are made of */

#define KEPT_LOGS    8192  /* daemons at a time: POLICY_RULESETS_MAX */
#define KEPT_BATCHES 65536 /* of text */

/* Where what lies in the file, which is as good as empty: only what was written takes up room. */
#define KEPT_AT_LOGS    4096ull
#define KEPT_LOG_SIZE   8192ull
#define KEPT_AT_BATCHES 67112960ull
#define KEPT_HEAD_SIZE  68161536ull /* that far it is mapped at once */
#define KEPT_AT_FACTS   134217728ull
#define KEPT_FACTS_SIZE 1073741824ull /* of each half */
#define KEPT_AT_TEXTS   4294967296ull
#define KEPT_TEXT_SIZE  16777216ull /* of each batch */
#define KEPT_SIZE       1103806595072ull

struct kept_root {
	uint64_t position; /* in the ring: what is before it is taken */
	uint64_t facts;    /* bytes of facts … */
	uint64_t half;     /* … in this half: 0 or 1 */
};

struct kept_head {
	uint64_t magic; /* KEPT_MAGIC, once the rest holds */
	uint64_t format;
	char boot[40]; /* /proc/sys/kernel/random/boot_id: tasks and the ring are of a boot */
	char ring[88]; /* of all rings of the boot, the one that it is about */
	uint64_t commit;
	struct kept_root root[2];
};

/* What a daemon counts; see Daemon.swift. */
struct kept_counts {
	uint64_t captured, filtered, taken, parts;
	uint64_t losses[8];
	uint64_t losses_told[8];
	uint64_t forgotten, parts_told, unconfirmed, unconfirmed_told;
};

struct kept_state {
	uint64_t commit; /* 0: none */
	uint64_t end;    /* bytes of the daemon's stream that are to be in its logs */
	uint64_t serial; /* of the last event in them */
	uint64_t ended;  /* 1: nothing follows */
	struct kept_counts counts;
};

/*
 * A daemon's log. Its stream is all text that was written to it since it began. The writer stores
 * `intent` before a write(2), and `written` after it: in between, the size of the file tells.
 */
struct kept_log {
	uint64_t used;
	uint64_t device, inode; /* of the file; inode 0: it is the one with its name */
	int64_t base; /* where in the stream the file begins: negative, if it was there before */
	uint64_t written; /* bytes of the stream that are in the log for certain … */
	uint64_t intent;  /* … and that may be */
	struct kept_state state[2];
	char name[256]; /* of the daemon */
			/* At KEPT_LOG_SIZE / 2: the path, with its NUL. */
};

/* A piece of a log's stream. */
struct kept_batch {
	uint64_t start; /* of its own lines, in the stream */
	/*
	 * 1 + its log's number in the lower half, or 0: none. In the upper half how many bytes
	 * before `start` its text begins with.
	 */
	uint64_t log;
};

_Static_assert(sizeof(struct kept_head) <= 4096, "the head has moved");
_Static_assert(sizeof(struct kept_log) <= KEPT_LOG_SIZE / 2, "the path has moved");
_Static_assert(sizeof(struct kept_batch) == 16, "kept_batch has moved");
_Static_assert(KEPT_AT_BATCHES == KEPT_AT_LOGS + KEPT_LOGS * KEPT_LOG_SIZE, "as it says");
_Static_assert(KEPT_HEAD_SIZE == KEPT_AT_BATCHES + KEPT_BATCHES * sizeof(struct kept_batch),
	       "as it says");
_Static_assert(KEPT_SIZE == KEPT_AT_TEXTS + KEPT_BATCHES * KEPT_TEXT_SIZE, "as it says");
_Static_assert(KEPT_HEAD_SIZE <= KEPT_AT_FACTS, "the facts have moved");
_Static_assert(KEPT_AT_FACTS + 2 * KEPT_FACTS_SIZE <= KEPT_AT_TEXTS, "the texts have moved");

/* A fact, padded to 8 bytes; Facts.swift. */
struct kept_fact {
	uint32_t kind;
	uint32_t size; /* of what follows */
};

#endif
