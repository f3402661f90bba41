/* SPDX-License-Identifier: GPL-2.0 */
/* Whether the kernel lets a task be preempted that is in it: kernel/sched/core.c. */
#include "lib/places.h"

SEC("syscall")
int nestaudit_preemption(struct preemption_mode *answer)
{
	uint64_t place = PLACE_OF("preempt_dynamic_mode");
	int32_t mode = 0;

	if (!place)
		return 0;
	answer->is_known = !bpf_probe_read_kernel(&mode, sizeof(mode), (void *)place);
	answer->mode = mode;
	return 0;
}
