/* SPDX-License-Identifier: Apache-2.0 */
/* The clock: what a user may ask, and what root may change and put back. */
#define _GNU_SOURCE
#include "narrow.h"
#include "workload.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* arch/x86/entry/syscalls/syscall_32.tbl */
enum {
	NARROW_STIME = 25,
	NARROW_SETTIMEOFDAY = 79,
	NARROW_ADJTIMEX = 124,
	NARROW_CLOCK_SETTIME = 264,
	NARROW_CLOCK_ADJTIME = 343,
	NARROW_CLOCK_SETTIME64 = 404,
	NARROW_CLOCK_ADJTIME64 = 405,
};

#define BAD ((void *)8)

/* Below 4 GiB: struct timex of a 32-bit caller has words, but for its modes as of 64 bits. */
static struct low {
	struct timex wide;
	int32_t narrow[32];
	int64_t time[2];
} * low;

static struct timex given(unsigned int modes)
{
	return (struct timex){.modes = modes};
}

static void without_right(void)
{
	struct timex ask = given(0), change = given(ADJ_FREQUENCY), odd = given(0x8000);
	struct timeval day = {.tv_sec = 1};
	struct timespec time = {.tv_nsec = -1};

	MUST_WORK(syscall(SYS_adjtimex, &ask));
	MUST_WORK(syscall(SYS_clock_adjtime, CLOCK_REALTIME, &ask));
	MUST_BE(-EPERM, syscall(SYS_adjtimex, &change));
	MUST_BE(-EINVAL, syscall(SYS_adjtimex, &odd));
	MUST_BE(-EFAULT, syscall(SYS_adjtimex, BAD));
	MUST_BE(-EOPNOTSUPP, syscall(SYS_clock_adjtime, CLOCK_MONOTONIC, &ask));
	MUST_BE(-EPERM, syscall(SYS_settimeofday, &day, NULL));
	MUST_BE(-EFAULT, syscall(SYS_settimeofday, BAD, NULL));
	MUST_BE(-EINVAL, syscall(SYS_clock_settime, CLOCK_REALTIME, &time));
	time.tv_nsec = 0;
	MUST_BE(-EPERM, syscall(SYS_clock_settime, CLOCK_REALTIME, &time));
	MUST_BE(-EINVAL, syscall(SYS_clock_settime, CLOCK_MONOTONIC, &time));

	low = low_memory(sizeof(*low));
	MUST_WORK(NARROW(NARROW_ADJTIMEX, at(low->narrow)));
	low->narrow[0] = ADJ_TICK;
	MUST_BE(-EPERM, NARROW(NARROW_CLOCK_ADJTIME, CLOCK_REALTIME, at(low->narrow)));
	MUST_BE(-EPERM, NARROW(NARROW_STIME, at(low->time)));
	MUST_BE(-EPERM, NARROW(NARROW_SETTIMEOFDAY, at(low->time), 0));
	MUST_BE(-EPERM, NARROW(NARROW_CLOCK_SETTIME, CLOCK_REALTIME, at(low->time)));
	MUST_BE(-EPERM, NARROW(NARROW_CLOCK_SETTIME64, CLOCK_REALTIME, at(low->time)));
	munmap(low, sizeof(*low));
}

void mix_clock(void)
{
	if (geteuid() != 0)
		without_right();
}

static void adjust(struct timex change)
{
	MUST_WORK(syscall(SYS_adjtimex, &change));
}

/*
 * What sets the time is done by a task of its own: to later changes of the same task the kernel's
 * audit adds the TIME_INJOFFSET of an earlier one.
 */
#define APART(call)                                                                                \
	do {                                                                                       \
		int status_;                                                                       \
		pid_t child_ = fork();                                                             \
		if (child_ == 0) {                                                                 \
			call;                                                                      \
			_exit(0);                                                                  \
		}                                                                                  \
		if (child_ < 0 || waitpid(child_, &status_, 0) != child_ || status_)               \
			fail("the child that sets the clock has failed");                          \
	} while (0)

/* A change is done, although what comes of it cannot be written. */
static void cannot_be_told(long tick)
{
	struct timex *page = low_memory(sizeof(*page));

	page->modes = ADJ_TICK;
	page->tick = tick + 1;
	if (mprotect(page, sizeof(*page), PROT_READ))
		fail("mprotect: %s", strerror(errno));
	MUST_BE(-EFAULT, syscall(SYS_adjtimex, page));
	munmap(page, sizeof(*page));
	adjust((struct timex){.modes = ADJ_TICK, .tick = tick});
}

