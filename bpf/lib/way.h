/* SPDX-License-Identifier: GPL-2.0 */
/* A walk along a name: how far it is, and the text that is still before it. */
#ifndef NESTAUDIT_WAY_H
#define NESTAUDIT_WAY_H

#include "chain.h"

#define WALK_STEPS_MAX 4096     /* names, links, mounts, and names that lie beside them */
#define WALK_LINKS_MAX 40       /* fs/namei.c, MAXSYMLINKS */
#define WALK_TEXT      16384    /* a power of two */
#define WALK_START     12287    /* of the name in it: the texts of links go before the rest of it */
#define WALK_SLASHES   8        /* in a row that are looked at behind a name */
#define S_DEAD         (1 << 4) /* include/linux/fs.h: a directory that has been removed */

#define S_ISLNK(mode) (((mode)&0170000) == 0120000)

enum walk_phase {
	WALK_NAME,  /* at the next component of the text */
	WALK_CHILD, /* among the names of the directory */
	WALK_MOUNT, /* among the mounts below the mount */
	WALK_UP,    /* on the way to .. */
	WALK_DONE,
};

struct walk {
	struct dentry *dentry; /* where it is … */
	struct mount *mount;
	struct dentry *directory; /* … and where the component is looked up */
	struct dentry *root_dentry;
	struct mount *root_mount;
	uint64_t cursor; /* what of a list is next … */
	uint64_t end;    /* … and where the list ends */
	uint64_t name;   /* watch_fingerprint() of the component */
	uint32_t length; /* of the component, in bytes */
	uint32_t at;     /* where in the text it is */
	uint32_t phase;  /* enum walk_phase */
	uint32_t last;   /* it is the last component */
	uint32_t links;  /* that were followed */
	uint32_t follow; /* a link at the end too */
	uint32_t unsure; /* whether a directory on the way may be searched is not known */
	uint32_t cause;  /* the error that it ends with before the last name's directory */
	uint32_t reach;  /* enum name_reach */
	uint32_t hashed; /* the list is one of the hash of all names */
	struct name_memory words;
	char link[EVENT_PATH_MAX];
	char text[WALK_TEXT + WATCH_NAME_MAX + 1];
};
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, MEMORY_PLACES);
	__type(key, uint32_t);
	__type(value, struct walk);
} walks SEC(".maps");

static __always_inline struct walk *walk_memory(void)
{
	uint32_t place = memory_place();

	return bpf_map_lookup_elem(&walks, &place);
}

static __always_inline char walk_byte(struct walk *w, uint32_t at)
{
	barrier_var(at);
	return w->text[at & (WALK_TEXT - 1)];
}

/* How many bytes up to the next slash or the end. Not static: the verifier goes through it once. */
__noinline uint32_t walk_component(uint32_t at)
{
	struct walk *w = walk_memory();

	for (uint32_t i = 0; w && i <= WATCH_NAME_MAX; i++) {
		char byte = walk_byte(w, at + i);
		if (!byte || byte == '/')
			return i;
	}
	return WATCH_NAME_MAX + 1;
}

/* Whether nothing but slashes is behind a component; 2: there are too many to tell. */
static __always_inline uint32_t walk_ends(struct walk *w, uint32_t at)
{
	for (uint32_t i = 0; i < WALK_SLASHES; i++) {
		char byte = walk_byte(w, at + i);
		if (byte != '/')
			return !byte;
	}
	return 2;
}

/* It ends, or is stopped by an error. */
static __always_inline long walk_stop(struct walk *w, uint32_t cause)
{
	w->cause = cause;
	w->phase = WALK_DONE;
	return 1;
}

#endif
