/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "workload.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static long kill_call(pid_t target, int signal)
{
	return syscall(SYS_kill, target, signal);
}

/* A child in a process group of its own, that waits for a signal. */
static pid_t waiting_child(void)
{
	pid_t child = fork();

	if (child < 0)
		fail("fork: %s", strerror(errno));
	if (child == 0)
		for (;;)
			pause();
	setpgid(child, child);
	return child;
}

void mix_kill(void)
{
	pid_t child = waiting_child();
	int status;

	MUST_BE(0, kill_call(getpid(), 0));
	MUST_BE(0, kill_call(child, 0));
	MUST_BE(0, kill_call(-child, 0));
	MUST_BE(-EINVAL, kill_call(child, 99));
	if (geteuid() != 0)
		MUST_BE(-EPERM, kill_call(1, 0));
	MUST_BE(0, kill_call(child, SIGTERM));
	if (waitpid(child, &status, 0) != child || !WIFSIGNALED(status))
		fail("the child was not killed");
	MUST_BE(-ESRCH, kill_call(child, 0));

	child = waiting_child();
	MUST_BE(0, kill_call(-child, SIGKILL));
	waitpid(child, &status, 0);
}
