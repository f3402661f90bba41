/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "workload.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* The third argument says what a test's rules are to do with a call. */
enum { ALWAYS = 3, NEVER = 4, SOMETIMES = 5 };

/* Calls that are ALWAYS for one each of the others. */
#define SHARE 10

static void call(long number, int kind)
{
	if (syscall(SYS_lseek, -1, number, kind) != -1 || errno != EBADF)
		fail("lseek of no file returned another error: %s", strerror(errno));
}

static bool input_has_ended(void)
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
	char byte;

	return poll(&input, 1, 0) > 0 && read(STDIN_FILENO, &byte, 1) <= 0;
}

void numbered(long rate, long count)
{
	struct timespec next;
	long done = 0;

	clock_gettime(CLOCK_MONOTONIC, &next);
	while (count ? done < count : !input_has_ended()) {
		long until = done + rate / 1000;

		if (count && until > count)
			until = count;
		for (; done < until; done++) {
			call(done, ALWAYS);
			if (done % SHARE == 0) {
				call(done, NEVER);
				call(done, SOMETIMES);
			}
		}
		/* By the clock, not by intervals: what was late is made up for. */
		next.tv_nsec += 1000000;
		if (next.tv_nsec >= 1000000000) {
			next.tv_nsec -= 1000000000;
			next.tv_sec++;
		}
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
	}
	printf("%ld\n", done);
}
