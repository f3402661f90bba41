/* SPDX-License-Identifier: GPL-2.0 */
/* What the collector does with a declared container that only a program can do. */
#include "lib/maps.h"

/* A count that is looked at while others count cannot be set by the collector. */
SEC("syscall")
int nestaudit_count(struct declared_count *question)
{
	uint64_t contid = question->contid;
	uint64_t *count = bpf_map_lookup_elem(&declared_tasks, &contid);

	if (count)
		__sync_fetch_and_add(count, question->by);
	return 0;
}
