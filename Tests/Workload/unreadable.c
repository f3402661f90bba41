/* SPDX-License-Identifier: Apache-2.0 */
/* An open whose name is gone from memory before it has ended. */
#define _GNU_SOURCE
#include "workload.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE 4096

/* Whether the first thread waits in openat: proc(5), /proc/pid/syscall. */
static int waits_in_openat(void)
{
	char text[16] = "";
	int file = open("/proc/self/syscall", O_RDONLY | O_CLOEXEC);

	if (file < 0 || read(file, text, sizeof(text) - 1) < 0)
		fail("/proc/self/syscall: %s", strerror(errno));
	close(file);
	return !strncmp(text, "257 ", 4);
}

/* The reader has its name in the kernel, and waits for a writer. */
static void *take_away(void *name)
{
	while (!waits_in_openat())
		usleep(1000);
	if (munmap(name, PAGE))
		fail("munmap: %s", strerror(errno));
	close(open("fifo", O_WRONLY | O_CLOEXEC));
	return NULL;
}

void unreadable(void)
{
	pthread_t other;
	char *name = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (name == MAP_FAILED || mkfifo("fifo", 0600))
		fail("fifo: %s", strerror(errno));
	strcpy(name, "fifo");
	if (pthread_create(&other, NULL, take_away, name))
		fail("no thread");
	MUST_WORK(syscall(SYS_openat, AT_FDCWD, name, O_RDONLY, 0));
	pthread_join(other, NULL);
	unlink("fifo");
}
