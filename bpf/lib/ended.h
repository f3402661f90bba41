/* SPDX-License-Identifier: GPL-2.0 */
/* A syscall has ended: who tells it, and that one bit decides for nearly all of them. */
#ifndef NESTAUDIT_ENDED_H
#define NESTAUDIT_ENDED_H

#include "owned.h"
#include "syscall.h"

#define ERESTARTSYS           512 /* include/linux/errno.h: never seen by a program */
#define ENOIOCTLCMD           515
#define ERESTART_RESTARTBLOCK 516
#define EINTR                 4

#define FAN_ENABLE_AUDIT 0x40 /* include/uapi/linux/fanotify.h: of fanotify_init */

/* Tells of a syscall that rules may ask for, if `asked`, or that brings along what none does. */
static __always_inline int syscall_told(struct pt_regs *regs, uint32_t arch, int64_t result,
					const bool asked, bool owned)
{
	int32_t syscall = regs->orig_ax;

	/* Said at sched_process_exec, or by the parent. */
	if (result == 0 && (is_execve(arch, syscall) || is_fork(arch, syscall)))
		return 0;

	struct syscall_end *end = syscall_end_memory();
	if (!end)
		return 0;
	end->flags = owned ? EVENT_OWNED : 0;
	end->arch = arch;
	end->syscall = syscall;
	/* kernel/auditsc.c, audit_return_fixup */
	if (result <= -ERESTARTSYS && result >= -ERESTART_RESTARTBLOCK && result != -ENOIOCTLCMD)
		result = -EINTR;
	end->result = result;
	arguments_of(regs, arch, end->args);
	syscall_capture(end, asked, false);
	return 0;
}

/*
 * A listener whose answers are told in calls that no rule names: that the ends of all have to be
 * seen is for the collector to arrange.
 */
static __always_inline void notice_listener(struct pt_regs *regs, int64_t result)
{
	int32_t syscall = regs->orig_ax;

	if ((syscall != 300 && syscall != 338) || result < 0)
		return;
	if (arch_of(bpf_get_current_task_btf()) == POLICY_ARCH_64) {
		if (syscall == 300 && regs->di & FAN_ENABLE_AUDIT)
			control.answers = 1;
	} else if (syscall == 338 && regs->bx & FAN_ENABLE_AUDIT) {
		control.answers = 1;
	}
}

/* It has ended, and with it its own function if `function`: only one of both tells of it. */
static __always_inline int syscall_ended(struct pt_regs *regs, int64_t result, bool function)
{
	int32_t syscall = regs->orig_ax;
	bool owned = may_be_owned(regs, syscall);

	if (function && !control.answers)
		notice_listener(regs, result);
	if (!owned && !gate_open_any(syscall))
		return 0;
	uint32_t arch = arch_of(bpf_get_current_task_btf());
	if (ends_by_function(arch, syscall) != function)
		return 0;
	owned = owned && owned_at_end(syscall, result);
	if (!owned && !gate_open(arch, syscall))
		return 0;
	return syscall_told(regs, arch, result, true, owned);
}

#endif
