/* SPDX-License-Identifier: GPL-2.0 */
/* Events on their way into the ring: built in scratch memory, submitted whole, or counted as lost.
 */
#ifndef NESTAUDIT_RING_H
#define NESTAUDIT_RING_H

#include "credit.h"

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

/*
 * An event in the making. `size` is always a multiple of 8. It has no pointer in it, so that it can
 * be handed to functions that are not static: those the verifier goes through once, whatever the
 * event has in it by then.
 */
struct builder {
	uint32_t size;
	uint16_t flags;
	uint16_t place; /* enum memory_places: where it is put together */
};

/* Room that a section of the longest kind needs behind `size`. */
#define BUILDER_LIMIT (SCRATCH_SIZE - 2 * EVENT_PATH_MAX - 64)

static __always_inline uint8_t *scratch_memory(void)
{
	uint32_t place = memory_place();
	return bpf_map_lookup_elem(&scratch, &place);
}

/* The event so far; NULL, for the verifier alone, if there is no memory. */
static __always_inline uint8_t *builder_memory(struct builder *b)
{
	uint32_t place = b->place;
	return bpf_map_lookup_elem(&scratch, &place);
}

/* Makes it an event of another type that begins alike. */
static __always_inline void builder_retype(struct builder *b, uint16_t type)
{
	struct event_header *header = (void *)builder_memory(b);

	if (header)
		header->type = type;
}

/* Begins an event, and says where; NULL if there is no memory. */
static __always_inline void *builder_start(struct builder *b, uint16_t type, uint32_t fixed,
					   uint64_t cgroup, uint64_t contid, uint32_t account,
					   uint32_t task)
{
	b->size = fixed;
	b->flags = 0;
	b->place = memory_place();
	struct event_header *header = (void *)builder_memory(b);
	if (!header)
		return NULL;
	header->type = type;
	header->time = bpf_ktime_get_boot_ns();
	header->cgroup = cgroup;
	header->contid = contid;
	header->task = task;
	header->account = account;
	return header;
}

/* Where the data of a next section goes, or NULL if the event is full. */
static __always_inline uint8_t *section_data(struct builder *b)
{
	uint32_t size = b->size;
	uint8_t *memory = builder_memory(b);

	if (!memory || size > BUILDER_LIMIT)
		return NULL;
	return memory + at_most(size, BUILDER_LIMIT) + sizeof(struct event_section);
}

/* Makes a section of the `length` bytes, at most EVENT_PATH_MAX, that were put at section_data().
 */
static __always_inline void section_close(struct builder *b, uint16_t kind, uint16_t index,
					  uint32_t length)
{
	uint32_t at = b->size;
	uint8_t *memory = builder_memory(b);

	if (!memory || at > BUILDER_LIMIT || length > EVENT_PATH_MAX)
		return;
	at = at_most(at, BUILDER_LIMIT);
	struct event_section *section = (void *)(memory + at);
	section->kind = kind;
	section->index = index;
	section->length = length;
	uint32_t end = at + sizeof(*section) + length;
	if (end <= SCRATCH_SIZE - 8)
		*(volatile uint64_t *)(memory + (end & ~7u)) &= (1ull << (8 * (end & 7))) - 1;
	b->size = (end + 7) & ~7u;
}

/* Puts the event into the ring; 0 if it is refused. */
__noinline int builder_submit(struct builder *b)
{
	struct event_header *header = b ? (void *)builder_memory(b) : NULL;

	if (!header)
		return 0;
	uint32_t size = at_most(b->size, SCRATCH_SIZE);
	header->size = size;
	header->flags = b->flags;
	return ring_put(header, size);
}

__noinline int count_loss(uint64_t contid, uint32_t policy, uint32_t wants, uint32_t cause)
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
	return 0;
}

#endif
