/* SPDX-License-Identifier: GPL-2.0 */
/* What rules are asked about: one syscall of the current task, in the kernel's numbers. */
#ifndef NESTAUDIT_SUBJECT_H
#define NESTAUDIT_SUBJECT_H

#include "address.h"
#include "hits.h"
#include "process.h"

#define OBJECTS_MAX 2

/* Of what the rules ask of files; in the kernel's numbers. */
struct subject_object {
	uint32_t ino;
	uint32_t dev;
	uint32_t rdev;
	uint32_t mode;
	uint32_t uid;
	uint32_t gid;
};

struct subject_objects {
	uint32_t gathered;
	uint32_t count; /* JUDGE_UNKNOWN: not known */
	struct subject_object object[OBJECTS_MAX];
};

struct subject {
	uint64_t own[8]; /* what a record of the kernel's own says */
	uint64_t contid; /* of the container */
	uint64_t is_exec;
	uint64_t
	    exec[2]; /* is_exec: dentries of the program and of its loader; 0: not known, none */
	struct watch_hits names;
	struct watch_hits exe;
	struct subject_objects objects;
	struct judge judge;
	struct process_key key;
};
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, MEMORY_PLACES);
	__type(key, uint32_t);
	__type(value, struct subject);
} subjects SEC(".maps");

static __always_inline struct subject *subject_memory(void)
{
	uint32_t place = memory_place();
	return bpf_map_lookup_elem(&subjects, &place);
}

#define PERM_ALL (~0u) /* not an open: the rules of its syscall are those of its permissions */

/* kernel/auditsc.c, audit_match_perm: an open is judged by its access mode, the rest by the rule's
 * syscalls. */
static __always_inline uint32_t open_perm(struct syscall_end *end)
{
	static const uint8_t access[4] = {4, 2, 6, 6};
	uint32_t how = shape_of(end->arch, end->syscall)->open;

	if (end->arch == POLICY_ARCH_32 && end->syscall == 102 /* socketcall */)
		return end->args[0] == SYS_BIND ? 2 : 0;
	if (how == OPEN_NONE || how == OPEN_CREAT || how == OPEN_QUEUE)
		return PERM_ALL;
	return access[open_flags_of(end) & 3];
}

static __always_inline void subject_fill(struct subject *subject, struct syscall_end *end)
{
	struct process_key *key = &subject->key;
	uint32_t *value = subject->judge.value;
	int64_t result = end->result;

	subject->judge.no_result = end->flags & EVENT_NO_RESULT;
	subject->is_exec = 0;
	subject->names.gathered = 0;
	subject->exe.gathered = 0;
	subject->objects.gathered = 0;
	value[RULE_FIELD_PID] = key->tgid;
	value[RULE_FIELD_PPID] = key->ppid;
	value[RULE_FIELD_UID] = key->uid;
	value[RULE_FIELD_EUID] = key->euid;
	value[RULE_FIELD_SUID] = key->suid;
	value[RULE_FIELD_FSUID] = key->fsuid;
	value[RULE_FIELD_AUID] = key->auid;
	value[RULE_FIELD_GID] = key->gid;
	value[RULE_FIELD_EGID] = key->egid;
	value[RULE_FIELD_SGID] = key->sgid;
	value[RULE_FIELD_FSGID] = key->fsgid;
	value[RULE_FIELD_SESSION] = key->ses;
	value[RULE_FIELD_PERS] = key->personality;
	value[RULE_FIELD_EXIT] = (uint32_t)result;
	value[RULE_FIELD_SUCCESS] = result < 0 && result >= -4095 ? 2 : 1;
	value[RULE_FIELD_A0] = end->args[0];
	value[RULE_FIELD_A1] = end->args[1];
	value[RULE_FIELD_A2] = end->args[2];
	value[RULE_FIELD_A3] = end->args[3];
	value[RULE_FIELD_PERM] = open_perm(end);
}

struct subject_files {
	struct dentry *dentry, *other;
	struct dentry *opened; /* the directory of an open that creates */
	bool doubt;
};

/* The files that the syscall names. */
static __always_inline void subject_files(struct subject *subject, struct syscall_end *end,
					  struct subject_files *files)
{
	struct file *file = NULL;

	files->dentry = files->other = NULL;
	files->opened = NULL;
	files->doubt = false;
	if (subject->is_exec) {
		files->dentry = (void *)subject->exec[0];
		files->other = (void *)subject->exec[1];
		files->doubt = !files->dentry;
		return;
	}
	file = syscall_file(end, &files->doubt);
	if (!file)
		return;
	files->dentry = file_dentry(file);
	/* With O_CREAT the directory that a file was opened in is a name too. */
	if (shape_of(end->arch, end->syscall)->open && open_flags_of(end) & O_CREAT)
		files->opened = READ(file, f_path.dentry, d_parent);
}

/*
 * How many keys of watches the names of the syscall have, or the program that the task runs;
 * gathered when first asked. Not static: verified once.
 */
__noinline uint32_t subject_hits(uint32_t exe)
{
	struct subject *subject = subject_memory();
	struct syscall_end *end = syscall_end_found();
	struct subject_files files = {};

	if (!subject || !end || control.needs & NEED_COLLECTOR)
		return JUDGE_UNKNOWN;
	struct watch_hits *hits = exe ? &subject->exe : &subject->names;
	if (hits->gathered)
		return hits->count;
	hits->gathered = 1;
	hits->count = 0;
	uint32_t reach = hits_reach();
	if (exe) {
		struct file *file = READ(bpf_get_current_task_btf(), mm, exe_file);
		files.dentry = file ? file_dentry(file) : NULL;
		reach = 1;
	} else {
		subject_files(subject, end, &files);
	}
	if (files.opened)
		hits_of_directory(hits, files.opened);
	if (files.dentry)
		hits_of_dentry(hits, files.dentry, reach);
	if (files.other)
		hits_of_dentry(hits, files.other, reach);
	if (files.doubt)
		hits->count = JUDGE_UNKNOWN;
	return hits->count;
}

#endif
