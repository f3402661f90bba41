/* SPDX-License-Identifier: GPL-2.0 */
/* What the arguments and the result of a syscall lead to, as sections of its event: names,
 * addresses, objects. */
#ifndef NESTAUDIT_SECTIONS_H
#define NESTAUDIT_SECTIONS_H

#include "address.h"
#include "got.h"
#include "object.h"
#include "taken.h"

/* The directory that a relative path begins at, where it is not the working directory. */
static __noinline int section_directory(struct builder *b, struct task_state *state, uint32_t index,
					uint64_t path, uint32_t descriptor)
{
	struct task_struct *task = bpf_get_current_task_btf();
	char first = 0;

	if ((int32_t)descriptor < 0)
		return 0;
	if (state->ring.request) {
		struct taken_memory *memory = taken_memory(state, false);
		if (!memory)
			return 0;
		first = index ? memory->path[1][0] : memory->path[0][0];
	} else if (bpf_probe_read_user(&first, 1, (void *)path)) {
		return 0;
	}
	if (first == '/')
		return 0;
	struct file *file = file_of(task, descriptor);
	if (!file)
		return 0;
	section_path_text(b, SECTION_DIRECTORY, index, path_walk((uint64_t)&file->f_path, 1));
	return 0;
}

#define AT_EMPTY_PATH 0x1000 /* include/uapi/linux/fcntl.h */

/* Whether a stat may mean its descriptor: then the kernel need not look at an empty name. */
static __always_inline bool may_mean_descriptor(struct syscall_end *end)
{
	bool is_64 = end->arch == POLICY_ARCH_64;

	if (end->syscall == (is_64 ? 262 : 300)) /* newfstatat */
		return argument(end, 4) & AT_EMPTY_PATH;
	return end->syscall == (is_64 ? 332 : 383) /* statx */ && argument(end, 3) & AT_EMPTY_PATH;
}

/* The syscall's first or second path, whose argument is `address`. */
static __always_inline void section_name(struct builder *b, struct task_state *state,
					 struct syscall_end *end, uint16_t index, uint64_t address)
{
	uint8_t *data = section_data(b);
	enum taken_answer answer = taken_answer(state, end, index ? TAKEN_SECOND : TAKEN_FIRST);

	if (!data || answer == TAKEN_NOT)
		return;
	if (answer == TAKEN_KEPT) {
		struct taken_memory *memory = taken_memory(state, false);
		if (!memory)
			return;
		uint32_t kept = at_most(memory->length[index & 1], EVENT_PATH_MAX - 1);
		bpf_probe_read_kernel(data, kept, index ? memory->path[1] : memory->path[0]);
		section_close(b, SECTION_PATH, index, kept);
		return;
	}
	long length = bpf_probe_read_user_str(data, EVENT_PATH_MAX, (void *)address);
	if (length <= 0 || length > EVENT_PATH_MAX) {
		/* Some calls do without one. */
		if (address && !may_mean_descriptor(end))
			b->flags |= EVENT_UNREADABLE;
		return;
	}
	b->flags |= EVENT_CALLERS_NAMES;
	/* fs/namei.c, getname_flags: what is longer than a path can be is none. */
	char more = 0;
	if (length == EVENT_PATH_MAX)
		bpf_probe_read_user(&more, 1, (void *)address + EVENT_PATH_MAX - 1);
	if (!more)
		section_close(b, SECTION_PATH, index, length - 1);
}

static __always_inline void section_address(struct builder *b, struct task_state *state,
					    struct syscall_end *end, uint32_t kind)
{
	uint8_t *data = section_data(b);
	enum taken_answer answer = taken_answer(state, end, TAKEN_ADDRESS);
	uint64_t address = 0;
	uint32_t bytes = 0;

	if (!data || answer == TAKEN_NOT)
		return;
	if (answer == TAKEN_KEPT) {
		struct taken_memory *memory = taken_memory(state, false);
		if (!memory)
			return;
		bytes = at_most(memory->address_length, EVENT_SOCKADDR_MAX);
		bpf_probe_read_kernel(data, bytes, memory->address);
		section_close(b, SECTION_SOCKADDR, 0, bytes);
		return;
	}
	if (address_kind(end) == ADDRESS_MMSG ? !messages_address(end, &address, &bytes)
					      : !address_of(end, kind, &address, &bytes))
		return;
	barrier_var(bytes); /* or the compiler folds the two bounds into one that the verifier
			       cannot read */
	bytes &= 2 * EVENT_SOCKADDR_MAX - 1;
	if (bpf_probe_read_user(data, bytes, (void *)address)) {
		b->flags |= EVENT_UNREADABLE;
		return;
	}
	b->flags |= EVENT_CALLERS_NAMES;
	section_close(b, SECTION_SOCKADDR, 0, bytes);
}

