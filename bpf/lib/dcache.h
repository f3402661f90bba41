/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's cache of names, fs/dcache.c: a hash of all of them, and a list of those of each
 * directory. Where the hash lies the kernel does not tell: it is found by the names that are in it.
 */
#ifndef NESTAUDIT_DCACHE_H
#define NESTAUDIT_DCACHE_H

#include "chain.h"

#define DCACHE_SAMPLES   64 /* names that are looked at to find the hash */
#define DCACHE_VOTES     8  /* of them that have to agree */
#define DCACHE_TRIES     16
#define DCACHE_SHIFT_MIN 4 /* 32 less the binary logarithm of the size of the hash */
#define DCACHE_SHIFTS    24
#define DCACHE_LOCKED    1ull /* in the head of a list of the hash */
#define PAGE_OFFSET_BITS 4095
#define GOLDEN_RATIO_64  0x61c8864680b583ebull /* include/linux/hash.h */

/* include/linux/dcache.h, before they were an enum. */
#define OLD_DCACHE_OP_NAMES 0x3
#define OLD_DCACHE_MOUNTED  0x10000

static __always_inline struct inode *dentry_inode(struct dentry *dentry)
{
	return READ(dentry, d_inode);
}

static __always_inline uint64_t inode_number(struct dentry *dentry)
{
	return READ(dentry, d_inode, i_ino);
}

static __always_inline uint32_t dentry_flags_of(struct dentry *dentry)
{
	return READ(dentry, d_flags);
}

/* Barriers keep the compiler from taking both, of which this kernel has one. */
static __always_inline uint32_t dcache_names(void)
{
	enum dentry_flags flags;
	uint32_t names = OLD_DCACHE_OP_NAMES;

	if (bpf_core_enum_value_exists(flags, DCACHE_OP_HASH)) {
		names = bpf_core_enum_value(enum dentry_flags, DCACHE_OP_HASH) |
			bpf_core_enum_value(enum dentry_flags, DCACHE_OP_COMPARE);
		barrier_var(names);
	}
	return names;
}

static __always_inline uint32_t dcache_mounted(void)
{
	enum dentry_flags flags;
	uint32_t mounted = OLD_DCACHE_MOUNTED;

	if (bpf_core_enum_value_exists(flags, DCACHE_MOUNTED)) {
		mounted = bpf_core_enum_value(enum dentry_flags, DCACHE_MOUNTED);
		barrier_var(mounted);
	}
	return mounted;
}

/* From a link of the list of a directory's names to the name. */
static __always_inline struct dentry *dcache_child(uint64_t link)
{
	uint64_t offset;

	if (bpf_core_field_exists(((struct dentry *)0)->d_sib)) {
		offset = bpf_core_field_offset(struct dentry, d_sib);
		barrier_var(offset);
	} else {
		offset = bpf_core_field_offset(struct dentry___6_6, d_child);
		barrier_var(offset);
	}
	return (void *)(link - offset);
}

/* Where the hash is: struct hlist_bl_head[]; 0: not found. */
struct dcache_place {
	uint64_t base;
	uint32_t shift;
	uint32_t tries;
};
struct dcache_place dcache_place SEC(".data.dcache");

static __always_inline uint64_t rotated(uint64_t value, uint32_t bits)
{
	return value << bits | value >> (64 - bits);
}

/* fs/namei.c, full_name_hash, of words that are padded with zeros. */
static __always_inline uint32_t dcache_hash(struct dentry *directory, const uint64_t *words,
					    uint32_t length)
{
	uint64_t x = 0, y = (uint64_t)directory;

	for (uint32_t i = 0; i < WATCH_NAME_WORDS && i * 8 < length; i++) {
		x ^= words[i];
		if (length - i * 8 < 8)
			break;
		y ^= x;
		x = rotated(x, 12) + y;
		y = rotated(y, 45) * 9;
	}
	return (y ^ x * GOLDEN_RATIO_64) * GOLDEN_RATIO_64 >> 32;
}

