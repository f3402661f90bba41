/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where a name leads, by the kernel's cache of names: what a syscall has looked up just now is in
 * it. Nothing is locked and nothing asked of a filesystem, so the answer may be that it is not
 * known; every walk ends after so many steps.
 */
#ifndef NESTAUDIT_WALK_H
#define NESTAUDIT_WALK_H

#include "dcache.h"
#include "end.h"
#include "may.h"
#include "object.h"
#include "way.h"

/* The directory in which the last component is looked up. */
static __always_inline void walk_last(struct walk *w, struct inode *inode)
{
	uint32_t write = may_use((uint64_t)inode, (uint64_t)w->mount, MAY_WRITE | MAY_EXEC);

	w->reach = REACH_DIRECTORY;
	if (write == MAY_NOT)
		w->reach |= REACH_SEALED;
	if (write == MAY_SO)
		w->reach |= REACH_WRITABLE;
	if (READ(inode, i_flags) & S_DEAD)
		w->reach |= REACH_DEAD;
}

/* Begins to look for the component among the names of the directory. */
static __always_inline long walk_children(struct walk *w)
{
	struct dentry *directory = w->dentry;
	struct dentry___6_6 *old = (void *)directory;
	uint32_t length = w->length & WATCH_NAME_MAX;

	/* The filesystem may have an order of its own for what names are the same. */
	if (dentry_flags_of(directory) & dcache_names())
		return 1;
	__builtin_memset(&w->words, 0, sizeof(w->words));
	bpf_probe_read_kernel(w->words.words, length, w->text + (w->at & (WALK_TEXT - 1)));
	w->name = watch_fingerprint(w->words.words, length);
	w->phase = WALK_CHILD;
	w->end = 0;
	w->hashed = dcache_place.base != 0;
	if (w->hashed) {
		w->cursor = dcache_bucket(dcache_hash(directory, w->words.words, length));
		return 0;
	}
	if (bpf_core_field_exists(directory->d_children)) {
		w->cursor = (uint64_t)READ(directory, d_children.first);
	} else {
		w->cursor = (uint64_t)READ(old, d_subdirs.next);
		w->end = (uint64_t)directory;
		barrier_var(w->end);
		w->end += bpf_core_field_offset(struct dentry___6_6, d_subdirs);
	}
	return 0;
}

static __always_inline long walk_name(struct walk *w)
{
	uint32_t at = w->at;
	char first = walk_byte(w, at), second = walk_byte(w, at + 1);

	if (first == '/') {
		w->at = ++at;
		first = second;
		second = walk_byte(w, at + 1);
	}
	if (first == '/')
		return 0;
	if (!first)
		return walk_stop(w, 0);
	struct inode *inode = dentry_inode(w->dentry);
	if (!inode)
		return 1;
	if (!S_ISDIR(READ(inode, i_mode)))
		return walk_stop(w, ENOTDIR);
	uint32_t search = may_use((uint64_t)inode, (uint64_t)w->mount, MAY_EXEC);
	if (search == MAY_NOT)
		return walk_stop(w, EACCES);
	if (search == MAY_PERHAPS)
		w->unsure = 1;
	uint32_t length = walk_component(at);
	w->last = walk_ends(w, at + length);
	if (length > WATCH_NAME_MAX || w->last > 1)
		return 1;
	w->length = length;
	w->directory = w->dentry;
	if (w->last)
		walk_last(w, inode);
	if (first == '.' && length == 1) {
		w->at = at + 1;
		if (w->last)
			w->reach |= REACH_LAST;
		return 0;
	}
	if (first == '.' && second == '.' && length == 2) {
		w->phase = WALK_UP;
		return 0;
	}
	return walk_children(w);
}

/* Goes on with the text of a link, and what was behind its name. */
static __always_inline long walk_link(struct walk *w, struct inode *inode)
{
	const char *text = READ(inode, i_link);
	uint32_t at = w->at;

	if (++w->links > WALK_LINKS_MAX)
		return walk_stop(w, ELOOP);
	long length = text ? bpf_probe_read_kernel_str(w->link, sizeof(w->link), text) : 0;
	if (length <= 1 || length > EVENT_PATH_MAX || at < length || at >= WALK_TEXT)
		return 1;
	uint32_t bytes = at_most(length - 1, EVENT_PATH_MAX - 1);
	at = at_most(at - bytes, WALK_TEXT - EVENT_PATH_MAX);
	bpf_probe_read_kernel(w->text + at, bytes, w->link);
	w->at = at;
	w->reach = 0;
	w->dentry = w->directory;
	if (w->link[0] == '/') {
		w->dentry = w->root_dentry;
		w->mount = w->root_mount;
	}
	return 0;
}

/* The component is found. */
static __always_inline long walk_arrive(struct walk *w)
{
	struct inode *inode = dentry_inode(w->dentry);

	w->at += w->length;
	w->phase = WALK_NAME;
	if (!inode)
		return 1;
	if (S_ISLNK(READ(inode, i_mode)) && (!w->last || w->follow))
		return walk_link(w, inode);
	if (!w->last)
		return 0;
	w->reach |= REACH_LAST;
	return walk_stop(w, 0);
}