/* A nanosecond on, and back; what adjtime(3) does; frequency and tick. */
static void little(struct timex before)
{
	unsigned int unit = before.status & STA_NANO ? ADJ_NANO : ADJ_MICRO;

	struct timex on = {.modes = ADJ_SETOFFSET | ADJ_NANO, .time.tv_usec = 1};
	struct timex back = {.modes = ADJ_SETOFFSET | ADJ_NANO | ADJ_FREQUENCY,
			     .freq = before.freq + 65536,
			     .time = {.tv_sec = -1, .tv_usec = 999999999}};

	APART(adjust(on));
	APART(adjust(back));
	adjust((struct timex){.modes = unit | ADJ_FREQUENCY, .freq = before.freq});
	adjust((struct timex){
	    .modes = ADJ_TICK | ADJ_FREQUENCY, .tick = before.tick + 1, .freq = before.freq});
	adjust((struct timex){.modes = ADJ_TICK, .tick = before.tick});
	adjust((struct timex){.modes = ADJ_TICK, .tick = before.tick});
	adjust((struct timex){.modes = ADJ_OFFSET_SINGLESHOT, .offset = 2});
	adjust((struct timex){.modes = ADJ_OFFSET_SS_READ, .offset = 5});
	adjust((struct timex){.modes = ADJ_OFFSET_SINGLESHOT, .offset = 0});
	adjust((struct timex){.modes = ADJ_STATUS, .status = before.status ^ STA_INS});
	adjust((struct timex){.modes = ADJ_STATUS, .status = before.status});
	cannot_be_told(before.tick);
	before.modes = ADJ_TICK;
	before.tick = 5;
	MUST_BE(-EINVAL, syscall(SYS_adjtimex, &before));
}

/* With the phase-locked loop, and setting the time to what it is. */
static void much(struct timex before)
{
	struct timex change = {.modes = ADJ_STATUS | ADJ_NANO, .status = before.status | STA_PLL};
	struct timezone here = {0};
	struct timeval day;
	struct timespec time;

	adjust(change);
	adjust((struct timex){.modes = ADJ_OFFSET, .offset = 12345});
	adjust((struct timex){.modes = ADJ_OFFSET | ADJ_TAI, .offset = -777, .constant = 37});
	adjust((struct timex){.modes = ADJ_TAI, .constant = 36});
	change = (struct timex){.modes = ADJ_OFFSET, .offset = 99};
	MUST_WORK(syscall(SYS_clock_adjtime, CLOCK_REALTIME, &change));
	adjust((struct timex){.modes = ADJ_STATUS | ADJ_FREQUENCY | ADJ_OFFSET,
			      .status = before.status,
			      .freq = before.freq});

	gettimeofday(&day, NULL);
	day.tv_sec += 5;
	APART(MUST_BE(0, syscall(SYS_settimeofday, &day, NULL)));
	day.tv_sec -= 5;
	APART(MUST_BE(0, syscall(SYS_settimeofday, &day, &here)));
	MUST_BE(0, syscall(SYS_settimeofday, NULL, &here));
	clock_gettime(CLOCK_REALTIME, &time);
	time.tv_nsec = 0;
	APART(MUST_BE(0, syscall(SYS_clock_settime, CLOCK_REALTIME, &time)));

	low = low_memory(sizeof(*low));
	low->time[0] = time.tv_sec;
	low->time[1] = 1;
	APART(MUST_BE(0, NARROW(NARROW_CLOCK_SETTIME64, CLOCK_REALTIME, at(low->time))));
	APART(MUST_BE(0, NARROW(NARROW_STIME, at(low->time))));
	low->time[0] = (uint32_t)time.tv_sec | 3ll << 32;
	APART(MUST_BE(0, NARROW(NARROW_SETTIMEOFDAY, at(low->time), 0)));
	APART(MUST_BE(0, NARROW(NARROW_CLOCK_SETTIME, CLOCK_REALTIME, at(low->time))));
	low->narrow[0] = ADJ_FREQUENCY;
	low->narrow[2] = 131072;
	MUST_WORK(NARROW(NARROW_ADJTIMEX, at(low->narrow)));
	low->wide.modes = ADJ_FREQUENCY;
	MUST_WORK(NARROW(NARROW_CLOCK_ADJTIME64, CLOCK_REALTIME, at(&low->wide)));
	memset(low->narrow, 0, sizeof(low->narrow));
	low->narrow[0] = ADJ_SETOFFSET;
	low->narrow[9] = 1;
	low->narrow[10] = 20;
	APART(MUST_WORK(NARROW(NARROW_CLOCK_ADJTIME, CLOCK_REALTIME, at(low->narrow))));
	munmap(low, sizeof(*low));
}

void clock_changes(int all)
{
	struct timex before = given(0);

	MUST_WORK(syscall(SYS_adjtimex, &before));
	little(before);
	if (all)
		much(before);
}
