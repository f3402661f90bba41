/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TIME_ADJNTPVAL and TIME_INJOFFSET: how far a syscall has moved the clock, from the clock's state
 * before and after it (kernel/time/timekeeping.c, do_adjtimex and do_settimeofday64).
 */
#ifndef NESTAUDIT_CLOCK_H
#define NESTAUDIT_CLOCK_H

#include "special.h"

#define NSEC_PER_SEC 1000000000ull

/* include/uapi/linux/timex.h */
#define ADJ_SETOFFSET       0x0100
#define ADJ_OFFSET_READONLY 0x2000
#define ADJ_ADJTIME         0x8000
#define STA_UNSYNC          0x0040

/* include/linux/hrtimer_defs.h, enum hrtimer_base_type */
#define HRTIMER_BASE_REALTIME 1
#define HRTIMER_BASE_TAI      3

/* Where the variables of kernel/time/ntp.c are; 0: not known. Found by nestaudit_find_clock. */
struct clock_places {
	uint64_t offset;
	uint64_t freq;
	uint64_t status;
	uint64_t tick;
	uint64_t adjust;
};
struct clock_places clock_places SEC(".data.clock");

/* What a clock call is: none sets both. */
struct clock_call {
	uint64_t timex; /* address of a struct timex, whose first member is its modes; 0: none */
	bool sets;      /* gives the time */
};

/* Only CLOCK_REALTIME can be set: the others are refused, or are another device's. */
static __always_inline void clock_call_of(struct clock_call *call, struct syscall_end *end)
{
	bool real = argument(end, 1) == 0;

	switch ((end->arch == POLICY_ARCH_32) * POLICY_SYSCALLS + end->syscall) {
	case 159:                   /* adjtimex */
	case POLICY_SYSCALLS + 124: /* adjtimex */
		call->timex = argument(end, 1);
		break;
	case 305:                   /* clock_adjtime */
	case POLICY_SYSCALLS + 343: /* clock_adjtime */
	case POLICY_SYSCALLS + 405: /* clock_adjtime64 */
		call->timex = real ? argument(end, 2) : 0;
		break;
	case 227:                   /* clock_settime */
	case POLICY_SYSCALLS + 264: /* clock_settime */
	case POLICY_SYSCALLS + 404: /* clock_settime64 */
		call->sets = real;
		break;
	case 164:                  /* settimeofday: may be for the timezone alone */
	case POLICY_SYSCALLS + 79: /* settimeofday */
		call->sets = !real;
		break;
	case POLICY_SYSCALLS + 25: /* stime */
		call->sets = true;
	}
}

static __always_inline int64_t clock_variable(uint64_t place)
{
	int64_t value = 0;

	if (place)
		bpf_probe_read_kernel(&value, sizeof(value), (void *)place);
	return value;
}

/*
 * Every CPU's timers know how far the clocks are from each other, and are told at once when one is
 * set. A timer of the task's own leads there.
 */
static __noinline int clock_read(struct clock_entry *clock)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct hrtimer_cpu_base *bases = READ(task, dl.dl_timer.base, cpu_base);

	clock->real = READ(bases, clock_base[HRTIMER_BASE_REALTIME].offset);
	clock->atomic = READ(bases, clock_base[HRTIMER_BASE_TAI].offset);
	clock->offset = clock_variable(clock_places.offset);
	clock->freq = clock_variable(clock_places.freq);
	clock->status = (int32_t)clock_variable(clock_places.status);
	clock->tick = clock_variable(clock_places.tick);
	clock->adjust = clock_variable(clock_places.adjust);
	return 0;
}

/* Whole seconds, towards the past: BPF divides no signed numbers. */
static __always_inline int64_t clock_seconds(int64_t nanoseconds)
{
	if (nanoseconds >= 0)
		return (uint64_t)nanoseconds / NSEC_PER_SEC;
	return -(((uint64_t)-nanoseconds + NSEC_PER_SEC - 1) / NSEC_PER_SEC);
}

/* One number of TIME_ADJNTPVAL; 1 if it has changed. */
static __always_inline uint32_t clock_pair(struct special *s, const uint32_t index, int64_t old,
					   int64_t new)
{
	s->value[2 * index] = old;
	s->value[2 * index + 1] = new;
	return old != new;
}

/* kernel/time/ntp.c, ntp_adjtimex: what adjtime(3) changes is told alone. */
static __always_inline bool clock_adjusted(struct special *s, struct clock_entry *old,
					   struct clock_entry *new, uint32_t modes)
{
	bool single = modes & ADJ_ADJTIME;
	bool cleared = modes & ADJ_SETOFFSET; /* ntp_clear() goes before, and is not told */
	int64_t adjust = cleared ? 0 : old->adjust;
	int64_t tai = clock_seconds(old->atomic - old->real);
	int64_t new_tai = clock_seconds(new->atomic - new->real);
	uint32_t changed = 0;

	if (!modes || (single && modes & ADJ_OFFSET_READONLY))
		return false;
	changed |= clock_pair(s, 0, single || cleared ? 0 : old->offset, single ? 0 : new->offset);
	changed |= clock_pair(s, 1, single ? 0 : old->freq, single ? 0 : new->freq);
	changed |= clock_pair(s, 2, single ? 0 : old->status | (cleared ? STA_UNSYNC : 0),
			      single ? 0 : new->status);
	changed |= clock_pair(s, 3, single ? 0 : tai, single ? 0 : new_tai);
	changed |= clock_pair(s, 4, single ? 0 : old->tick, single ? 0 : new->tick);
	changed |= clock_pair(s, 5, single ? adjust : 0, single ? new->adjust : 0);
	return changed;
}

static __always_inline bool clock_injected(struct special *s, struct clock_entry *old,
					   struct clock_entry *new)
{
	int64_t by = new->real - old->real;
	int64_t seconds = clock_seconds(by);

	s->value[0] = seconds;
	s->value[1] = by - seconds * NSEC_PER_SEC;
	return by;
}

#endif
