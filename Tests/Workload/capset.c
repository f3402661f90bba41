/* SPDX-License-Identifier: Apache-2.0 */
/* Capabilities that are given up, and some that cannot be had. */
#define _GNU_SOURCE
#include "workload.h"

#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static long capset_call(unsigned int version, pid_t pid, const struct __user_cap_data_struct *data)
{
	struct __user_cap_header_struct header = {.version = version, .pid = pid};

	return syscall(SYS_capset, &header, data);
}

/* In a user namespace of its own a process has every capability. */
static void give_up(void)
{
	struct __user_cap_data_struct data[2] = {
	    {.effective = 1 << CAP_CHOWN,
	     .permitted = 1 << CAP_CHOWN | 1 << CAP_KILL,
	     .inheritable = 1 << CAP_KILL},
	    {.permitted = 1 << (CAP_SYSLOG - 32), .inheritable = 1 << (CAP_SYSLOG - 32)},
	};

	MUST_BE(0, capset_call(_LINUX_CAPABILITY_VERSION_3, 0, data));
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0);
	MUST_BE(0, capset_call(_LINUX_CAPABILITY_VERSION_3, getpid(), data));
	data[0].permitted = ~0u;
	MUST_BE(-EPERM, capset_call(_LINUX_CAPABILITY_VERSION_3, 0, data));
	memset(data, 0, sizeof(data));
	MUST_BE(0, capset_call(_LINUX_CAPABILITY_VERSION_3, 0, data));
}

void mix_capset(void)
{
	struct __user_cap_data_struct none[2] = {};
	int before = calls_made, status;
	pid_t child = fork();

	if (child < 0)
		fail("fork: %s", strerror(errno));
	if (child == 0) {
		/* Not everywhere may a user have one. */
		if (unshare(CLONE_NEWUSER) == 0)
			give_up();
		_exit(calls_made - before);
	}
	if (waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) % 4)
		fail("the child's capset failed");
	calls_made += WEXITSTATUS(status);
	if (geteuid() != 0)
		MUST_BE(0, capset_call(_LINUX_CAPABILITY_VERSION_3, 0, none));
	MUST_BE(-EINVAL, capset_call(1, 0, none));
	MUST_BE(-EFAULT, capset_call(_LINUX_CAPABILITY_VERSION_3, 0, NULL));
	MUST_BE(-EPERM, capset_call(_LINUX_CAPABILITY_VERSION_3, 1, none));
}
