/* SPDX-License-Identifier: GPL-2.0 */
/* The containers around a task, as far as a view goes. */
#ifndef NESTAUDIT_CONTIDS_H
#define NESTAUDIT_CONTIDS_H

#include "judge.h"
#include "maps.h"

#define CONTAINERS_MAX 32 /* around each other */

/*
 * Goes outwards from a container while inside the view, `steps` at most; returns how many it went,
 * and *contid is where it stands. A loop of its own: calls can be eight deep, and here they are.
 */
static __always_inline uint32_t contids_outwards(uint64_t *contid, uint64_t view, uint32_t steps)
{
	uint64_t at = *contid;
	uint32_t count = 0;

	for (; count < CONTAINERS_MAX && count < steps && at && at != view; count++) {
		struct policy_cgroup *known = bpf_map_lookup_elem(&cgroups, &at);
		at = known ? known->outer : 0;
	}
	*contid = at == view ? 0 : at;
	return count;
}

/* What rules call a container. */
static __always_inline uint64_t contid_number(uint64_t contid)
{
	struct policy_cgroup *known = bpf_map_lookup_elem(&cgroups, &contid);

	return known && known->number ? known->number : contid;
}

/* How many containers are around a task inside the view; JUDGE_UNKNOWN: more than are looked at. */
static __always_inline uint32_t contids_inside(uint64_t contid, uint64_t view)
{
	uint32_t count = contids_outwards(&contid, view, CONTAINERS_MAX);

	return contid ? JUDGE_UNKNOWN : count;
}

#endif
