/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0 */
/*
 * How the paths that rules ask for are found by the files that events are about.
 *
 * A path is known by two keys: the file that is there (device and inode, name 0), and its name in
 * its directory (device and inode of the directory, fingerprint of the name). By the first it is
 * found through every link and mount; by the second at once when the file is made, replaced or
 * renamed.
 */
#ifndef NESTAUDIT_WATCH_H
#define NESTAUDIT_WATCH_H

#ifdef __bpf__
#include "lib/types.h"
#else
#include <stdint.h>
#endif

#define WATCHED_MAX       131072 /* files and directories that some rule asks for */
#define WATCHES_MAX       262144 /* keys of paths, over all daemons */
#define WATCH_PATHS_MAX   7
#define WATCH_BELOW       0x8000u /* in watch_paths: what is below the path counts too */
#define WATCH_NAME_MAX    255     /* NAME_MAX */
#define WATCH_NAME_WORDS  32
#define WATCH_FINGERPRINT 0x9e3779b97f4a7c15ull

struct file_key {
	uint64_t ino;
	uint32_t dev; /* s_dev, major << 20 | minor */
	uint32_t pad;
};

/* Value of `watched`. */
enum watched_flags {
	WATCHED_FILE = 1,  /* some path leads here */
	WATCHED_NAMES = 2, /* some name in this directory is asked for */
};

struct watch_key {
	uint64_t ino;
	uint64_t name; /* fingerprint; 0: the file itself */
	uint32_t dev;
	uint32_t instance; /* policy_daemon.instance */
	uint32_t version;  /* table_block.version */
	uint32_t pad;
};

/* Paths of one ruleset that one key stands for. */
struct watch_paths {
	uint16_t count;                 /* more than WATCH_PATHS_MAX: not told */
	uint16_t path[WATCH_PATHS_MAX]; /* in the ruleset's order; WATCH_BELOW may be added */
};

/* What the program nestaudit_identify says of a descriptor of its caller. */
struct file_identity {
	uint32_t descriptor; /* given */
	uint32_t known;      /* 1: the rest holds */
	uint64_t ino;
	uint64_t ctime; /* as event_object has it: on overlayfs stat(2) gives another */
	uint32_t dev;
	uint32_t mode;
};

/* Of a name of `length` bytes, in words that are padded with zeros; never 0. */
static inline __attribute__((always_inline)) uint64_t
watch_fingerprint(const uint64_t words[WATCH_NAME_WORDS], uint32_t length)
{
	uint64_t mixed = length;

	for (uint32_t i = 0; i < WATCH_NAME_WORDS && i * 8 < length; i++) {
		mixed = (mixed ^ words[i]) * WATCH_FINGERPRINT;
		mixed ^= mixed >> 29;
	}
	return mixed | 1;
}

_Static_assert(sizeof(struct file_key) == 16, "file_key has moved");
_Static_assert(sizeof(struct watch_key) == 32, "watch_key has moved");
_Static_assert(sizeof(struct watch_paths) == 16, "watch_paths has moved");
_Static_assert(sizeof(struct file_identity) == 32, "file_identity has moved");

#endif
