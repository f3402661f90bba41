/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "workload.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

/* What both threads have: the last letter is rewritten, and whether a directory is asked for. */
static char file[] = "file-a";
static struct sockaddr_un socket_name = {.sun_family = AF_UNIX, .sun_path = "socket-a"};
static struct open_how how;
static atomic_bool done;

static void *rewrite(void *argument)
{
	volatile char *letter = &file[sizeof(file) - 2];
	volatile char *other = &socket_name.sun_path[strlen("socket-")];
	volatile __u64 *flags = &how.flags;

	(void)argument;
	while (!done)
		for (int i = 0; i < 100; i++) {
			*letter = *other = i & 1 ? 'a' : 'b';
			*flags = i & 1 ? O_DIRECTORY : 0;
		}
	return NULL;
}

/* The same two inodes each time: what an unlink or a rename took away has another name still. */
static void restore(void)
{
	if ((link("kept-a", "file-a") && errno != EEXIST) ||
	    (link("kept-b", "file-b") && errno != EEXIST))
		fail("link: %s", strerror(errno));
}

static void call(const char *what, int descriptor)
{
	long result;

	if (!strcmp(what, "open")) {
		result = syscall(SYS_openat, AT_FDCWD, file, O_RDONLY);
		syscall(SYS_close, result);
	} else if (!strcmp(what, "openat2")) {
		result = syscall(SYS_openat2, AT_FDCWD, "kept-a", &how, sizeof(how));
		if (result >= 0)
			syscall(SYS_close, result);
		else if (errno == ENOTDIR)
			result = 0;
	} else if (!strcmp(what, "unlink")) {
		result = syscall(SYS_unlink, file);
		restore();
	} else if (!strcmp(what, "rename")) {
		result = syscall(SYS_rename, file, "moved");
		unlink("moved");
		restore();
	} else if (!strcmp(what, "connect")) {
		result = syscall(SYS_connect, descriptor, &socket_name, sizeof(socket_name));
	} else {
		fail("no call %s", what);
	}
	if (result < 0)
		fail("%s: %s", what, strerror(errno));
}

static int listener(char letter)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(name.sun_path, sizeof(name.sun_path), "socket-%c", letter);
	if (descriptor < 0 || bind(descriptor, (struct sockaddr *)&name, sizeof(name)))
		fail("%s: %s", name.sun_path, strerror(errno));
	return descriptor;
}

void race(char **calls)
{
	static const char *const names[] = {"file-a",   "file-b", "socket-a",
					    "socket-b", "kept-a", "kept-b"};
	pthread_t thread;
	int sockets[] = {listener('a'), listener('b'), socket(AF_UNIX, SOCK_DGRAM, 0)};

	close(open("kept-a", O_CREAT | O_WRONLY, 0644));
	close(open("kept-b", O_CREAT | O_WRONLY, 0644));
	restore();
	for (int i = 0; i < 4; i++) {
		struct stat status;
		if (stat(names[i], &status))
			fail("%s: %s", names[i], strerror(errno));
		printf("%s %lu\n", names[i], (unsigned long)status.st_ino);
	}
	if (pthread_create(&thread, NULL, rewrite, NULL))
		fail("no thread");
	for (; calls[0] && calls[1]; calls += 2)
		for (long i = atol(calls[1]); i > 0; i--)
			call(calls[0], sockets[2]);
	done = true;
	pthread_join(thread, NULL);
	for (int i = 0; i < 6; i++)
		unlink(names[i]);
	for (int i = 0; i < 3; i++)
		close(sockets[i]);
}
