/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ANOM_ABEND: kernel/auditsc.c, audit_core_dumps, which fs/coredump.c calls first of all, whether a
 * core is written or not. kernel/signal.c, get_signal, gets there with a signal of this kind that
 * nobody handles; what a tracer has made of it is settled before.
 */
#include "lib/own.h"

#define SIGQUIT           3
#define SIGNAL_UNKILLABLE 0x40

/* include/linux/signal.h, SIG_KERNEL_COREDUMP_MASK: ILL, TRAP, ABRT, BUS, FPE, SEGV, XCPU, XFSZ,
 * SYS; and QUIT, of which the audit does not want to hear. */
#define ABEND_SIGNALS                                                                              \
	(1u << 4 | 1u << 5 | 1u << 6 | 1u << 7 | 1u << 8 | 1u << 11 | 1u << 24 | 1u << 25 |        \
	 1u << 31)

SEC("tp_btf/signal_deliver")
int BPF_PROG(nestaudit_signal_deliver, int signal, struct kernel_siginfo *info,
	     struct k_sigaction *action)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct subject *subject = subject_memory();

	if ((uint32_t)signal > 31 || !(ABEND_SIGNALS >> (signal & 31) & 1))
		return 0;
	if (action->sa.sa_handler || LOAD(task, signal, flags) & SIGNAL_UNKILLABLE)
		return 0;
	struct task_state *state = own_state(task);
	if (!state || !subject)
		return 0;
	subject->own[0] = signal;
	own_tell(state, SPECIAL_ABEND, 0);
	return 0;
}
