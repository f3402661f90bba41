/* SPDX-License-Identifier: Apache-2.0 */
/* A kernel's module, loaded and removed. */
#define _GNU_SOURCE
#include "workload.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

void load_module(const char *path, const char *name)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;
	void *content;

	if (file < 0 || fstat(file, &status))
		fail("%s: %s", path, strerror(errno));
	content = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
	if (content == MAP_FAILED)
		fail("%s: %s", path, strerror(errno));
	MUST_BE(0, syscall(SYS_finit_module, file, "", 0));
	MUST_BE(-EEXIST, syscall(SYS_finit_module, file, "", 0));
	MUST_BE(0, syscall(SYS_delete_module, name, 0));
	MUST_BE(0, syscall(SYS_init_module, content, status.st_size, ""));
	MUST_BE(0, syscall(SYS_delete_module, name, 0));
	MUST_BE(-ENOENT, syscall(SYS_delete_module, name, 0));
	MUST_BE(-ENOENT, syscall(SYS_delete_module, "no such\nmodule", 0));
	MUST_BE(-ENOEXEC, syscall(SYS_init_module, content, 8, ""));
	MUST_BE(-EBADF, syscall(SYS_finit_module, -1, "", 0));
	munmap(content, (size_t)status.st_size);
	close(file);
}
