/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the name of an open is held against, where it was read from the caller's memory when the
 * call had ended: Sources/Collector/Delivery/NameCheck.swift has the rest.
 */
#ifndef NESTAUDIT_AGAINST_H
#define NESTAUDIT_AGAINST_H

#include "end.h"
#include "object.h"
#include "path.h"

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
__noinline int sections_against(struct builder *b, struct syscall_end *end)
{
	if (!b || !end)
		return 0;
	struct task_struct *task = bpf_get_current_task_btf();
	const volatile struct shape *shape = shape_of(end->arch, end->syscall);
	struct file *file = file_of(task, end->result);
	uint8_t *memory = scratch_memory();

	if (!file || !memory)
		return 0;
	uint32_t text = at_most(path_walk((uint64_t)&file->f_path, 1), PATH_END);
	struct event_section *name = (void *)(memory + OPENED_NAME - sizeof(*name));
	if (memory[OPENED_NAME] == '/' && name_is_path(file, name, text)) {
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

#endif
