/* SPDX-License-Identifier: GPL-2.0 */
/* EVENT_SYSCALL: from the end of a syscall to the ring, once, however many daemons want it. */
#ifndef NESTAUDIT_SYSCALL_H
#define NESTAUDIT_SYSCALL_H

#include "address.h"
#include "against.h"
#include "container.h"
#include "given.h"
#include "gate.h"
#include "got.h"
#include "kept.h"
#include "match.h"
#include "reach.h"
#include "replaced.h"
#include "sections.h"
#include "target.h"
#include "tells.h"

/*
 * Whether some of these daemons may want a syscall: their rules name it, and not all of them kept
 * the task out when it was made; `muted` has those that did.
 */
static __always_inline bool policy_open(struct task_state *state, uint32_t arch, uint32_t syscall,
					uint32_t *muted)
{
	uint32_t policy = state->policy;
	struct policy_entry *entry = bpf_map_lookup_elem(&policies, &policy);

	*muted = 0;
	if (policy == POLICY_UNDECIDED || !entry)
		return true;
	if (state->muted_by == entry->serial)
		*muted = state->muted;
	return *muted + 1 != 1u << (entry->daemons & 31) &&
	       gate_bit(entry->gate[arch & (POLICY_ARCHES - 1)], syscall);
}

static __always_inline uint32_t cell_at(uint32_t arch, uint32_t syscall)
{
	return (arch & (POLICY_ARCHES - 1)) * POLICY_SYSCALLS + (syscall & (POLICY_SYSCALLS - 1));
}

static __always_inline uint32_t cell_of(struct syscall_end *end)
{
	return cell_at(end->arch, end->syscall);
}

/* What is asked of this syscall; NULL if there is no memory. */
static __always_inline struct subject *
syscall_subject(struct task_struct *task, struct task_state *state, struct syscall_end *end)
{
	struct subject *subject = subject_memory();

	if (!subject)
		return NULL;
	subject->contid = state->contid;
	process_key_ids(&subject->key, task);
	subject_fill(subject, end);
	return subject;
}

/*
 * Says what the collector must know before the event itself: the container, and the task's state.
 * If the ring refuses that, the event is lost, or what else was to come, for this cause.
 */
__noinline int syscall_announce(struct task_state *state, uint32_t wants, uint32_t cause)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct subject *subject = subject_memory();

	if (!state || !subject)
		return 0;
	container_announce(state, task);
	process_key_rest(&subject->key);
	if (process_say(state, &subject->key))
		return 1;
	count_loss(state->contid, state->policy, wants, cause);
	return 0;
}

static __always_inline bool syscall_start(struct builder *b, struct task_state *state,
					  struct syscall_end *end, uint32_t wants)
{
	struct event_syscall *event =
	    builder_start(b, EVENT_SYSCALL, sizeof(struct event_syscall), state->cgroup,
			  state->contid, state->account, (uint32_t)bpf_get_current_pid_tgid());
	if (!event)
		return false;
	b->flags = end->flags;
	event->arch = end->arch == POLICY_ARCH_64 ? AUDIT_ARCH_X86_64 : AUDIT_ARCH_I386;
	event->syscall = end->syscall;
	event->result = end->result;
	for (uint32_t i = 0; i < 6; i++)
		event->args[i] = end->args[i];
	event->policy = state->policy;
	event->generation = state->generation;
	event->wants = wants;
	event->argc = end->argc;
	event->argv_bytes = end->argv_bytes;
	event->targets = state->targets;
	event->touches = state->touches;
	event->open_flags = 0;
	if (shape_of(end->arch, end->syscall)->open == OPEN_HOW)
		event->open_flags = open_flags_of(end);
	return true;
}

static __always_inline void syscall_submit(struct builder *b, struct task_state *state,
					   uint32_t wants)
{
	if (!builder_submit(b))
		count_loss(state->contid, state->policy, wants, LOSS_RING_FULL);
}

/* The event of a syscall that some daemon may want. */
__noinline int syscall_tell(struct task_state *state, struct syscall_end *end, uint32_t wants)
{
	struct builder b;

	if (!state || !end)
		return 0;
	if (sends_signal(end->arch, end->syscall))
		targets_find(state, end);
	if (state->changes)
		replaced_tell(state, end);
	if (!syscall_start(&b, state, end, wants))
		return 0;
	if (state->entry.cell != cell_of(end))
		state->entry.kind = ENTRY_NONE;
	sections_of_shape(&b, state, end);
	if (b.flags & EVENT_CALLERS_NAMES && end->result >= 0 &&
	    shape_of(end->arch, end->syscall)->open)
		sections_against(&b, end);
	if (end->result < 0 && shape_of(end->arch, end->syscall)->path[0] &&
	    !(b.flags & EVENT_LOOKUPS))
		sections_reach(&b, end);
	if (end->result == 0 && entry_replaces(end->arch, end->syscall) && !state->changes &&
	    !state->touches)
		section_same(&b, end);
	if (is_got(address_kind(end)))
		section_got(&b, end, state);
	if (tells_of(end->arch, end->syscall) != TELLS_NOTHING)
		sections_special(&b, end, state);
	sections_kept(&b, end, state);
	if (state->entry.kind == ENTRY_CWD)
		section_former_cwd(&b);
	else
		section_cwd(&b, bpf_get_current_task_btf());
	syscall_submit(&b, state, end->flags & EVENT_OWNED ? ~0u : wants);
	return 0;
}

/* Likewise of exit and exit_group, of which there is nothing to tell but their numbers. */
static __noinline int exit_tell(struct task_state *state, struct syscall_end *end, uint32_t wants)
{
	struct builder b;

	if (!syscall_start(&b, state, end, wants))
		return 0;
	section_cwd(&b, bpf_get_current_task_btf());
	syscall_submit(&b, state, wants);
	return 0;
}

/*
 * A syscall that did not replace its program.
 * `asked`: rules may name it; `exits`: it is one of those that end the task.
 */
static __always_inline int syscall_capture(struct syscall_end *end, const bool asked,
					   const bool exits)
{
	struct task_struct *task = bpf_get_current_task_btf();

	if (task->tgid == control.collector)
		return 0;
	struct task_state *state = task_state_of(task);
	if (!state) {
		count_unkept();
		return 0;
	}
	parts_check(state);
	if (!exits && tells_of(end->arch, end->syscall) != TELLS_NOTHING)
		given_find(state, end);
	uint32_t muted;
	bool owned = end->flags & EVENT_OWNED;
	if ((policy_open(state, end->arch, end->syscall, &muted) || owned) &&
	    syscall_subject(task, state, end)) {
		uint32_t wants = asked ? match_policy(state->policy, cell_of(end), muted) : 0;
		if ((wants || owned) &&
		    syscall_announce(state, owned ? ~0u : wants, LOSS_RING_FULL)) {
			if (exits)
				exit_tell(state, end, wants);
			else
				syscall_tell(state, end, wants);
		}
	}
	parts_end(state);
	return 0;
}

#endif
