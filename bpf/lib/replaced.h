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

/* Tells what was replaced, if that is certain. */
static __noinline int replaced_tell(struct task_state *state, struct syscall_end *end)
{
	const volatile struct shape *shape = shape_of(end->arch, end->syscall);
	uint32_t first = shape->path[0], second = shape->path[1];
	struct event_object *replaced = NULL;

	/* The directory, the moved file, and one more. */
	if (end->result || state->changes < 3 || state->changes >= CHANGES_MAX ||
	    (shape->at && argument(end, 5) & (RENAME_EXCHANGE | RENAME_WHITEOUT)))
		return 0;
	struct walk *w = walk_path(argument(end, second),
				   shape->at ? (int32_t)argument(end, second - 1) : -1, 0);
	if (!w || !(w->reach & REACH_LAST))
		return 0;
	struct dentry *moved = w->dentry;
	uint32_t dev = READ(moved, d_inode, i_sb, s_dev);
	uint64_t file = READ(moved, d_inode, i_ino);
	uint64_t to = inode_number(w->directory);
	w = walk_path(argument(end, first), shape->at ? (int32_t)argument(end, first - 1) : -1, 0);
	if (!w || !(w->reach & REACH_DIRECTORY))
		return 0;
	uint64_t from = inode_number(w->directory);
	bool moves = false, leaves = false, arrives = false;
	for (uint32_t i = 0; i < CHANGES_MAX && i < state->changes; i++) {
		struct event_object *changed = &state->changed[i];
		if (changed->dev != dev)
			continue;
		moves |= changed->ino == file;
		leaves |= changed->ino == from;
		arrives |= changed->ino == to;
		if (changed->ino == file || changed->ino == to || changed->ino == from)
			continue;
		if (replaced)
			return 0;
		replaced = changed;
	}
	/* The names are the caller's memory: the kernel has to have changed what they lead to. */
	if (replaced && moves && leaves && arrives)
		touch_tell(state, moved, NULL, replaced, OBJECT_REMOVED, 1);
	return 0;
}

#endif
