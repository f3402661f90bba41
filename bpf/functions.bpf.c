/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The end of a syscall where its own function returns: whoever makes another one pays nothing.
 * Functions can be preempted where the kernel can be, and the memory is one a CPU, so this is for
 * kernels that cannot.
 *
 * Each function stands for all of its type: a small program on each of those hands over to the
 * program here, which is itself attached to nothing (Sources/Capture/SyscallFunctions.swift).
 */
#include "lib/ended.h"

SEC("fexit/__x64_sys_openat")
int nestaudit_function(uint64_t *arguments)
{
	return syscall_ended((struct pt_regs *)arguments[0], arguments[1], true);
}

/* For those whose only argument is called otherwise in the kernel's types: loaded for one of them.
 */
SEC("fexit")
int nestaudit_function_unused(uint64_t *arguments)
{
	return syscall_ended((struct pt_regs *)arguments[0], arguments[1], true);
}

/*
 * The end of what decides a syscall's result, for one that brings along what no rule asks for and
 * is too common to be looked at whenever it ends. If a rule asks for it, its end tells both.
 */
static __always_inline int owned_inside(int64_t result)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);
	int32_t syscall = regs->orig_ax;
	uint32_t arch = arch_of(task);

	if (gate_open(arch, syscall) || ends_by_function(arch, syscall) ||
	    !may_be_owned(regs, syscall) || !owned_at_end(syscall, result))
		return 0;
	return syscall_told(regs, arch, result, false, true);
}

/* LOGIN: fs/proc/base.c; only its first write can succeed, or be heard of. */
SEC("fexit/proc_loginuid_write")
int nestaudit_loginuid_written(uint64_t *arguments)
{
	return owned_inside(arguments[4]);
}

/* ANOM_PROMISCUOUS: net/netlink/af_netlink.c. */
SEC("fexit/netlink_sendmsg")
int nestaudit_netlink_sent(uint64_t *arguments)
{
	return owned_inside((int32_t)arguments[3]);
}
