/* SPDX-License-Identifier: Apache-2.0 */
/* Under the labels that are its arguments, such as "changeprofile :ns:name" or "stack name". */
#define _GNU_SOURCE
#include "workload.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void take(const char *label)
{
	int file = open("/proc/self/attr/current", O_WRONLY | O_CLOEXEC);

	if (file < 0 || write(file, label, strlen(label)) < 0)
		fail("%s: %s", label, strerror(errno));
	close(file);
}

void labels(int count, char **label)
{
	for (int i = 0; i < count; i++) {
		int status;
		pid_t child = fork();

		if (child < 0)
			fail("fork: %s", strerror(errno));
		if (child == 0) {
			take(label[i]);
			MUST_BE(0, syscall(SYS_kill, getpid(), 0));
			close((int)MUST_WORK(syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY)));
			_exit(0);
		}
		if (waitpid(child, &status, 0) != child || status)
			fail("waitpid: the child with %s failed", label[i]);
	}
}
