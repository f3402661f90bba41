/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "workload.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return 1e9 * (double)time.tv_sec + (double)time.tv_nsec;
}

static void report(double start, long count)
{
	printf("%.1f\n", (now() - start) / (double)count);
}

void bench_getppid(long count)
{
	double start = now();

	for (long i = 0; i < count; i++)
		syscall(SYS_getppid);
	report(start, count);
}

void bench_open(long count, const char *path)
{
	double start = now();

	for (long i = 0; i < count; i++) {
		long file = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY);

		if (file < 0)
			fail("%s: %s", path, strerror(errno));
		syscall(SYS_close, file);
	}
	report(start, count);
}

/*
 * So many opens a second, or as many as can be if it is 0 or more than that; prints how many they
 * were. The last argument, which the kernel does not look at, says when each began: CLOCK_REALTIME,
 * nanoseconds.
 */
void bench_pace(long seconds, long rate, const char *path)
{
	double start = now(), end = start + 1e9 * (double)seconds;
	const struct timespec pause = {.tv_nsec =
					   rate > 0 && rate < 1000 ? 1000000000 / rate : 1000000};
	long count = 0;

	for (double at = start; at < end; at = now()) {
		long due = rate ? (long)((at - start) * (double)rate / 1e9) - count : LONG_MAX;
		/* What is late must not go on beyond the end. */
		long next = due < 1000 ? due : 1000;

		for (long i = 0; i < next; i++, count++) {
			struct timespec time;

			clock_gettime(CLOCK_REALTIME, &time);
			long file = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY,
					    1000000000 * time.tv_sec + time.tv_nsec);

			if (file < 0)
				fail("%s: %s", path, strerror(errno));
			syscall(SYS_close, file);
		}
		if (due == next)
			nanosleep(&pause, NULL);
	}
	printf("%ld\n", count);
}
