/* SPDX-License-Identifier: GPL-2.0 */
/* EVENT_ARGV: the whole argument list of a new program, in chunks, before the event it belongs to.
 */
#ifndef NESTAUDIT_ARGV_H
#define NESTAUDIT_ARGV_H

#include "ring.h"

#define ARGV_CHUNKS_MAX 1024 /* 8 MiB: more than MAX_ARG_STRINGS allows on a 6 MiB stack */

struct argv_walk {
	uint64_t start;
	uint64_t length;
	uint64_t cgroup;
	uint64_t contid;
	uint32_t account;
	uint32_t task;
	uint32_t refused;
};

static long argv_chunk(uint32_t index, struct argv_walk *w)
{
	struct builder b;
	uint64_t offset = (uint64_t)index * EVENT_ARGV_CHUNK;

	if (offset >= w->length)
		return 1;
	uint64_t length = w->length - offset;
	if (length > EVENT_ARGV_CHUNK)
		length = EVENT_ARGV_CHUNK;
	struct event_argv *event = builder_start(&b, EVENT_ARGV, sizeof(struct event_argv),
						 w->cgroup, w->contid, w->account, w->task);
	if (!event)
		return 1;
	event->offset = offset;
	event->length = length;
	if (bpf_probe_read_user(event + 1, length, (void *)(w->start + offset))) {
		__builtin_memset(event + 1, 0, 8);
		event->length = 0;
		length = 0;
		b.flags |= EVENT_UNREADABLE;
	}
	b.size = (sizeof(*event) + length + 7) & ~7u;
	if (!builder_submit(&b)) {
		w->refused = 1;
		return 1;
	}
	return 0;
}

/* Submits the arguments of `task`; how many bytes, or -1 if the ring refused a part. */
static __noinline int64_t argv_submit(struct task_state *state, struct task_struct *task)
{
	struct mm_struct *mm = READ(task, mm);
	struct argv_walk walk = {.start = READ(mm, arg_start),
				 .cgroup = state->cgroup,
				 .contid = state->contid,
				 .account = state->account,
				 .task = READ(task, pid)};

	walk.length = READ(mm, arg_end) - walk.start;
	bpf_loop(ARGV_CHUNKS_MAX, argv_chunk, &walk, 0);
	return walk.refused ? -1 : (int64_t)walk.length;
}

#endif
