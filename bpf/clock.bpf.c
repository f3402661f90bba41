/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where kernel/time/ntp.c has its variables: by their names, and where the kernel does not tell
 * those of variables (CONFIG_KALLSYMS_ALL), from the code of a function that does nothing but
 * return one of them. Nothing is taken for them that says other than adjtimex(2) does.
 */
#include "lib/places.h"
#include "lib/syscall.h"

#define CODE_MAX 32 /* bytes of the function that are looked at */

static __always_inline bool clock_is_at(struct clock_places *places, struct clock_answer *answer)
{
	return places->status && places->tick && places->offset && places->freq && places->adjust &&
	       (int32_t)clock_variable(places->status) == answer->status &&
	       clock_variable(places->tick) == answer->tick;
}

static __always_inline void clock_in_struct(struct clock_places *places, uint64_t base)
{
	places->offset = base + bpf_core_field_offset(struct ntp_data, time_offset);
	places->freq = base + bpf_core_field_offset(struct ntp_data, time_freq);
	places->status = base + bpf_core_field_offset(struct ntp_data, time_status);
	places->tick = base + bpf_core_field_offset(struct ntp_data, tick_usec);
	places->adjust = base + bpf_core_field_offset(struct ntp_data, time_adjust);
}

/* What adjtimex(2) tells besides: by chance nothing else has all of it. */
static __always_inline bool clock_is_struct(uint64_t base, struct clock_answer *answer)
{
	return clock_variable(base + bpf_core_field_offset(struct ntp_data, time_constant)) ==
		   answer->constant &&
	       clock_variable(base + bpf_core_field_offset(struct ntp_data, time_esterror)) ==
		   answer->esterror;
}

/* ntp_tick_length(): tk_ntp_data[…].tick_length, an address of 32 bits somewhere in its code. */
static __always_inline void clock_in_code(struct clock_places *places, struct clock_answer *answer)
{
	uint64_t code = PLACE_OF("ntp_tick_length");

	for (uint32_t i = 0; code && i < CODE_MAX; i++) {
		int32_t word = 0;
		bpf_probe_read_kernel(&word, sizeof(word), (void *)(code + i));
		uint64_t base = (int64_t)word - bpf_core_field_offset(struct ntp_data, tick_length);
		if (word >= 0 || !clock_is_struct(base, answer))
			continue;
		clock_in_struct(places, base);
		if (clock_is_at(places, answer))
			return;
	}
}

SEC("syscall")
int nestaudit_find_clock(struct clock_answer *given)
{
	struct clock_answer answer = {
	    .status = given->status,
	    .tick = given->tick,
	    .constant = given->constant,
	    .esterror = given->esterror,
	};
	struct clock_places places = {};

	if (bpf_core_type_exists(struct ntp_data)) {
		uint64_t base = PLACE_OF("tk_ntp_data");
		if (base)
			clock_in_struct(&places, base);
		else
			clock_in_code(&places, &answer);
	} else {
		places.offset = PLACE_OF("time_offset");
		places.freq = PLACE_OF("time_freq");
		places.status = PLACE_OF("time_status");
		places.tick = PLACE_OF("tick_usec");
		places.adjust = PLACE_OF("time_adjust");
	}
	given->found = clock_is_at(&places, &answer);
	if (given->found)
		clock_places = places;
	return 0;
}
