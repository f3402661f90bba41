/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "workload.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_bool done;

/* Puts another file behind the descriptor as often as it can. */
static void *replace(void *argument)
{
	const int *files = argument;

	while (!done) {
		syscall(SYS_dup2, files[0], files[1]);
		syscall(SYS_close, files[1]);
	}
	return NULL;
}

void swap(long count, const char *path)
{
	pthread_t thread;
	/* Two free numbers: the other file is behind the first, opens get the second. */
	int files[2] = {(int)MUST_WORK(syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY))};

	files[1] = files[0] + 1;
	if (pthread_create(&thread, NULL, replace, files))
		fail("no thread");
	for (long i = 0; i < count; i++) {
		long file = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY);

		if (file < 0)
			fail("%s: %s", path, strerror(errno));
		syscall(SYS_close, file);
	}
	done = true;
	pthread_join(thread, NULL);
}