static __always_inline bool file_created(struct file *file)
{
	return READ(file, f_mode) & FMODE_CREATED;
}

/*
 * ipc/mqueue.c does not say. Nobody else has a queue open that was made just now: one reference is
 * its name's, and one this file's.
 */
static __always_inline bool queue_created(struct file *file, struct syscall_end *end)
{
	uint64_t flags = open_flags_of(end);

	return flags & O_CREAT &&
	       (flags & O_EXCL || READ(file, f_path.dentry, d_lockref.count) == 2);
}

/* The descriptor that a name of /dev/fd, or of what is beside it, ends with: -1 none. */
static __noinline int32_t numbered_descriptor(uint8_t *name, uint32_t length)
{
	uint8_t tail[12] = {};
	uint32_t word, number = 0, scale = 1;
	bool whole = false;

	if (!name || length < sizeof(tail) / 2 || length >= EVENT_PATH_MAX)
		return -1;
	if (length >= sizeof(tail))
		bpf_probe_read_kernel(tail, sizeof(tail), name + length - sizeof(tail));
	else
		for (uint32_t i = 0; i < sizeof(tail) - 1; i++)
			if (i < length)
				bpf_probe_read_kernel(&tail[sizeof(tail) - 1 - i], 1,
						      name + length - 1 - i);
	__builtin_memcpy(&word, tail + 8, sizeof(word));
	switch (word) {
	case 0x6e696474: /* tdin */
		return 0;
	case 0x74756f64: /* dout */
		return 1;
	case 0x72726564: /* derr */
		return 2;
	}
	for (int32_t i = sizeof(tail) - 1; i >= 0; i--) {
		if (tail[i] == '/') {
			whole = scale > 1;
			break;
		}
		if (tail[i] < '0' || tail[i] > '9')
			break;
		number += (tail[i] - '0') * scale;
		scale *= 10;
	}
	return whole ? number : -1;
}

#define VM_SHARED 0x00000008 /* include/linux/mm.h */

static long vma_flags(struct task_struct *task, struct vm_area_struct *vma, uint64_t *flags)
{
	*flags = READ(vma, vm_flags);
	return 0;
}

/* Whether others can write where the name was, without tracing the task. */
static __always_inline bool shares_memory(struct task_struct *task, uint64_t name)
{
	uint64_t flags = VM_SHARED; /* where it cannot be told */

	if (READ(task, mm, mm_users.counter) > 1)
		return true;
	bpf_find_vma(task, name, vma_flags, &flags, 0);
	return flags & VM_SHARED;
}

/* Where the name of an open is in its event: it is the first section. */
#define OPENED_NAME (sizeof(struct event_syscall) + sizeof(struct event_section))

struct name_compare {
	uint32_t text; /* where the path begins in path_memory */
	uint32_t length;
	uint64_t differs;
};

#define COMPARED_AT_ONCE 32

static long name_compare_step(uint32_t index, struct name_compare *w)
{
	uint8_t *name = scratch_memory();
	struct path_memory *path = path_memory();

	if (!name || !path)
		return 1;
	for (uint32_t i = 0; i < COMPARED_AT_ONCE; i += 8) {
		uint32_t at = index * COMPARED_AT_ONCE + i, last = w->length - 8;
		if (at > last)
			at = last;
		at = at_most(at, EVENT_PATH_MAX - 8);
		uint32_t text = at_most(w->text + at, PATH_END);
		w->differs |=
		    *(uint64_t *)(name + OPENED_NAME + at) ^ *(uint64_t *)(path->text + text);
	}
	return w->differs != 0;
}