/* Crosses what is mounted there. */
static __always_inline long walk_mounts(struct walk *w)
{
	struct mount *mount = w->mount;

	if (!(dentry_flags_of(w->dentry) & dcache_mounted()))
		return walk_arrive(w);
	w->cursor = (uint64_t)READ(mount, mnt_mounts.next);
	w->end = (uint64_t)mount + bpf_core_field_offset(struct mount, mnt_mounts);
	w->phase = WALK_MOUNT;
	return 0;
}

static __always_inline uint64_t walk_next(uint64_t cursor)
{
	uint64_t next = 0;

	bpf_probe_read_kernel(&next, sizeof(next), (void *)cursor);
	return next;
}

static __always_inline long walk_mount(struct walk *w)
{
	struct mount *below = (void *)(w->cursor - bpf_core_field_offset(struct mount, mnt_child));

	if (w->cursor == w->end)
		return walk_arrive(w);
	if (!w->cursor)
		return 1;
	if (READ(below, mnt_mountpoint) == w->dentry) {
		w->mount = below;
		w->dentry = READ(below, mnt.mnt_root);
		return walk_mounts(w);
	}
	w->cursor = walk_next(w->cursor);
	return 0;
}

static __always_inline long walk_child(struct walk *w)
{
	struct dentry *child = w->hashed ? dcache_hashed(w->cursor) : dcache_child(w->cursor);

	if (w->cursor == w->end) {
		/* The last one may be missing: that is said by REACH_LAST. */
		return walk_stop(w, w->last ? 0 : ENOENT);
	}
	if (!w->cursor)
		return 1;
	if (READ(child, d_name.len) != w->length ||
	    (w->hashed && READ(child, d_parent) != w->dentry) ||
	    name_fingerprint(child) != w->name) {
		w->cursor = walk_next(w->cursor);
		return 0;
	}
	/* It has been renamed just now, or is being looked up. */
	if (READ(child, d_parent) != w->dentry)
		return 1;
	if (!READ(child, d_inode))
		return walk_stop(w, w->last ? 0 : ENOENT);
	w->dentry = child;
	return walk_mounts(w);
}

static __always_inline long walk_up(struct walk *w)
{
	struct mount *mount = w->mount, *above = READ(mount, mnt_parent);
	struct dentry *dentry = w->dentry;

	if (dentry == w->root_dentry && mount == w->root_mount)
		return walk_arrive(w);
	if (dentry != READ(mount, mnt.mnt_root)) {
		w->dentry = READ(dentry, d_parent);
		return walk_mounts(w);
	}
	if (above == mount)
		return walk_arrive(w);
	w->dentry = READ(mount, mnt_mountpoint);
	w->mount = above;
	return 0;
}

static long walk_step(uint32_t index, void *nothing)
{
	struct walk *w = walk_memory();

	if (!w)
		return 1;
	switch (w->phase) {
	case WALK_NAME:
		return walk_name(w);
	case WALK_CHILD:
		return walk_child(w);
	case WALK_MOUNT:
		return walk_mount(w);
	case WALK_UP:
		return walk_up(w);
	}
	return 1;
}

/* Whether the walk comes to an end. Not static: the verifier goes through it once. */
__noinline int walk_run(uint64_t address, int32_t directory, uint32_t follow)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct fs_struct *fs = READ(task, fs);
	struct walk *w = walk_memory();
	uint64_t nothing = 0;

	if (!w || !fs)
		return 0;
	__builtin_memset(w, 0, __builtin_offsetof(struct walk, words));
	if (bpf_probe_read_user_str(w->text + WALK_START, EVENT_PATH_MAX, (void *)address) <= 1)
		return 0;
	w->at = WALK_START;
	w->follow = follow;
	w->root_dentry = READ(fs, root.dentry);
	w->root_mount = mount_of(READ(fs, root.mnt));
	w->dentry = w->root_dentry;
	w->mount = w->root_mount;
	if (w->text[WALK_START] != '/') {
		struct path *start = &fs->pwd;
		if (directory >= 0) {
			struct file *file = file_of(task, directory);
			if (!file)
				return 0;
			start = &file->f_path;
		}
		w->dentry = READ(start, dentry);
		w->mount = mount_of(READ(start, mnt));
	}
	if (!dcache_place.base)
		dcache_find((uint64_t)w->root_dentry);
	bpf_loop(WALK_STEPS_MAX, walk_step, &nothing, 0);
	return w->phase == WALK_DONE;
}

/*
 * Walks the name at `address` of the caller's memory, which is relative to the descriptor
 * `directory` or, if that is none, to the working directory; NULL if it does not come to an end.
 */
static __always_inline struct walk *walk_path(uint64_t address, int32_t directory, uint32_t follow)
{
	return walk_run(address, directory, follow) ? walk_memory() : NULL;
}

#endif
