/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "workload.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* More than the kernel keeps together in one piece (AUDIT_AUX_PIDS). */
enum { FAMILY = 20 };

static siginfo_t queued(int code)
{
	siginfo_t info = {.si_signo = SIGCONT, .si_code = code};

	return info;
}

/* Children in one process group, which SIGCONT does nothing to. */
static void begin_family(pid_t family[FAMILY])
{
	for (int i = 0; i < FAMILY; i++) {
		family[i] = fork();
		if (family[i] < 0)
			fail("fork: %s", strerror(errno));
		if (family[i] == 0)
			for (;;)
				pause();
		setpgid(family[i], family[0]);
	}
}

static void end_family(const pid_t family[FAMILY])
{
	for (int i = 0; i < FAMILY; i++)
		waitpid(family[i], NULL, 0);
}

void mix_signals(void)
{
	pid_t family[FAMILY];
	siginfo_t mine = queued(SI_QUEUE), kernels = queued(SI_USER);
	siginfo_t urgent = {.si_signo = SIGURG, .si_code = SI_QUEUE};
	int status;

	begin_family(family);
	pid_t child = family[0];
	MUST_BE(0, syscall(SYS_tkill, child, 0));
	MUST_BE(0, syscall(SYS_tkill, child, SIGCONT));
	MUST_BE(0, syscall(SYS_tgkill, child, child, SIGCONT));
	MUST_BE(-ESRCH, syscall(SYS_tgkill, getpid(), child, SIGCONT));
	MUST_BE(0, syscall(SYS_rt_sigqueueinfo, child, SIGCONT, &mine));
	MUST_BE(-EPERM, syscall(SYS_rt_sigqueueinfo, child, SIGCONT, &kernels));
	MUST_BE(0, syscall(SYS_rt_tgsigqueueinfo, child, child, SIGCONT, &mine));
	if (geteuid() != 0)
		/* Not SIGCONT: every process of init's session may send it that. */
		MUST_BE(-EPERM, syscall(SYS_rt_sigqueueinfo, 1, SIGURG, &urgent));
	int descriptor = syscall(SYS_pidfd_open, child, 0);
	MUST_BE(0, syscall(SYS_pidfd_send_signal, descriptor, SIGCONT, NULL, 0));
	close(descriptor);

	MUST_BE(0, syscall(SYS_ptrace, PTRACE_SEIZE, child, 0, 0));
	MUST_BE(-EPERM, syscall(SYS_ptrace, PTRACE_SEIZE, child, 0, 0));
	MUST_BE(0, syscall(SYS_ptrace, PTRACE_INTERRUPT, child, 0, 0));
	waitpid(child, &status, 0);
	MUST_BE(0, syscall(SYS_ptrace, PTRACE_DETACH, child, 0, 0));
	MUST_BE(0, syscall(SYS_ptrace, PTRACE_ATTACH, child, 0, 0));
	waitpid(child, &status, 0);
	MUST_BE(0, syscall(SYS_ptrace, PTRACE_DETACH, child, 0, 0));
	if (geteuid() != 0)
		MUST_BE(-EPERM, syscall(SYS_ptrace, PTRACE_ATTACH, 1, 0, 0));

	MUST_BE(0, syscall(SYS_kill, -child, 0));
	MUST_BE(0, syscall(SYS_kill, -child, SIGCONT));
	MUST_BE(0, syscall(SYS_kill, -child, SIGKILL));
	end_family(family);
	MUST_BE(-ESRCH, syscall(SYS_ptrace, PTRACE_ATTACH, child, 0, 0));
}
