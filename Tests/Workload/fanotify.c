/* SPDX-License-Identifier: Apache-2.0 */
/* A listener that is asked for permission, and wants its answers in the audit: for root. */
#define _GNU_SOURCE
#include "workload.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fanotify.h>
#include <linux/types.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* include/uapi/linux/fanotify.h, since Linux 6.3 */
#define INFO            0x20
#define INFO_AUDIT_RULE 1

struct answer {
	struct fanotify_response response;
	struct {
		__u8 type, pad;
		__u16 length;
		__u32 rule, subject_trust, object_trust;
	} rule;
};

static int listener;

static int listen_to(const char *path, unsigned long long mask)
{
	int group = syscall(SYS_fanotify_init, FAN_CLASS_CONTENT | FAN_ENABLE_AUDIT | FAN_CLOEXEC,
			    O_RDONLY | O_CLOEXEC);

	if (group < 0 || syscall(SYS_fanotify_mark, group, FAN_MARK_ADD, mask, AT_FDCWD, path) < 0)
		fail("fanotify %s: %s", path, strerror(errno));
	return group;
}

/* Answers one question; whether the kernel takes the answer. */
static int answer(int group, unsigned int response, unsigned int rule)
{
	struct fanotify_event_metadata event;
	struct answer answer = {.rule = {INFO_AUDIT_RULE, 0, sizeof(answer.rule), rule, 1, 0}};
	size_t length = response & INFO ? sizeof(answer) : sizeof(answer.response);

	if (read(group, &event, sizeof(event)) != sizeof(event))
		fail("fanotify read: %s", strerror(errno));
	answer.response.fd = event.fd;
	answer.response.response = response;
	int taken = write(group, &answer, length) == (long)length;
	if (!taken) {
		/* Linux before 6.3 knows no rule; somebody waits. */
		answer.response.response = response & ~INFO;
		if (write(group, &answer, sizeof(answer.response)) != (long)sizeof(answer.response))
			fail("fanotify write: %s", strerror(errno));
	}
	close(event.fd);
	return taken;
}

/* Has `part` done by an ordinary user, who is told `expected`, while it is asked and answered. */
static void ask(void (*part)(long), long expected, int count, unsigned int response,
		unsigned int rule)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		close(listener);
		if (setgid(64996) || setuid(64996))
			_exit(2);
		part(expected);
		_exit(0);
	}
	for (int i = 0; i < count; i++)
		answer(listener, response, rule);
	waitpid(child, &status, 0);
	calls_made++;
	if (status)
		fail("an asking child ended by %d", status);
}

static void opens(long expected)
{
	long result = syscall(SYS_openat, AT_FDCWD, "asked", O_RDONLY);

	MUST_BE(expected, result < 0 ? result : 0);
}

static void reads(long expected)
{
	char byte;
	/* Before somebody listens an open file may be marked as one that nobody does. */
	int file = (int)MUST_WORK(syscall(SYS_openat, AT_FDCWD, "asked", O_RDONLY));

	MUST_BE(expected, syscall(SYS_read, file, &byte, 1));
}

static void executes(long expected)
{
	char *const arguments[] = {"asked", NULL};

	MUST_BE(expected, syscall(SYS_execve, "./asked", arguments, arguments + 1));
}

void ask_listener(void)
{
	/* It stays: who tells of its exec may look at it later. */
	if (system("cp /bin/true asked && chmod 755 asked"))
		fail("no /bin/true");
	listener = listen_to("asked", FAN_OPEN_PERM);
	ask(opens, 0, 1, FAN_ALLOW | FAN_AUDIT, 0);
	ask(opens, -EPERM, 1, FAN_DENY | FAN_AUDIT, 0);
	ask(opens, 0, 1, FAN_ALLOW, 0);
	ask(opens, 0, 1, FAN_ALLOW | FAN_AUDIT | INFO, 0x2af);
	ask(opens, -EPERM, 1, FAN_DENY | FAN_AUDIT | INFO, 0);
	ask(executes, -EPERM, 1, FAN_DENY | FAN_AUDIT, 0);
	close(listener);
	listener = listen_to("asked", FAN_ACCESS_PERM);
	ask(reads, -EPERM, 1, FAN_DENY | FAN_AUDIT, 0);
	close(listener);
	listener = listen_to("asked", FAN_OPEN_EXEC_PERM);
	ask(executes, 0, 1, FAN_ALLOW | FAN_AUDIT, 0);
	close(listener);
	printf("%d calls\n", calls_made);
}
