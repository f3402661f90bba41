/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The beginning of a syscall that changes what its records show as it was before: entry.h. Attached
 * only while a rule names one of them, as every syscall of the machine comes by here. A syscall
 * that seccomp refuses does not.
 */
#include "lib/syscall.h"

static __always_inline bool entry_rooms(struct room_entry *rooms, struct pt_regs *regs,
					uint32_t cell)
{
	struct syscall_end *begun = syscall_end_memory();

	if (!begun)
		return false;
	begun->arch = cell / POLICY_SYSCALLS;
	begun->syscall = cell % POLICY_SYSCALLS;
	arguments_of(regs, begun->arch, begun->args);
	return rooms_keep(rooms, begun);
}

/* Keeps what is now, for the end of the syscall. */
static __noinline int entry_keep(struct task_state *state, struct pt_regs *regs, uint32_t kind,
				 uint32_t cell)
{
	struct task_struct *task = bpf_get_current_task_btf();
	uint32_t arch = cell / POLICY_SYSCALLS;
	struct ipc_call call = {};
	uint64_t args[6];
	bool kept = true;

	switch (kind) {
	case ENTRY_CWD:
		kept = keep_cwd(task);
		break;
	case ENTRY_IPC:
		arguments_of(regs, arch, args);
		ipc_call_of(&call, arch, cell % POLICY_SYSCALLS, args);
		kept = ipc_keep(&state->entry.ipc, &call);
		break;
	case ENTRY_CLOCK:
		clock_read(&state->entry.clock);
		break;
	case ENTRY_ROOM:
		kept = entry_rooms(&state->entry.rooms, regs, cell);
	}
	state->entry.kind = kept ? kind : ENTRY_NONE;
	state->entry.cell = cell;
	return 0;
}

/* Not inlined: what every syscall of the machine comes by is to have no registers to save. */
static __noinline int entry_begin(struct pt_regs *regs, uint32_t syscall)
{
	struct task_struct *task = bpf_get_current_task_btf();
	uint32_t arch = arch_of(task);
	uint32_t kind = entry_kind_of(arch, syscall);
	uint32_t muted;

	if (kind == ENTRY_NONE || !gate_open(arch, syscall) || task->tgid == control.collector)
		return 0;
	struct task_state *state = task_state_of(task);
	if (!state || !policy_open(state, arch, syscall, &muted))
		return 0;
	parts_check(state);
	return entry_keep(state, regs, kind, cell_at(arch, syscall));
}

SEC("tp_btf/sys_enter")
int BPF_PROG(nestaudit_sys_enter, struct pt_regs *regs, long number)
{
	uint32_t syscall = number;

	if (gate_bit(control.entry, syscall))
		entry_begin(regs, syscall);
	return 0;
}
