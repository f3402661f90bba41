/* SPDX-License-Identifier: GPL-2.0 */
/* System V objects, found as the kernel finds them: ipc/util.c. */
#ifndef NESTAUDIT_SYSV_H
#define NESTAUDIT_SYSV_H

#include "idr.h"

/* Which of a namespace's ids: ipc/util.h. */
enum sysv_type { SYSV_SEM, SYSV_MSG, SYSV_SHM };

/* Bits of an id that are the object's index: the rest tells it from those that had the index
 * before. More of them if the kernel was booted with ipcmni_extend. */
#define SYSV_INDEX_MASK      0x7fff
#define SYSV_INDEX_MASK_LONG 0xffffff

/* Objects that share a bucket, and tables of a hash that is being resized. */
#define SYSV_CHAIN_MAX  32
#define SYSV_TABLES_MAX 2

static __always_inline struct ipc_ids *sysv_ids(uint32_t type)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct ipc_namespace *ns = READ(task, nsproxy, ipc_ns);

	if (!ns)
		return NULL;
	return (void *)ns + bpf_core_field_offset(struct ipc_namespace, ids) +
	       type * bpf_core_type_size(struct ipc_ids);
}

static __noinline struct kern_ipc_perm *sysv_of_index(struct ipc_ids *ids, uint32_t index)
{
	struct idr *idr = (void *)ids + bpf_core_field_offset(struct ipc_ids, ipcs_idr);
	void *found = idr_entry(idr, index & SYSV_INDEX_MASK_LONG);

	return found ? found : idr_entry(idr, index & SYSV_INDEX_MASK);
}

static __always_inline struct kern_ipc_perm *sysv_of_id(struct ipc_ids *ids, int32_t id)
{
	struct kern_ipc_perm *found = sysv_of_index(ids, id);

	return found && READ(found, id) == id ? found : NULL;
}

static __always_inline uint32_t rotate(uint32_t word, uint32_t bits)
{
	return word << bits | word >> (32 - bits);
}

/* The hash of a key: Bob Jenkins' lookup3 of one word, as include/linux/jhash.h has it. */
static __always_inline uint32_t sysv_hash(uint32_t key, uint32_t seed)
{
	uint32_t a = 0xdeadbeef + sizeof(key) + seed;
	uint32_t b = a, c = a;

	a += key;
	c = (c ^ b) - rotate(b, 14);
	a = (a ^ c) - rotate(c, 11);
	b = (b ^ a) - rotate(a, 25);
	c = (c ^ b) - rotate(b, 16);
	a = (a ^ c) - rotate(c, 4);
	b = (b ^ a) - rotate(a, 14);
	c = (c ^ b) - rotate(b, 24);
	return c;
}

/* include/linux/rhashtable.h: a bucket's lowest bit is its lock, and a chain ends with an odd
 * pointer. A table whose buckets lie in tables of their own is not searched. */
static __noinline struct kern_ipc_perm *sysv_in_table(struct bucket_table *table, uint32_t key)
{
	uint32_t bucket = sysv_hash(key, READ(table, hash_rnd));
	uint64_t node = 0;

	if (READ(table, nest))
		return NULL;
	bucket &= READ(table, size) - 1;
	bpf_probe_read_kernel(&node, sizeof(node),
			      (void *)table + bpf_core_field_offset(struct bucket_table, buckets) +
				  (uint64_t)bucket * sizeof(node));
	node &= ~1ull;
	for (uint32_t i = 0; i < SYSV_CHAIN_MAX && node && !(node & 1); i++) {
		struct kern_ipc_perm *perm =
		    (void *)node - bpf_core_field_offset(struct kern_ipc_perm, khtnode);
		if (READ(perm, key) == key)
			return perm;
		bpf_probe_read_kernel(&node, sizeof(node), (void *)node);
	}
	return NULL;
}

static __noinline struct kern_ipc_perm *sysv_of_key(struct ipc_ids *ids, uint32_t key)
{
	struct bucket_table *table = READ(ids, key_ht.tbl);
	struct kern_ipc_perm *found = NULL;

	for (uint32_t i = 0; i < SYSV_TABLES_MAX && table && !found; i++) {
		found = sysv_in_table(table, key);
		table = READ(table, future_tbl);
	}
	return found;
}

#endif
