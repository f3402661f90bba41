/* SPDX-License-Identifier: GPL-2.0 */
/* The current task's numbers as a daemon sees them: Sources/AuditRecords/NamespaceView.swift does
 * the same with the event. */
#ifndef NESTAUDIT_VIEW_H
#define NESTAUDIT_VIEW_H

#include "contids.h"
#include "subject.h"
#include "taken.h"

#define ID_UNSET    (~0u)
#define ID_OVERFLOW 65534 /* include/linux/highuid.h, DEFAULT_OVERFLOWUID */

/* A deeper PID namespace is left to the collector. */
#define VIEW_LEVELS_MAX 8

static __always_inline bool is_group(uint32_t field)
{
	return field >= RULE_FIELD_GID && field <= RULE_FIELD_FSGID;
}

/* An id of the kernel in the view; false if the map is too long to be known here. */
static __always_inline bool view_id(struct policy_view *view, bool group, uint32_t *id)
{
	uint32_t extents = group ? view->gid_extents : view->uid_extents;
	const struct policy_extent *extent = group ? view->gid : view->uid;
	uint32_t kernel = *id;

	if (kernel == ID_UNSET)
		return true;
	if (extents > POLICY_EXTENTS_MAX)
		return false;
	*id = ID_OVERFLOW;
	for (uint32_t i = 0; i < POLICY_EXTENTS_MAX && i < extents; i++) {
		uint32_t offset = kernel - extent[i].lower;
		if (kernel >= extent[i].lower && offset < extent[i].count)
			*id = extent[i].first + offset;
	}
	return true;
}

/* The thread group's number, or its parent's, in the view's PID namespace; 0 outside. */
static __always_inline bool view_pid(struct policy_view *view, bool parent, uint32_t *number)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pid *group = READ(task, signal, pids[PIDTYPE_TGID]);
	uint32_t level = READ(group, level);

	if (parent)
		group = READ(task, real_parent, signal, pids[PIDTYPE_TGID]);
	if (level >= VIEW_LEVELS_MAX)
		return false;
	uint32_t last = READ(group, level);
	/* Linux 6.1 does not see where the loop ends by comparisons alone. */
	last = at_most(last < level ? last : level, VIEW_LEVELS_MAX - 1);
	*number = view->pidns ? 0 : READ(group, numbers[0].nr);
	for (uint32_t i = 1; i <= last; i++) {
		struct upid upid = {};
		bpf_probe_read_kernel(&upid, sizeof(upid), &group->numbers[i]);
		struct pid_namespace *ns = upid.ns;
		if (READ(ns, ns.inum) == view->pidns)
			*number = upid.nr;
	}
	return true;
}

/* An id of the kernel in the view whose key is `contid`: JUDGE_ANSWER. */
static __always_inline uint64_t view_number(uint64_t contid, bool group, uint32_t id)
{
	if (contid) {
		struct policy_view *view = bpf_map_lookup_elem(&views, &contid);
		if (!view || !view_id(view, group, &id))
			return JUDGE_ANSWER(ANSWER_UNKNOWN, 0);
	}
	return JUDGE_ANSWER(ANSWER_KNOWN, id);
}

/* A number of the subject in the view whose key is `contid`; false if it is not known here. */
static __always_inline bool view_value(struct subject *subject, uint64_t contid, uint32_t field,
				       uint32_t *value)
{
	uint32_t number = subject->judge.value[field & 31];

	if (contid && field <= RULE_FIELD_FSGID) {
		struct policy_view *view = bpf_map_lookup_elem(&views, &contid);
		if (!view)
			return false;
		if (field <= RULE_FIELD_PPID) {
			if (!view_pid(view, field == RULE_FIELD_PPID, &number))
				return false;
		} else if (!view_id(view, is_group(field), &number)) {
			return false;
		}
	}
	*value = number;
	return true;
}

/* What -C compares; include/uapi/linux/audit.h, AUDIT_COMPARE_*. */
struct compared {
	uint8_t left;
	uint8_t right; /* 0: the owner of a file, … */
	uint8_t group; /* … or its group */
};
static const struct compared comparisons[32] = {
    [1] = {RULE_FIELD_UID},
    [2] = {RULE_FIELD_GID, .group = 1},
    [3] = {RULE_FIELD_EUID},
    [4] = {RULE_FIELD_EGID, .group = 1},
    [5] = {RULE_FIELD_AUID},
    [6] = {RULE_FIELD_SUID},
    [7] = {RULE_FIELD_SGID, .group = 1},
    [8] = {RULE_FIELD_FSUID},
    [9] = {RULE_FIELD_FSGID, .group = 1},
    [10] = {RULE_FIELD_UID, RULE_FIELD_AUID},
    [11] = {RULE_FIELD_UID, RULE_FIELD_EUID},
    [12] = {RULE_FIELD_UID, RULE_FIELD_FSUID},
    [13] = {RULE_FIELD_UID, RULE_FIELD_SUID},
    [14] = {RULE_FIELD_AUID, RULE_FIELD_FSUID},
    [15] = {RULE_FIELD_AUID, RULE_FIELD_SUID},
    [16] = {RULE_FIELD_AUID, RULE_FIELD_EUID},
    [17] = {RULE_FIELD_EUID, RULE_FIELD_SUID},
    [18] = {RULE_FIELD_EUID, RULE_FIELD_FSUID},
    [19] = {RULE_FIELD_SUID, RULE_FIELD_FSUID},
    [20] = {RULE_FIELD_GID, RULE_FIELD_EGID},
    [21] = {RULE_FIELD_GID, RULE_FIELD_FSGID},
    [22] = {RULE_FIELD_GID, RULE_FIELD_SGID},
    [23] = {RULE_FIELD_EGID, RULE_FIELD_FSGID},
    [24] = {RULE_FIELD_EGID, RULE_FIELD_SGID},
    [25] = {RULE_FIELD_SGID, RULE_FIELD_FSGID},
};

