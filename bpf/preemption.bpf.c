/* SPDX-License-Identifier: GPL-2.0 */
/* Whether the kernel lets a task be preempted that is in it: kernel/sched/core.c. */
#include "lib/maps.h"

SEC("syscall")
int nestaudit_preemption(struct preemption_mode *answer)
{
	static const char name[] = "preempt_dynamic_mode";
	uint64_t place = 0;
	int32_t mode = 0;

	if (bpf_kallsyms_lookup_name(name, sizeof(name), 0, &place) || !place)
		return 0;
	answer->is_known = !bpf_probe_read_kernel(&mode, sizeof(mode), (void *)place);
	answer->mode = mode;
	return 0;
}
