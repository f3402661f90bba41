/* SPDX-License-Identifier: GPL-2.0 */
/* Root in a user namespace. */
#ifndef NESTAUDIT_OWNER_H
#define NESTAUDIT_OWNER_H

#include "maps.h"

#define IDMAP_EXTENTS 5 /* UID_GID_MAP_MAX_BASE_EXTENTS */
#define NO_UID        (~0u)

/* The kernel's uid of root in the user namespace of `cred`; NO_UID if it has none. */
static __always_inline uint32_t root_of(struct cred *cred)
{
	struct user_namespace *ns = READ(cred, user_ns);
	uint32_t count = READ(ns, uid_map.nr_extents);
	struct uid_gid_extent extent = {};

	if (count > IDMAP_EXTENTS) {
		/* Sorted by the ids of the namespace. */
		bpf_probe_read_kernel(&extent, sizeof(extent), READ(ns, uid_map.forward));
		return extent.first == 0 && extent.count ? extent.lower_first : NO_UID;
	}
	for (uint32_t i = 0; i < IDMAP_EXTENTS && i < count; i++) {
		bpf_probe_read_kernel(&extent, sizeof(extent), &ns->uid_map.extent[i]);
		if (extent.first == 0 && extent.count)
			return extent.lower_first;
	}
	return NO_UID;
}

#endif
