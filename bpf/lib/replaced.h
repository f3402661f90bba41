/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The file that a rename has replaced. At its end nothing leads there, but its time of change was
 * set on the way, as those of the moved file and of the directories were: what is none of these was
 * replaced.
 */
#ifndef NESTAUDIT_REPLACED_H
#define NESTAUDIT_REPLACED_H

#include "touched.h"
#include "walk.h"

/* include/uapi/linux/fs.h: flags of renameat2 with which nothing is replaced, or more is changed.
 */
#define RENAME_EXCHANGE 2
#define RENAME_WHITEOUT 4

/* Keeps a file whose time of change is set by the rename under way. */
static __noinline int changed_keep(struct task_state *state, struct inode *inode)
{
	uint64_t ino = READ(inode, i_ino);
	uint32_t dev = READ(inode, i_sb, s_dev);
	uint32_t count = state->changes;

	if (count >= CHANGES_MAX)
		return 0;
	for (uint32_t i = 0; i < CHANGES_MAX && i < count; i++)
		if (state->changed[i].ino == ino && state->changed[i].dev == dev)
			return 0;
	object_of_inode(&state->changed[count], inode, OBJECT_REMOVED);
	state->changes = count + 1;
	return 0;
}

/* What the kernel has changed, against what a rename's names lead to. */
struct change_search {
	struct task_state *state;
	uint64_t file, from, to; /* inodes: what was moved, out of which directory, into which */
	uint32_t dev;
	uint32_t seen;     /* of these: 1, 2, 4 */
	uint32_t others;   /* … and how many that are none of them */
	uint32_t replaced; /* the last one of those */
};

static long change_step(uint32_t index, struct change_search *s)
{
	struct task_state *state = s->state;

	if (index >= CHANGES_MAX || index >= state->changes)
		return 1;
	struct event_object *changed = &state->changed[index];
	if (changed->dev != s->dev)
		return 0;
	uint64_t ino = changed->ino;
	uint32_t which = (ino == s->file) | (ino == s->from) << 1 | (ino == s->to) << 2;
	s->seen |= which;
	if (!which) {
		s->others++;
		s->replaced = index;
	}
	return 0;
}

/* Tells what was replaced, if that is certain. */
__noinline int replaced_tell(struct task_state *state, struct syscall_end *end)
{
	if (!state || !end)
		return 0;
	const volatile struct shape *shape = shape_of(end->arch, end->syscall);
	uint32_t first = shape->path[0], second = shape->path[1];
	struct change_search search = {.state = state};

	/* The directory, the moved file, and one more. */
	if (end->result || state->changes < 3 || state->changes >= CHANGES_MAX ||
	    (shape->at && argument(end, 5) & (RENAME_EXCHANGE | RENAME_WHITEOUT)))
		return 0;
	struct walk *w = walk_path(argument(end, second),
				   shape->at ? (int32_t)argument(end, second - 1) : -1, 0);
	if (!w || !(w->reach & REACH_LAST))
		return 0;
	struct dentry *moved = w->dentry;
	search.dev = READ(moved, d_inode, i_sb, s_dev);
	search.file = READ(moved, d_inode, i_ino);
	search.to = inode_number(w->directory);
	w = walk_path(argument(end, first), shape->at ? (int32_t)argument(end, first - 1) : -1, 0);
	if (!w || !(w->reach & REACH_DIRECTORY))
		return 0;
	search.from = inode_number(w->directory);
	bpf_loop(CHANGES_MAX, change_step, &search, 0);
	/* The names are the caller's memory: the kernel has to have changed what they lead to. */
	uint32_t replaced = search.replaced;
	if (search.seen == 7 && search.others == 1 && replaced < CHANGES_MAX)
		touch_tell(state, moved, NULL, &state->changed[replaced], OBJECT_REMOVED, 1);
	return 0;
}

#endif
