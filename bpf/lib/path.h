/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From a struct path to its text, as fs/d_path.c does it: from the leaf up to the task's root,
 * through mounts, with " (deleted)" behind an unlinked one.
 */
#ifndef NESTAUDIT_PATH_H
#define NESTAUDIT_PATH_H

#include "ring.h"

#define PATH_STEPS_MAX 2100 /* PATH_MAX / 2 names, and mounts */
#define PATH_NAME_MASK 255  /* NAME_MAX */

/* The text grows from PATH_END towards the start. */
#define PATH_END EVENT_PATH_MAX
#define PATH_CUT (PATH_END + 1)
struct path_memory {
	char text[2 * EVENT_PATH_MAX + 512];
};
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, MEMORY_PLACES);
	__type(key, uint32_t);
	__type(value, struct path_memory);
} path_memories SEC(".maps");

struct path_walk {
	struct dentry *dentry;
	struct mount *mount;
	struct dentry *mount_root;
	struct dentry *root_dentry;
	struct mount *root_mount;
	uint64_t fingerprint;
	uint32_t start; /* where the text begins in path_memory; PATH_CUT: it has no room there */
	uint32_t text;  /* 1: gather the text, 0: only the fingerprint */
};

static __always_inline struct mount *mount_of(struct vfsmount *vfsmount)
{
	return (void *)vfsmount - bpf_core_field_offset(struct mount, mnt);
}

static __always_inline struct path_memory *path_memory(void)
{
	uint32_t place = memory_place();
	return bpf_map_lookup_elem(&path_memories, &place);
}

/* What there is no room for is told as kernel/audit.c, audit_log_d_path has it: a part of a path is
 * another path. */
static __always_inline uint32_t path_too_long(void)
{
	static const char text[] = "<too_long>";
	struct path_memory *memory = path_memory();

	if (memory)
		__builtin_memcpy(memory->text + PATH_END - (sizeof(text) - 1), text,
				 sizeof(text) - 1);
	return PATH_END - (sizeof(text) - 1);
}

/* Puts "/name" before the text that begins at `start`; returns where it begins now: there still, if
 * there is no room. */
static __always_inline uint32_t path_prepend(uint32_t start, const void *name, uint32_t length)
{
	struct path_memory *memory = path_memory();

	length &= PATH_NAME_MASK;
	if (!memory || start < length + 1 || start > PATH_END)
		return start;
	start = (start - length) & (EVENT_PATH_MAX - 1);
	bpf_probe_read_kernel(memory->text + start, length, name);
	start = (start - 1) & (EVENT_PATH_MAX - 1);
	memory->text[start] = '/';
	return start;
}

/* Appends the text that begins at `start` as a section; none is the root. */
__noinline int section_path_text(struct builder *b, uint32_t kind, uint32_t index, uint32_t start)
{
	if (!b)
		return 0;
	struct path_memory *memory = path_memory();
	uint8_t *data = section_data(b);

	if (!memory || !data)
		return 0;
	if (start >= PATH_END) {
		data[0] = '/';
		section_close(b, kind, index, 1);
		return 0;
	}
	uint32_t length = PATH_END - start;
	bpf_probe_read_kernel(data, length, memory->text + start);
	section_close(b, kind, index, length);
	return 0;
}

static long path_step(uint32_t index, struct path_walk *w)
{
	struct dentry *dentry = w->dentry;
	struct mount *mount = w->mount;

	if (dentry == w->root_dentry && mount == w->root_mount)
		return 1;
	if (dentry == w->mount_root) {
		struct mount *parent = READ(mount, mnt_parent);
		if (!parent || parent == mount)
			return 1;
		w->dentry = READ(mount, mnt_mountpoint);
		w->mount = parent;
		w->mount_root = READ(parent, mnt.mnt_root);
		return 0;
	}
	struct dentry *parent = READ(dentry, d_parent);
	if (parent == dentry)
		return 1;
	uint32_t length = READ(dentry, d_name.len);
	if (w->text) {
		if (w->start < length + 1) {
			w->start = PATH_CUT;
			return 1;
		}
		w->start = path_prepend(w->start, READ(dentry, d_name.name), length);
	}
	w->fingerprint = (w->fingerprint ^ (uint64_t)dentry ^
			  ((uint64_t)READ(dentry, d_name.hash) << 32 | length)) *
			 0x9e3779b97f4a7c15ull;
	w->dentry = parent;
	return 0;
}

/*
 * Goes from the struct path at `address` up to the root of the current task. Gathers the text, and
 * returns where it begins in path_memory (PATH_END: it is empty, as for a NULL path); or, with
 * `text` 0, returns a fingerprint of the way, 1 for a NULL path. Not static: the verifier goes
 * through it once, not at every call.
 */
__noinline uint64_t path_walk(uint64_t address, uint32_t text)
{
	static const char deleted[] = " (deleted)";
	struct task_struct *task = bpf_get_current_task_btf();
	struct path *path = (void *)address;
	struct dentry *dentry = READ(path, dentry);
	struct mount *mount = mount_of(READ(path, mnt));
	struct path_walk w = {
	    .dentry = dentry,
	    .mount = mount,
	    .mount_root = READ(mount, mnt.mnt_root),
	    .root_dentry = READ(task, fs, root.dentry),
	    .root_mount = mount_of(READ(task, fs, root.mnt)),
	    .fingerprint = 1,
	    .start = PATH_END,
	    .text = text,
	};

	if (!dentry)
		goto end;
	struct dentry *parent = READ(dentry, d_parent);
	bool root = parent == dentry;
	bool unhashed = !READ(dentry, d_hash.pprev);
	/* An anonymous file (memfd) names itself: fs/libfs.c, simple_dname. */
	bool anonymous = root && dentry != w.mount_root;
	if (!anonymous && root)
		anonymous = READ(dentry, d_op) && READ(dentry, d_op, d_dname);
	if ((unhashed && !root) || anonymous) {
		w.fingerprint = 2;
		struct path_memory *memory = path_memory();
		if (text && memory) {
			w.start = PATH_END - (sizeof(deleted) - 1);
			__builtin_memcpy(memory->text + PATH_END - (sizeof(deleted) - 1), deleted,
					 sizeof(deleted) - 1);
		}
	}
	if (anonymous) {
		w.fingerprint ^= (uint64_t)dentry;
		if (text)
			w.start = path_prepend(w.start, READ(dentry, d_name.name),
					       READ(dentry, d_name.len));
		goto end;
	}
	if (bpf_loop(PATH_STEPS_MAX, path_step, &w, 0) == PATH_STEPS_MAX || w.start == PATH_CUT)
		w.start = path_too_long();
end:
	return text ? w.start : w.fingerprint;
}

/* Appends the text of `path` as a section. */
static __always_inline void section_path(struct builder *b, struct path *path, uint32_t kind)
{
	section_path_text(b, kind, 0, path_walk((uint64_t)path, 1));
}

#endif
