/* SPDX-License-Identifier: Apache-2.0 */
/* The order in which a BPF ring is read: kernel/bpf/ringbuf.c. */
#ifndef NESTAUDIT_RING_ORDER_H
#define NESTAUDIT_RING_ORDER_H

#include <stdint.h>

static inline uint64_t nestaudit_load_acquire(const void *place)
{
	return __atomic_load_n((const uint64_t *)place, __ATOMIC_ACQUIRE);
}

static inline uint32_t nestaudit_load_acquire_32(const void *place)
{
	return __atomic_load_n((const uint32_t *)place, __ATOMIC_ACQUIRE);
}

static inline void nestaudit_store_release(void *place, uint64_t value)
{
	__atomic_store_n((uint64_t *)place, value, __ATOMIC_RELEASE);
}

/* Adds to a number that others add to as well; what it was before. */
static inline uint32_t nestaudit_fetch_add_32(uint32_t *place, uint32_t by)
{
	return __atomic_fetch_add(place, by, __ATOMIC_RELAXED);
}

#endif
