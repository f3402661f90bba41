/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How much of the ring a container may use: less than is free, and than control.credit. Whoever
 * floods the ring loses events of its own, and leaves room for all others, however many do so
 * together.
 */
#ifndef NESTAUDIT_CREDIT_H
#define NESTAUDIT_CREDIT_H

#include "maps.h"

/* What BPF_RB_NO_WAKEUP and its like are not. */
#define RING_REFUSED (~0ull)

/* Of an event in the ring, with the header that the kernel puts before it (BPF_RINGBUF_HDR_SZ). */
static __always_inline uint64_t ring_bytes(uint32_t size)
{
	return (size + 8 + 7) & ~7u;
}

/* What cannot be told again: of cgroups and of ends. It may take twice as much. */
static __always_inline bool credit_is_vital(uint16_t type)
{
	return type == EVENT_CGROUP || type == EVENT_CONTAINER || type == EVENT_EXIT;
}

/*
 * Charges an event of `size` bytes that is about to go into the ring.
 * Returns the flags to put it there with: a wakeup costs more than an event, so that the collector
 * looks for them by itself while many come. RING_REFUSED if the container has used up its credit.
 */
static __always_inline uint64_t credit_take(uint32_t account, uint16_t type, uint32_t size)
{
	struct policy_credit *credit = bpf_map_lookup_elem(&credits, &account);
	uint64_t waiting = bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA);
	int64_t limit = (int64_t)control.ring_size - (int64_t)waiting;
	uint32_t pace = control.pace;

	if (!credit)
		return RING_REFUSED;
	if (limit > control.credit)
		limit = control.credit;
	int64_t used = credit->produced - credit->consumed;
	if (used > limit && (used > 2 * limit || !credit_is_vital(type)))
		return RING_REFUSED;
	__sync_fetch_and_add(&credit->produced, ring_bytes(size));
	if (pace == PACE_EAGER)
		return 0;
	if (pace == PACE_BATCH && (waiting > control.ring_size / 2 || used > limit / 2)) {
		control.pace = PACE_WOKEN;
		return BPF_RB_FORCE_WAKEUP;
	}
	return BPF_RB_NO_WAKEUP;
}

/* Takes that back: the ring has refused it. */
static __always_inline void credit_return(uint32_t account, uint32_t size)
{
	struct policy_credit *credit = bpf_map_lookup_elem(&credits, &account);

	if (credit)
		__sync_fetch_and_add(&credit->produced, -ring_bytes(size));
}

/* Puts an event of the current type into the ring; false if it is refused. */
static __always_inline bool ring_put(struct event_header *event, uint32_t size)
{
	uint32_t account = event->account;
	uint64_t flags = credit_take(account, event->type, size);

	if (flags == RING_REFUSED)
		return false;
	if (bpf_ringbuf_output(&ring, event, size, flags) == 0)
		return true;
	credit_return(account, size);
	return false;
}

/* An account that nobody has, for a container that begins; the host's if there is none. */
#define ACCOUNT_TRIES 64
static __noinline uint32_t account_hold(uint64_t contid)
{
	for (uint32_t i = 0; i < ACCOUNT_TRIES; i++) {
		uint32_t account = __sync_fetch_and_add(&control.accounts, 1) % POLICY_ACCOUNTS_MAX;
		struct policy_credit *credit = bpf_map_lookup_elem(&credits, &account);

		if (!credit || account == ACCOUNT_HOST || credit->holder)
			continue;
		credit->holder = contid;
		return account;
	}
	return ACCOUNT_HOST;
}

/* The container has ended. */
static __always_inline void account_release(uint32_t account, uint64_t contid)
{
	struct policy_credit *credit = bpf_map_lookup_elem(&credits, &account);

	if (credit && credit->holder == contid)
		credit->holder = 0;
}

#endif
