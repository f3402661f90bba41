/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Times of change: fs/inode.c, by whichever way they are set. Attached only while a rule names a
 * rename, with the backend that has no hook in one.
 */
#include "lib/syscall.h"

static __noinline int change_time(struct inode *inode)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pt_regs *regs = (void *)bpf_task_pt_regs(task);
	uint32_t arch = arch_of(task);
	uint32_t syscall = READ(regs, orig_ax);
	uint32_t muted;

	if (!entry_replaces(arch, syscall) || !gate_open(arch, syscall) || !READ(task, mm) ||
	    task->tgid == control.collector)
		return 0;
	struct task_state *state = task_state_of(task);
	if (!state || !policy_open(state, arch, syscall, &muted))
		return 0;
	parts_check(state);
	return changed_keep(state, inode);
}

SEC("tp_btf/inode_set_ctime_to_ts")
int BPF_PROG(nestaudit_change, struct inode *inode)
{
	return change_time(inode);
}

SEC("tp_btf/ctime_ns_xchg")
int BPF_PROG(nestaudit_change_exchanged, struct inode *inode)
{
	return change_time(inode);
}

SEC("tp_btf/ctime_xchg_skip")
int BPF_PROG(nestaudit_change_skipped, struct inode *inode)
{
	return change_time(inode);
}
