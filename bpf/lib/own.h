/* SPDX-License-Identifier: GPL-2.0 */
/* EVENT_OWN: what the kernel's audit tells of the current task although no rule asks for it. */
#ifndef NESTAUDIT_OWN_H
#define NESTAUDIT_OWN_H

#include "container.h"
#include "gate.h"
#include "subject.h"

/* Its state, if somebody may want to know; else NULL. */
static __always_inline struct task_state *own_state(struct task_struct *task)
{
	if (task->tgid == control.collector)
		return NULL;
	struct task_state *state = task_state_of(task);
	if (!state) {
		count_unkept();
		return NULL;
	}
	uint32_t policy = state->policy;
	struct policy_entry *entry = bpf_map_lookup_elem(&policies, &policy);
	return policy == POLICY_UNDECIDED || !entry || entry->daemons ? state : NULL;
}

/* Begins the event with all that EVENT_PROCESS would say. */
static __noinline int own_start(struct builder *b, struct task_state *state)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct subject *subject = subject_memory();

	if (!subject)
		return 0;
	container_announce(state, task);
	process_key_ids(&subject->key, task);
	process_key_rest(&subject->key);
	return process_build(b, state, &subject->key, EVENT_OWN);
}

static __always_inline bool own_end(struct builder *b, struct task_state *state)
{
	state->parts = 1;
	if (builder_submit(b))
		return true;
	count_loss(state->contid, state->policy, ~0u,
		   b->flags & EVENT_OF_SYSCALL ? LOSS_PART : LOSS_RING_FULL);
	return false;
}

/* Tells of a record of this type, whose numbers are in subject_memory()->own; false if the ring
 * refused it. */
static __noinline int own_tell(struct task_state *state, uint32_t type, uint32_t flags)
{
	struct subject *subject = subject_memory();
	struct builder b;

	if (!subject || !own_start(&b, state))
		return 0;
	uint8_t *data = section_data(&b);
	if (!data)
		return 0;
	__builtin_memcpy(data, subject->own, sizeof(subject->own));
	section_close(&b, SECTION_SPECIAL, type, sizeof(subject->own));
	b.flags |= flags;
	return own_end(&b, state);
}

/*
 * The syscall that the task is in is told at its end, whatever the gate says. Where only some ends
 * are looked at, Sources/Capture/SyscallEnds.swift has to know of it.
 */
static __always_inline void own_syscall(struct task_state *state)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pt_regs *regs = (void *)bpf_task_pt_regs(task);

	if (state->owned || !end_is_seen(arch_of(task), regs->orig_ax))
		return;
	state->owned = 1;
	__sync_fetch_and_add(&control.owned, 1);
}

/* Whether that was said of the syscall that ends; no longer of the next one. */
static __always_inline bool own_take(struct task_state *state)
{
	if (!state || !state->owned)
		return false;
	state->owned = 0;
	__sync_fetch_and_add(&control.owned, -1);
	return true;
}

#endif