/* Whether the name of an open is its file's own path, as nearly every one is. */
static __always_inline bool name_is_path(struct file *file, struct event_section *name,
					 uint32_t text)
{
	struct name_compare w = {.text = text, .length = name->length};

	/* What was removed is told by a name that it may not have had. */
	if (name->kind != SECTION_PATH || w.length < 8 || w.length != PATH_END - text ||
	    !READ(file, f_path.dentry, d_hash.pprev))
		return false;
	bpf_loop((w.length + COMPARED_AT_ONCE - 1) / COMPARED_AT_ONCE, name_compare_step, &w, 0);
	return !w.differs;
}

/*
 * What the name of an open is held against, where it is the caller's and not the path of the file:
 * that, and what is behind the descriptor that the name may mean.
 */
static __noinline int sections_against(struct builder *b, struct syscall_end *end)
{
	struct task_struct *task = bpf_get_current_task_btf();
	const volatile struct shape *shape = shape_of(end->arch, end->syscall);
	struct file *file = file_of(task, end->result);
	uint8_t *memory = scratch_memory();

	if (!file || !memory)
		return 0;
	uint32_t text = at_most(path_walk((uint64_t)&file->f_path, 1), PATH_END);
	struct event_section *name = (void *)(memory + OPENED_NAME - sizeof(*name));
	if (name_is_path(file, name, text)) {
		b->flags &= ~EVENT_CALLERS_NAMES;
		return 0;
	}
	if (shares_memory(task, argument(end, shape->path[0])))
		b->flags |= EVENT_SHARED_MEMORY;
	section_path_text(b, SECTION_OBJECT_NAME, 0, text);
	int32_t number = numbered_descriptor(memory + OPENED_NAME, name->length);
	file = number >= 0 ? file_of(task, number) : NULL;
	struct event_object *object = (void *)section_data(b);
	struct inode *inode = file ? file_inode(file) : NULL;
	if (!object || !inode)
		return 0;
	object_of_inode(object, inode, OBJECT_NUMBERED);
	section_close(b, SECTION_OBJECT, 2, sizeof(*object));
	return 0;
}

/* The file that an open returned, and with O_CREAT the directory it is in. */
static __always_inline void sections_opened(struct builder *b, struct task_struct *task,
					    struct syscall_end *end)
{
	struct file *file = file_of(task, end->result);

	if (!file)
		return;
	if (shape_of(end->arch, end->syscall)->open == OPEN_QUEUE ? queue_created(file, end)
								  : file_created(file))
		b->flags |= EVENT_CREATED;
	section_object(b, 0, file_dentry(file), OBJECT_OPENED);
	if (open_flags_of(end) & O_CREAT)
		section_object(b, 1, READ(file, f_path.dentry, d_parent), OBJECT_PARENT);
}

/* What the arguments of a syscall point to. */
static __noinline int sections_of_shape(struct builder *b, struct task_state *state,
					struct syscall_end *end)
{
	struct task_struct *task = bpf_get_current_task_btf();
	const volatile struct shape *shape = shape_of(end->arch, end->syscall);
	uint32_t path0 = shape->path[0], path1 = shape->path[1];
	uint32_t descriptor = shape->descriptor;

	if (shares_files(task))
		b->flags |= EVENT_SHARED_FILES;
	if (control.hooks & HOOK_LOOKUPS && control.hooks & HOOK_PARENTS)
		b->flags |= EVENT_LOOKUPS;
	if (path0)
		section_name(b, state, end, 0, argument(end, path0));
	if (path1)
		section_name(b, state, end, 1, argument(end, path1));
	if (shape->at && path0 > 1)
		section_directory(b, state, 0, argument(end, path0), argument(end, path0 - 1));
	if (shape->at && path1 > 1)
		section_directory(b, state, 1, argument(end, path1), argument(end, path1 - 1));
	if (shape->open && end->result >= 0 && !(state->ring.request && state->ring.slotted))
		sections_opened(b, task, end);
	if (descriptor) {
		struct file *file = file_of(task, argument(end, 1));
		if (file)
			section_object(b, 0, file_dentry(file), OBJECT_DESCRIPTOR);
	}
	if (shape->address)
		section_address(b, state, end, shape->address);
	return 0;
}

static __always_inline void section_cwd(struct builder *b, struct task_struct *task)
{
	struct fs_struct *fs = READ(task, fs);

	if (fs)
		section_path(b, &fs->pwd, SECTION_CWD);
}

#endif
