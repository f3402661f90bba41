/* SPDX-License-Identifier: Apache-2.0 */
/* Every number that a syscall can have, of both arches: each is the first call of a child. */
#define _GNU_SOURCE
#include "narrow.h"
#include "workload.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { NUMBERS = 512, PATIENCE_MS = 300 };

/* Some wait for what never comes. */
static void end(pid_t child)
{
	const struct timespec moment = {.tv_nsec = 1000000};

	for (int i = 0; i < PATIENCE_MS; i++) {
		if (waitpid(child, NULL, WNOHANG))
			return;
		nanosleep(&moment, NULL);
	}
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static void call(const char *arch, long number, bool is_narrow)
{
	/* fork(3) would have the child make another call first. */
	pid_t child = (pid_t)syscall(SYS_fork);

	if (child == 0) {
		if (is_narrow)
			NARROW((uint32_t)number, -1u, -1u, -1u, -1u, -1u, -1u);
		else
			syscall(number, -1l, -1l, -1l, -1l, -1l, -1l);
		_exit(0);
	}
	if (child < 0)
		fail("fork: %s", strerror(errno));
	printf("%s %ld %d\n", arch, number, child);
	fflush(stdout);
	end(child);
}

void every_number(void)
{
	/* A child that sigreturn ends this way is no crash to tell of. */
	signal(SIGSEGV, SIG_DFL);
	for (long number = 0; number < NUMBERS; number++) {
		call("x86_64", number, false);
		call("i386", number, true);
	}
}