/* The first of the list of the hash in which a name of a directory is. */
static __always_inline uint64_t dcache_bucket(uint32_t hash)
{
	uint64_t head = 0;

	bpf_probe_read_kernel(
	    &head, sizeof(head),
	    (void *)(dcache_place.base + 8 * (uint64_t)(hash >> (dcache_place.shift & 31))));
	return head & ~DCACHE_LOCKED;
}

/* From the link of such a list to the name. */
static __always_inline struct dentry *dcache_hashed(uint64_t link)
{
	return (void *)(link - bpf_core_field_offset(struct dentry, d_hash));
}

/* For each size of the hash where it would begin by one name, and how many others say so. */
struct dcache_search {
	struct dentry *directory;
	uint64_t cursor;
	uint32_t skip;    /* names before that one */
	uint32_t begun;   /* names that were looked at */
	uint32_t strange; /* names are hashed in another way */
	uint32_t votes[DCACHE_SHIFTS];
	uint64_t base[DCACHE_SHIFTS];
	struct name_memory words;
};
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, MEMORY_PLACES);
	__type(key, uint32_t);
	__type(value, struct dcache_search);
} dcache_searches SEC(".maps");

static __always_inline struct dcache_search *dcache_search(void)
{
	uint32_t place = memory_place();

	return bpf_map_lookup_elem(&dcache_searches, &place);
}

static long dcache_sample(uint32_t index, void *nothing)
{
	struct dcache_search *s = dcache_search();

	if (!s || !s->cursor)
		return 1;
	struct dentry *child = dcache_child(s->cursor);
	uint32_t hash = READ(child, d_name.hash);
	uint32_t length = READ(child, d_name.len);
	uint64_t place = (uint64_t)READ(child, d_hash.pprev);
	bpf_probe_read_kernel(&s->cursor, sizeof(s->cursor), (void *)s->cursor);
	if (!place || length > WATCH_NAME_MAX || index < s->skip)
		return 0;
	__builtin_memset(&s->words, 0, sizeof(s->words));
	length = at_most(length, WATCH_NAME_MAX);
	bpf_probe_read_kernel(s->words.words, length, READ(child, d_name.name));
	if (dcache_hash(s->directory, s->words.words, length) != hash) {
		s->strange = 1;
		return 1;
	}
	for (uint32_t i = 0; i < DCACHE_SHIFTS; i++) {
		uint64_t base = place - 8 * (uint64_t)(hash >> (DCACHE_SHIFT_MIN + i));
		if (!s->begun)
			s->base[i] = base;
		else if (s->base[i] == base)
			s->votes[i]++;
	}
	s->begun++;
	return 0;
}

/*
 * Looks for the hash, by the names of a directory, a struct dentry. Of one that has too few it is
 * not a try. Not static: the verifier goes through it once.
 */
__noinline int dcache_find(uint64_t address)
{
	struct dentry *directory = (void *)address;
	struct dcache_search *s = dcache_search();
	uint64_t nothing = 0;

	if (!s || dcache_place.tries >= DCACHE_TRIES ||
	    !bpf_core_field_exists(directory->d_children))
		return 0;
	__builtin_memset(s, 0, sizeof(*s));
	s->directory = directory;
	s->skip = dcache_place.tries;
	s->cursor = (uint64_t)READ(directory, d_children.first);
	bpf_loop(DCACHE_SAMPLES, dcache_sample, &nothing, 0);
	if (s->begun > DCACHE_VOTES)
		dcache_place.tries++;
	if (s->strange)
		return 0;
	for (uint32_t i = 0; i < DCACHE_SHIFTS; i++) {
		if (s->votes[i] < DCACHE_VOTES || s->base[i] & PAGE_OFFSET_BITS)
			continue;
		dcache_place.shift = DCACHE_SHIFT_MIN + i;
		dcache_place.base = s->base[i];
	}
	return 0;
}

#endif