static __always_inline const struct compared *compared_by(uint32_t field)
{
	return &comparisons[(field - RULE_FIELD_COMPARE + 1) & 31];
}

/* The one container's contid, or that there is none: all bits. */
static __always_inline uint64_t subject_contid_bits(uint64_t contid, uint64_t view)
{
	uint32_t count = contids_inside(contid, view);

	if (count > 1)
		return JUDGE_ANSWER(ANSWER_UNKNOWN, 0);
	return JUDGE_ANSWER(ANSWER_KNOWN, count ? (uint32_t)contid_number(contid) : ~0u);
}

/* The family of the address that the syscall was given. */
static __always_inline uint64_t subject_family(void)
{
	struct syscall_end *end = syscall_end_found();
	uint64_t address = 0;
	uint32_t length = 0;
	uint16_t family = 0;

	if (!end)
		return JUDGE_ANSWER(ANSWER_UNKNOWN, 0);
	uint32_t kind = shape_of(end->arch, end->syscall)->address;
	/* Of these it is known once the event is made. */
	if (address_kind(end) >= ADDRESS_MMSG)
		return JUDGE_ANSWER(ANSWER_UNKNOWN, 0);
	struct task_state *state =
	    bpf_task_storage_get(&tasks, bpf_get_current_task_btf(), NULL, 0);
	if (!kind || !state)
		return JUDGE_ANSWER(ANSWER_NONE, 0);
	switch (taken_answer(state, end, TAKEN_ADDRESS)) {
	case TAKEN_NOT:
		return JUDGE_ANSWER(ANSWER_NONE, 0);
	case TAKEN_KEPT: {
		struct taken_memory *memory = taken_memory(state, false);
		if (!memory)
			return JUDGE_ANSWER(ANSWER_NONE, 0);
		family = memory->address[0];
		if (memory->address_length > 1)
			family |= memory->address[1] << 8;
		return JUDGE_ANSWER(ANSWER_KNOWN, family);
	}
	case TAKEN_LOST:
		break;
	}
	if (!address_of(end, kind, &address, &length) ||
	    bpf_probe_read_user(&family, length < 2 ? 1 : 2, (void *)address))
		return JUDGE_ANSWER(ANSWER_NONE, 0);
	return JUDGE_ANSWER(ANSWER_KNOWN, family);
}

/*
 * What the subject has of a field, in the view whose key is `contid`: JUDGE_ANSWER. Not static:
 * verified once.
 */
__noinline uint64_t subject_value(uint64_t contid, uint32_t field)
{
	struct subject *subject = subject_memory();
	uint32_t value = 0, other = 0;

	if (!subject)
		return JUDGE_ANSWER(ANSWER_UNKNOWN, 0);
	if (field >= RULE_FIELD_COMPARE) {
		const struct compared *pair = compared_by(field);
		if (!view_value(subject, contid, pair->left, &value) ||
		    !view_value(subject, contid, pair->right, &other))
			return JUDGE_ANSWER(ANSWER_UNKNOWN, 0);
		bool unset = subject->judge.value[RULE_FIELD_AUID] == ID_UNSET;
		return JUDGE_ANSWER(ANSWER_KNOWN, (value == other) | unset << 1);
	}
	if (field == RULE_FIELD_SADDR_FAM)
		return subject_family();
	if (field == RULE_FIELD_CONTID_BITS)
		return subject_contid_bits(subject->contid, contid);
	if (subject->judge.no_result && (field == RULE_FIELD_EXIT || field == RULE_FIELD_SUCCESS))
		return JUDGE_ANSWER(ANSWER_NONE, 0);
	if (!view_value(subject, contid, field, &value))
		return JUDGE_ANSWER(ANSWER_UNKNOWN, 0);
	if (field == RULE_FIELD_PERM && value == PERM_ALL)
		return JUDGE_ANSWER(ANSWER_ALL, 0);
	return JUDGE_ANSWER(ANSWER_KNOWN, value);
}

#endif
