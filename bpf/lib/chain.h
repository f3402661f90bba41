/* SPDX-License-Identifier: GPL-2.0 */
/* A file and the directories above it, as rules on paths ask for them: kernel/auditsc.c,
 * handle_path. */
#ifndef NESTAUDIT_CHAIN_H
#define NESTAUDIT_CHAIN_H

#include "ring.h"

struct name_memory {
	uint64_t words[WATCH_NAME_WORDS];
};
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, MEMORY_PLACES);
	__type(key, uint32_t);
	__type(value, struct name_memory);
} name_memories SEC(".maps");

/* watch_fingerprint() of the name of the dentry at `address`; 0 if it is not the name of anything
 * any more. */
__noinline uint64_t fingerprint_in(struct name_memory *memory, uint64_t address)
{
	struct dentry *dentry = (void *)address;
	uint32_t length = READ(dentry, d_name.len);

	if (!memory || length > WATCH_NAME_MAX || !READ(dentry, d_hash.pprev))
		return 0;
	__builtin_memset(memory, 0, sizeof(*memory));
	length = at_most(length, WATCH_NAME_MAX);
	bpf_probe_read_kernel(memory->words, length, READ(dentry, d_name.name));
	return watch_fingerprint(memory->words, length);
}

static __always_inline uint64_t name_fingerprint(struct dentry *dentry)
{
	uint32_t place = memory_place();

	return fingerprint_in(bpf_map_lookup_elem(&name_memories, &place), kernel_address(dentry));
}

/* enum watched_flags of a file. */
static __always_inline uint32_t watched_flags(uint64_t ino, uint32_t dev)
{
	struct file_key key = {.ino = ino, .dev = dev};
	uint32_t *flags = bpf_map_lookup_elem(&watched, &key);

	return flags ? *flags : 0;
}

struct chain_walk {
	struct dentry *dentry;
	uint32_t dev;
	uint32_t at; /* of the section's data */
	uint32_t count;
};

static long chain_step(uint32_t index, struct chain_walk *w)
{
	struct dentry *dentry = w->dentry;
	struct dentry *parent = READ(dentry, d_parent);
	uint8_t *memory = scratch_memory();
	uint32_t at = w->at + index * sizeof(struct event_link);

	if (!memory || at > SCRATCH_SIZE - sizeof(struct event_link))
		return 1;
	struct event_link *link = (void *)(memory + at);
	link->ino = READ(dentry, d_inode, i_ino);
	link->name = 0;
	if (parent != dentry && watched_flags(READ(parent, d_inode, i_ino), w->dev) & WATCHED_NAMES)
		link->name = name_fingerprint(dentry);
	w->dentry = parent;
	w->count = index + 1;
	return parent == dentry;
}

/* The object and the directories above it, up to the root of the filesystem. */
static __noinline int section_chain(struct builder *b, uint32_t index, struct dentry *dentry)
{
	struct chain_walk walk = {.dentry = dentry,
				  .dev = READ(dentry, d_inode, i_sb, s_dev),
				  .at = b->size + sizeof(struct event_section)};

	if (!section_data(b))
		return 0;
	bpf_loop(EVENT_CHAIN_MAX, chain_step, &walk, 0);
	section_close(b, SECTION_CHAIN, index, walk.count * sizeof(struct event_link));
	return 0;
}

#endif
