/* SPDX-License-Identifier: GPL-2.0 */
/* The end of every syscall: one bit decides for nearly all of them. */
#include "lib/login.h"
#include "lib/syscall.h"

#define ERESTARTSYS           512 /* include/linux/errno.h: never seen by a program */
#define ENOIOCTLCMD           515
#define ERESTART_RESTARTBLOCK 516
#define EINTR                 4

SEC("tp_btf/sys_exit")
int BPF_PROG(nestaudit_sys_exit, struct pt_regs *regs, long result)
{
	int32_t syscall = regs->orig_ax;

	bool owned = may_be_owned(regs, syscall) && owned_at_end(syscall, result);
	if (!owned && !gate_open_any(syscall))
		return 0;
	uint32_t arch = arch_of(bpf_get_current_task_btf());
	if (!owned && !gate_open(arch, syscall))
		return 0;
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
	syscall_capture(end);
	return 0;
}
