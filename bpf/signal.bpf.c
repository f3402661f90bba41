/* SPDX-License-Identifier: GPL-2.0 */
/* Whom a signal goes to is known while it is sent: later the process may be gone. */
#include "lib/seccomp.h"
#include "lib/syscall.h"

#define SIGSYS      31
#define SYS_SECCOMP 1

/* kernel/signal.c, si_fromuser; and not a timer's, which interrupts a syscall of this kind. */
static __always_inline bool is_sent_by_syscall(uint32_t arch, int32_t syscall, uint64_t args[6],
					       struct kernel_siginfo *info)
{
	int32_t code = 0, given = 0;

	if ((uint64_t)info < 2)
		return !info;
	code = READ(info, si_code);
	/* The kernel's own codes a task may queue for itself: nobody is asked then. */
	if (code > 0)
		return false;
	if (queued_code(queued_info(arch, syscall, args), &given))
		return code == given;
	return code == 0 /* SI_USER */ || code == -6 /* SI_TKILL */;
}

SEC("tp_btf/signal_generate")
int BPF_PROG(nestaudit_signal, int signal, struct kernel_siginfo *info, struct task_struct *target)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pt_regs *regs = (void *)bpf_task_pt_regs(task);
	uint32_t arch = arch_of(task);
	int32_t syscall = READ(regs, orig_ax);
	uint64_t args[6];
	uint32_t muted;

	if (signal == SIGSYS && target == task && (uint64_t)info >= 2 &&
	    !(control.hooks & HOOK_SECCOMP) && READ(info, si_code) == SYS_SECCOMP)
		seccomp_signal(task);
	/* A kernel thread has no syscall. */
	if (!READ(task, mm) || is_ptrace(arch, syscall) || !sends_signal(arch, syscall) ||
	    !gate_open(arch, syscall) || task->tgid == control.collector)
		return 0;
	arguments_of(regs, arch, args);
	if (!is_sent_by_syscall(arch, syscall, args, info))
		return 0;
	struct task_state *state = task_state_of(task);
	if (!state || !policy_open(state, arch, syscall, &muted))
		return 0;
	parts_check(state);
	struct policy_cgroup *known =
	    cgroup_known(LOAD(target, cgroups, dfl_cgrp, kn), cgroup_of(target));
	if (control.declared)
		known = declared_known(target, known);
	state->targets +=
	    target_submit(state, kernel_address(target), TARGET_SENT, known ? known->contid : 0);
	return 0;
}
