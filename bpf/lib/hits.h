/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which files that rules ask for an event is about: gathered once, for all daemons, and only if
 * some rule for the syscall asks for a path. What is in no rule costs one lookup for the file, and
 * one for each directory above it.
 */
#ifndef NESTAUDIT_HITS_H
#define NESTAUDIT_HITS_H

#include "end.h"
#include "judge.h"
#include "object.h"
#include "shape.h"

/* A key of `watches`, without the daemon. */
struct watch_hit {
	uint64_t ino;
	uint64_t name;
	uint32_t dev;
	uint32_t is_file; /* the file itself, not a directory above it */
};

struct watch_hits {
	uint32_t gathered;
	uint32_t count; /* JUDGE_UNKNOWN: not known */
	struct watch_hit hit[JUDGE_HITS_MAX];
};

struct hits_walk {
	struct watch_hits *hits;
	struct dentry *dentry;
	struct dentry *below; /* the dentry before; NULL at first */
	uint32_t dev;
	uint32_t last; /* how far to go */
};

static __always_inline void hits_add(struct watch_hits *hits, uint64_t ino, uint64_t name,
				     uint32_t dev, bool is_file)
{
	uint32_t count = hits->count;

	if (count >= JUDGE_HITS_MAX) {
		hits->count = JUDGE_UNKNOWN;
		return;
	}
	struct watch_hit *hit = &hits->hit[count & (JUDGE_HITS_MAX - 1)];
	hit->ino = ino;
	hit->name = name;
	hit->dev = dev;
	hit->is_file = is_file;
	hits->count = count + 1;
}

static long hits_step(uint32_t index, struct hits_walk *w)
{
	struct dentry *dentry = w->dentry;
	struct dentry *parent = READ(dentry, d_parent);
	uint64_t ino = READ(dentry, d_inode, i_ino);
	uint32_t flags = watched_flags(ino, w->dev);

	if (flags & WATCHED_FILE)
		hits_add(w->hits, ino, 0, w->dev, index == 0);
	/* Before 6.7 the verifier goes through this once, with `below` NULL: it must not be asked.
	 */
	if (flags & WATCHED_NAMES && index > 0) {
		uint64_t name = name_fingerprint(w->below);
		if (name)
			hits_add(w->hits, ino, name, w->dev, index == 1);
		else if (index == 1)
			/* Unlinked since: the collector goes by the name that was given. */
			w->hits->count = JUDGE_UNKNOWN;
	}
	w->below = dentry;
	w->dentry = parent;
	return parent == dentry || index >= w->last;
}

/* How far above a file something is asked for. */
static __always_inline uint32_t hits_reach(void)
{
	return control.needs & NEED_BELOW ? EVENT_CHAIN_MAX - 1 : 1;
}

/* Adds what is asked for of a file, and of the `last` directories above it. */
static __always_inline void hits_of_dentry(struct watch_hits *hits, struct dentry *dentry,
					   uint32_t last)
{
	struct hits_walk walk = {
	    .hits = hits,
	    .dentry = dentry,
	    .dev = READ(dentry, d_inode, i_sb, s_dev),
	    .last = last,
	};

	bpf_loop(EVENT_CHAIN_MAX, hits_step, &walk, 0);
}

static __always_inline void hits_of_directory(struct watch_hits *hits, struct dentry *directory)
{
	uint64_t ino = READ(directory, d_inode, i_ino);
	uint32_t dev = READ(directory, d_inode, i_sb, s_dev);

	if (watched_flags(ino, dev) & WATCHED_FILE)
		hits_add(hits, ino, 0, dev, true);
}

/*
 * The file behind the names of a syscall that has ended; NULL if it has no names. Those that are
 * reached by a name alone, without a descriptor, are the collector's, as are those behind a
 * descriptor that another task may have put another file behind: that is a doubt.
 */
static __always_inline struct file *syscall_file(struct syscall_end *end, bool *doubt)
{
	struct task_struct *task = bpf_get_current_task_btf();
	const volatile struct shape *shape = shape_of(end->arch, end->syscall);
	bool opened = shape->open && end->result >= 0;

	/* Of a queue the collector knows whether its directory is a name too. */
	if (shape->address || shape->open == OPEN_QUEUE || (shape->path[0] && !opened)) {
		*doubt = true;
		return NULL;
	}
	if (!opened && !shape->descriptor)
		return NULL;
	/* A refused argument: the descriptor may not have been looked at. */
	bool refused = end->result == -EBADF || end->result == -EFAULT || end->result == -EINVAL;
	if (shares_files(task) || (!opened && refused)) {
		*doubt = true;
		return NULL;
	}
	struct file *file = file_of(task, opened ? end->result : end->args[0]);
	*doubt = opened && !file;
	return file;
}

#endif
