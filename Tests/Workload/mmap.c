/* SPDX-License-Identifier: Apache-2.0 */
/* Mappings of files, and of none. */
#define _GNU_SOURCE
#include "workload.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE 4096

static long mmap_call(size_t length, int protection, int flags, int file, off_t offset)
{
	return syscall(SYS_mmap, NULL, length, protection, flags, file, offset);
}

static void maps(size_t length, int protection, int flags, int file)
{
	munmap((void *)MUST_WORK(mmap_call(length, protection, flags, file, 0)), length);
}

void mix_mmap(void)
{
	int file = open("/etc/passwd", O_RDONLY | O_CLOEXEC);

	if (file < 0)
		fail("/etc/passwd cannot be opened");
	maps(PAGE, PROT_READ, MAP_PRIVATE, file);
	maps(PAGE, PROT_READ, MAP_SHARED | MAP_POPULATE, file);
	maps(PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	MUST_BE(-EBADF, mmap_call(PAGE, PROT_READ, MAP_PRIVATE, -1, 0));
	MUST_BE(-EINVAL, mmap_call(PAGE, PROT_READ, 0, file, 0));
	MUST_BE(-EINVAL, mmap_call(0, PROT_READ, MAP_PRIVATE, file, 0));
	MUST_BE(-EINVAL, mmap_call(PAGE, PROT_READ, MAP_PRIVATE, file, 1));
	MUST_BE(-EACCES, mmap_call(PAGE, PROT_WRITE, MAP_SHARED, file, 0));
	close(file);
}
