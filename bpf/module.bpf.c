/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The name of a module that is loaded: it is in the module's file, which the syscall's arguments do
 * not name. Kept for the end of the syscall; what fails before the kernel gets here has no name.
 * Not loaded by itself: a kernel without modules has no such tracepoint.
 */
#include "lib/syscall.h"

SEC("?tp_btf/module_load")
int BPF_PROG(nestaudit_module_load, struct module *module)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pt_regs *regs = (void *)bpf_task_pt_regs(task);

	if (!gate_open(arch_of(task), READ(regs, orig_ax)))
		return 0;
	struct task_state *state = task_state_of(task);
	if (!state)
		return 0;
	parts_check(state);
	BPF_CORE_READ_STR_INTO(&state->module, module, name);
	return 0;
}
