/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The end of every syscall. Where functions.bpf.c tells of those that rules name, attached only
 * while they name one that it cannot see.
 */
#include "lib/ended.h"

SEC("tp_btf/sys_exit")
int BPF_PROG(nestaudit_sys_exit, struct pt_regs *regs, long result)
{
	return syscall_ended(regs, result, false);
}
