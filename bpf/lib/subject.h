/* SPDX-License-Identifier: GPL-2.0 */
/* What rules are asked about: one syscall of the current task, in the kernel's numbers. */
#ifndef NESTAUDIT_SUBJECT_H
#define NESTAUDIT_SUBJECT_H

#include "hits.h"
#include "process.h"

/* One a CPU: our tracepoints run with preemption off. */
struct subject {
	uint32_t arch; /* enum policy_arch */
	int32_t syscall;
	int64_t result;
	uint64_t is_exec;
	uint64_t
	    exec[2]; /* is_exec: dentries of the program and of its loader; 0: not known, none */
	struct watch_hits names;
	struct watch_hits exe;
	struct judge judge;
	struct process_key key;
};
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct subject);
} subjects SEC(".maps");

static __always_inline struct subject *subject_memory(void)
{
	uint32_t zero = 0;
	return bpf_map_lookup_elem(&subjects, &zero);
}

#define PERM_ALL (~0u) /* not an open: the rules of its syscall are those of its permissions */

/* kernel/auditsc.c, audit_match_perm: an open is judged by its access mode, the rest by the rule's
 * syscalls. */
static __always_inline uint32_t open_perm(uint32_t arch, int32_t syscall, uint64_t args[6])
{
	static const uint8_t access[4] = {4, 2, 6, 6};
	uint64_t flags = 0;

	if (arch == POLICY_ARCH_32 && syscall == 102 /* socketcall */)
		return args[0] == 2 /* SYS_BIND */ ? 2 : 0;
	switch (shape_of(arch, syscall)->open) {
	case OPEN_FLAGS_2:
		flags = args[1];
		break;
	case OPEN_FLAGS_3:
		flags = args[2];
		break;
	case OPEN_HOW:
		bpf_probe_read_user(&flags, sizeof(flags),
				    (void *)(arch == POLICY_ARCH_32 ? (uint32_t)args[2] : args[2]));
		break;
	default:
		return PERM_ALL;
	}
	return access[flags & 3];
}

static __always_inline void subject_fill(struct subject *subject, uint32_t arch, int32_t syscall,
					 uint64_t args[6], int64_t result, bool no_result)
{
	struct process_key *key = &subject->key;
	uint32_t *value = subject->judge.value;

	subject->arch = arch;
	subject->syscall = syscall;
	subject->result = result;
	subject->judge.no_result = no_result;
	subject->is_exec = 0;
	subject->names.gathered = 0;
	subject->exe.gathered = 0;
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
	value[RULE_FIELD_A0] = args[0];
	value[RULE_FIELD_A1] = args[1];
	value[RULE_FIELD_A2] = args[2];
	value[RULE_FIELD_A3] = args[3];
	value[RULE_FIELD_PERM] = open_perm(arch, syscall, args);
}

/*
 * How many keys of watches the names of the syscall have, or the program that the task runs;
 * gathered when first asked. Not static: verified once.
 */
__noinline uint32_t subject_hits(uint32_t exe)
{
	struct subject *subject = subject_memory();

	if (!subject || control.needs & NEED_COLLECTOR)
		return JUDGE_UNKNOWN;
	struct watch_hits *hits = exe ? &subject->exe : &subject->names;
	if (hits->gathered)
		return hits->count;
	hits->gathered = 1;
	hits->count = 0;
	struct dentry *dentry = (void *)subject->exec[0], *other = (void *)subject->exec[1];
	uint32_t reach = hits_reach();
	bool doubt = false;
	if (exe) {
		struct file *file = BPF_CORE_READ(bpf_get_current_task_btf(), mm, exe_file);
		dentry = file ? file_dentry(file) : NULL;
		other = NULL;
		reach = 1;
	} else if (!subject->is_exec) {
		struct file *file =
		    syscall_file(subject->arch, subject->syscall,
				 subject->judge.value[RULE_FIELD_A0], subject->result, &doubt);
		dentry = file ? file_dentry(file) : NULL;
		other = NULL;
		if (file)
			hits_of_directory(hits, file);
	} else {
		doubt = !dentry;
	}
	if (dentry)
		hits_of_dentry(hits, dentry, reach);
	if (other)
		hits_of_dentry(hits, other, reach);
	if (doubt)
		hits->count = JUDGE_UNKNOWN;
	return hits->count;
}

#endif
