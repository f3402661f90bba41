/* SPDX-License-Identifier: GPL-2.0 */
/* Events on their way into the ring: built in scratch memory, submitted whole, or counted as lost.
 */
#ifndef NESTAUDIT_RING_H
#define NESTAUDIT_RING_H

#include "credit.h"

/* An event in the making. `size` is always a multiple of 8. */
struct builder {
	uint8_t *base;
	uint32_t size;
	uint16_t flags;
};

/* Room that a section of the longest kind needs behind `size`. */
#define BUILDER_LIMIT (SCRATCH_SIZE - 2 * EVENT_PATH_MAX - 64)

static __always_inline uint8_t *scratch_memory(void)
{
	uint32_t place = memory_place();
	return bpf_map_lookup_elem(&scratch, &place);
}

static __always_inline bool builder_start(struct builder *b, uint16_t type, uint32_t fixed,
					  uint64_t cgroup, uint64_t contid, uint32_t account,
					  uint32_t task)
{
	b->base = scratch_memory();
	if (!b->base)
		return false;
	struct event_header *header = (void *)b->base;
	b->size = fixed;
	b->flags = 0;
	header->type = type;
	header->time = bpf_ktime_get_boot_ns();
	header->cgroup = cgroup;
	header->contid = contid;
	header->task = task;
	header->account = account;
	return true;
}

/*
 * A bound that the verifier sees and the compiler does not: what was compared before may by now be
 * in a register that an older verifier (Linux 6.1) knows nothing of.
 */
static __always_inline uint64_t at_most(uint64_t value, const uint32_t limit)
{
	asm volatile("if %[value] <= %[limit] goto +1\n"
		     "%[value] = %[limit]\n"
		     : [value] "+r"(value)
		     : [limit] "i"(limit));
	return value;
}

/* Where the data of a next section goes, or NULL if the event is full. */
static __always_inline uint8_t *section_data(struct builder *b)
{
	uint32_t size = b->size;

	if (size > BUILDER_LIMIT)
		return NULL;
	return b->base + at_most(size, BUILDER_LIMIT) + sizeof(struct event_section);
}

/* Makes a section of the `length` bytes, at most EVENT_PATH_MAX, that were put at section_data().
 */
static __always_inline void section_close(struct builder *b, uint16_t kind, uint16_t index,
					  uint32_t length)
{
	uint32_t at = b->size;

	if (at > BUILDER_LIMIT || length > EVENT_PATH_MAX)
		return;
	at = at_most(at, BUILDER_LIMIT);
	struct event_section *section = (void *)(b->base + at);
	section->kind = kind;
	section->index = index;
	section->length = length;
	uint32_t end = at + sizeof(*section) + length;
	if (end <= SCRATCH_SIZE - 8)
		*(volatile uint64_t *)(b->base + (end & ~7u)) &= (1ull << (8 * (end & 7))) - 1;
	b->size = (end + 7) & ~7u;
}

/* Puts the event into the ring; false if it is refused. */
static __always_inline bool builder_submit(struct builder *b)
{
	struct event_header *header = (void *)b->base;
	uint32_t size = b->size;

	if (size > SCRATCH_SIZE)
		return false;
	header->size = size;
	header->flags = b->flags;
	return ring_put(header, size);
}

static __noinline void count_loss(uint64_t contid, uint32_t policy, uint32_t wants, uint32_t cause)
{
	struct loss_key key = {.contid = contid, .policy = policy, .wants = wants, .cause = cause};
	uint64_t zero = 0;
	uint64_t *count = bpf_map_lookup_elem(&losses, &key);

	if (!count) {
		bpf_map_update_elem(&losses, &key, &zero, BPF_NOEXIST);
		count = bpf_map_lookup_elem(&losses, &key);
	}
	if (count)
		__sync_fetch_and_add(count, 1);
	else
		__sync_fetch_and_add(&control.uncounted, 1);
}

#endif
