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
__noinline int section_directory(struct builder *b, struct task_state *state, uint32_t index,
				 uint64_t path, uint32_t descriptor)
{
	if (!b || !state)
		return 0;
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
__noinline int sections_of_shape(struct builder *b, struct task_state *state,
				 struct syscall_end *end)
{
	if (!b || !end || !state)
		return 0;
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
