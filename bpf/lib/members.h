/* SPDX-License-Identifier: GPL-2.0 */
/* What an event has several of: its task's groups, the containers around it, the files it names. */
#ifndef NESTAUDIT_MEMBERS_H
#define NESTAUDIT_MEMBERS_H

#include "view.h"

#define GROUPS_MAX 64 /* with more of them the collector tells */

/* CONTID in a table: enum rule_field. */
#define CONTID_UNSET (~0u)
#define CONTID_LARGE (CONTID_UNSET - 1)

static __always_inline void object_add(struct subject_objects *objects, struct dentry *dentry)
{
	struct inode *inode = dentry ? READ(dentry, d_inode) : NULL;
	uint32_t count = objects->count;

	if (!dentry || count >= OBJECTS_MAX)
		return;
	if (!inode) {
		objects->count = JUDGE_UNKNOWN;
		return;
	}
	struct subject_object *object = &objects->object[count & (OBJECTS_MAX - 1)];
	object->ino = READ(inode, i_ino);
	object->dev = READ(inode, i_sb, s_dev);
	object->rdev = READ(inode, i_rdev);
	object->mode = READ(inode, i_mode);
	object->uid = READ(inode, i_uid.val);
	object->gid = READ(inode, i_gid.val);
	objects->count = count + 1;
}

/* How many files the syscall names; gathered when first asked. */
static __always_inline uint32_t objects_of(struct subject *subject)
{
	struct subject_objects *objects = &subject->objects;
	struct syscall_end *end = syscall_end_found();
	struct subject_files files = {};

	if (!end)
		return JUDGE_UNKNOWN;
	if (objects->gathered)
		return objects->count;
	objects->gathered = 1;
	objects->count = 0;
	subject_files(subject, end, &files);
	object_add(objects, files.dentry);
	object_add(objects, files.other);
	object_add(objects, files.opened);
	if (files.doubt)
		objects->count = JUDGE_UNKNOWN;
	return objects->count;
}

/* JUDGE_UNKNOWN: not known here. Not static: verified once. */
__noinline uint32_t subject_count(uint64_t view, uint32_t field)
{
	struct subject *subject = subject_memory();
	uint32_t count;

	if (!subject)
		return JUDGE_UNKNOWN;
	switch (field) {
	case RULE_FIELD_GID:
	case RULE_FIELD_EGID:
		count = LOAD(bpf_get_current_task_btf(), cred, group_info, ngroups);
		return count > GROUPS_MAX ? JUDGE_UNKNOWN : count + 1;
	case RULE_FIELD_CONTID:
		count = contids_inside(subject->contid, view);
		return count ? count : 1;
	case RULE_FIELD_DEVMAJOR:
	case RULE_FIELD_DEVMINOR:
		count = objects_of(subject);
		return count == JUDGE_UNKNOWN ? count : 2 * count;
	default:
		return objects_of(subject);
	}
}

static __always_inline uint64_t member_group(struct subject *subject, uint64_t view, uint32_t field,
					     uint32_t number)
{
	struct task_struct *task = bpf_get_current_task_btf();
	uint32_t group = 0;

	if (number == 0)
		return subject_value(view, field);
	bpf_probe_read_kernel(&group, sizeof(group),
			      &LOAD(task, cred, group_info)->gid[number - 1]);
	return view_number(view, true, group);
}

static __always_inline uint64_t member_contid(struct subject *subject, uint64_t view,
					      uint32_t number)
{
	uint64_t contid = subject->contid;

	contids_outwards(&contid, view, number);
	if (!contid)
		return JUDGE_ANSWER(ANSWER_KNOWN, CONTID_UNSET);
	contid = contid_number(contid);
	return JUDGE_ANSWER(ANSWER_KNOWN, contid > CONTID_LARGE ? CONTID_LARGE : (uint32_t)contid);
}

/* One of the files: what a field, or a -C, has of it. */
static __always_inline uint64_t member_object(struct subject *subject, uint64_t view,
					      uint32_t field, uint32_t number)
{
	bool is_device = field == RULE_FIELD_DEVMAJOR || field == RULE_FIELD_DEVMINOR;
	uint32_t index = is_device ? number / 2 : number;
	struct subject_object *object = &subject->objects.object[index & (OBJECTS_MAX - 1)];
	uint32_t dev = number & 1 ? object->rdev : object->dev;

	switch (field) {
	case RULE_FIELD_INODE:
		return JUDGE_ANSWER(ANSWER_KNOWN, object->ino);
	case RULE_FIELD_DEVMAJOR:
		return JUDGE_ANSWER(ANSWER_KNOWN, dev >> 20);
	case RULE_FIELD_DEVMINOR:
		return JUDGE_ANSWER(ANSWER_KNOWN, dev & 0xfffff);
	case RULE_FIELD_FILETYPE:
		return JUDGE_ANSWER(ANSWER_KNOWN, object->mode & 0170000);
	case RULE_FIELD_OBJ_UID:
		return view_number(view, false, object->uid);
	case RULE_FIELD_OBJ_GID:
		return view_number(view, true, object->gid);
	}
	const struct compared *pair = compared_by(field);
	uint64_t owner = view_number(view, pair->group, pair->group ? object->gid : object->uid);
	uint64_t own = subject_value(view, pair->left);
	if (own >> 32 != ANSWER_KNOWN || owner >> 32 != ANSWER_KNOWN)
		return JUDGE_ANSWER(ANSWER_UNKNOWN, 0);
	bool unset = subject->judge.value[RULE_FIELD_AUID] == ID_UNSET;
	return JUDGE_ANSWER(ANSWER_KNOWN, ((uint32_t)own == (uint32_t)owner) | unset << 1);
}

/* One of them: JUDGE_ANSWER. Not static: verified once. */
__noinline uint64_t subject_member(uint64_t view, uint32_t field, uint32_t number)
{
	struct subject *subject = subject_memory();

	if (!subject || number > GROUPS_MAX)
		return JUDGE_ANSWER(ANSWER_UNKNOWN, 0);
	if (field == RULE_FIELD_GID || field == RULE_FIELD_EGID)
		return member_group(subject, view, field, number);
	if (field == RULE_FIELD_CONTID)
		return member_contid(subject, view, number);
	return member_object(subject, view, field, number);
}

#endif
