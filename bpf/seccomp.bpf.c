/* SPDX-License-Identifier: GPL-2.0 */
/* What seccomp has logged, by the hook. */
#include "lib/seccomp.h"

SEC("fentry/audit_seccomp")
int BPF_PROG(nestaudit_seccomp, unsigned long syscall, long signal, int action)
{
	struct task_state *state = own_state(bpf_get_current_task_btf());

	if (!state)
		return 0;
	if (!memory_hold()) {
		count_loss(state->contid, state->policy, ~0u, LOSS_NO_STORAGE);
		return 0;
	}
	seccomp_tell(state, signal, syscall, true, action);
	memory_release();
	return 0;
}
