/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Security labels of tasks: subj= and obj=. AppArmor's alone, as security/apparmor/label.c prints
 * them for the audit: the profiles of a stack, those of a policy namespace with its name.
 */
#ifndef NESTAUDIT_LABEL_H
#define NESTAUDIT_LABEL_H

#include "places.h"
#include "ring.h"

#define LABEL_STALE    0x800 /* FLAG_STALE: there is a newer one of the same profiles */
#define LABEL_PROFILES 16    /* of a stack; of one that is higher no label is told */
#define LABEL_NS_SKIP  6     /* "root//", which every name of a policy namespace begins with */

/* The label of these credentials; NULL if AppArmor gives none. */
static __always_inline struct aa_label *label_of(struct cred *cred)
{
	uint64_t sizes = kernel_places.apparmor_sizes;
	struct aa_label *label = NULL, *newest = NULL;
	int at = 0;

	if (!sizes || !bpf_core_type_exists(struct aa_label))
		return NULL;
	void *security = READ(cred, security);
	bpf_probe_read_kernel(&at, sizeof(at),
			      (void *)sizes +
				  bpf_core_field_offset(struct lsm_blob_sizes, lbs_cred));
	if (!security)
		return NULL;
	bpf_probe_read_kernel(&label, sizeof(label), security + at);
	if (label && READ(label, flags) & LABEL_STALE) {
		newest = READ(label, proxy, label);
		if (newest)
			label = newest;
	}
	return label;
}

/* Another label has another one. */
static __always_inline uint64_t label_fingerprint(struct cred *cred)
{
	struct aa_label *label = label_of(cred);

	if (!label)
		return 0;
	return (uint64_t)label ^ (uint64_t)READ(label, secid) << 32;
}

/* The second is written where a signal is sent, which an interrupt can do on top of the first. */
enum label_place { LABEL_SYSCALL, LABEL_SIGNAL, LABEL_PLACES };
struct label_memory {
	uint32_t length; /* in memory: the verifier is not to tell its values apart */
	char text[2 * EVENT_LABEL_MAX];
};
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, LABEL_PLACES);
	__type(key, uint32_t);
	__type(value, struct label_memory);
} label_memories SEC(".maps");

static __always_inline struct label_memory *label_memory(uint32_t place)
{
	return bpf_map_lookup_elem(&label_memories, &place);
}

/* Appends text up to its NUL; if it has no room, nothing has any more. */
static __always_inline void label_append(struct label_memory *memory, const char *text)
{
	uint32_t at = *(volatile uint32_t *)&memory->length;
	long length = -1;

	if (at < EVENT_LABEL_MAX)
		length = bpf_probe_read_kernel_str(memory->text + (at & (EVENT_LABEL_MAX - 1)),
						   EVENT_LABEL_MAX, text);
	*(volatile uint32_t *)&memory->length = length > 0 ? at + length - 1 : EVENT_LABEL_MAX;
}

static __always_inline void label_append_profile(struct label_memory *memory,
						 struct aa_profile *profile, struct aa_ns *before)
{
	static const char colon[] = ":";
	struct aa_ns *ns = READ(profile, ns);

	if (ns != before && READ(ns, parent)) {
		label_append(memory, colon);
		label_append(memory, READ(ns, base.hname) + LABEL_NS_SKIP);
		label_append(memory, colon);
	}
	label_append(memory, READ(profile, base.hname));
}

/*
 * Gathers the text of a label in label_memory: its length, or 0 if it has no room. The name of a
 * policy namespace goes before the first of its profiles. Not static: verified once.
 */
__noinline uint32_t label_gather(uint64_t address, uint32_t place)
{
	static const char and[] = "//&";
	struct aa_label *label = (void *)address;
	struct label_memory *memory = label_memory(place);
	struct aa_profile *profile = NULL;
	struct aa_ns *before = NULL;

	if (!bpf_core_type_exists(struct aa_label) || !memory || !label)
		return 0;
	uint32_t size = READ(label, size);
	if (!size || size > LABEL_PROFILES)
		return 0;
	memory->length = 0;
	for (uint32_t i = 0; i < LABEL_PROFILES; i++) {
		barrier_var(size);
		if (i >= size)
			break;
		bpf_probe_read_kernel(&profile, sizeof(profile), &label->vec[i]);
		if (i)
			label_append(memory, and);
		label_append_profile(memory, profile, before);
		struct aa_ns *ns = READ(profile, ns);
		if (READ(ns, parent))
			before = ns;
	}
	uint32_t length = *(volatile uint32_t *)&memory->length;
	return length < EVENT_LABEL_MAX ? length : 0;
}

/* Puts the label of these credentials, as text, where EVENT_LABEL_MAX bytes have room; its length.
 */
static __always_inline uint32_t label_put(void *to, struct cred *cred, uint32_t place)
{
	struct label_memory *memory = label_memory(place);
	uint32_t length = label_gather((uint64_t)label_of(cred), place);

	if (!memory || !to || !length)
		return 0;
	length = at_most(length, EVENT_LABEL_MAX);
	bpf_probe_read_kernel(to, length, memory->text);
	return length;
}

#endif
