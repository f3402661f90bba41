/* SPDX-License-Identifier: GPL-2.0 */
/* include/linux/idr.h: what has a number, in a tree of xa_nodes. */
#ifndef NESTAUDIT_IDR_H
#define NESTAUDIT_IDR_H

#include "maps.h"

/* The tree's pointer to a node: include/linux/xarray.h, xa_is_node. */
static __always_inline bool idr_is_node(uint64_t entry)
{
	return (entry & 3) == 2 && entry > 4096;
}

/* What has a number in `idr`, or NULL. Each level of the tree takes some bits of the number; a tree
 * of nothing but number 0 has no node. */
static __always_inline void *idr_entry(struct idr *idr, uint32_t number)
{
	uint64_t entry = (uint64_t)READ(idr, idr_rt.xa_head);
	uint32_t width = bpf_core_field_size(((struct xa_node *)0)->slots) / sizeof(void *);

	if (!idr_is_node(entry) && number)
		return NULL;
	for (uint32_t depth = 0; depth < 8 && idr_is_node(entry); depth++) {
		struct xa_node *node = (void *)(entry - 2);
		uint32_t shift = READ(node, shift);
		if (shift > 31 || (depth == 0 && (uint64_t)number >> shift >= width))
			return NULL;
		void **slots = (void *)node + bpf_core_field_offset(struct xa_node, slots);
		bpf_probe_read_kernel(&entry, sizeof(entry),
				      slots + (number >> shift & (width - 1)));
	}
	return (void *)entry;
}

#endif
