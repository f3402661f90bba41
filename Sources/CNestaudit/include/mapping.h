/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that glibc declares only with _GNU_SOURCE, for files that are mapped into memory. */
#ifndef NESTAUDIT_MAPPING_H
#define NESTAUDIT_MAPPING_H

#include <errno.h>
#include <linux/falloc.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

/* Gives bytes of a file room that they cannot be refused later; 0, or an error number. */
static inline int nestaudit_allocate(int file, uint64_t start, uint64_t count)
{
	return syscall(SYS_fallocate, file, 0, start, count) ? errno : 0;
}

/* Takes it away from them again. */
static inline void nestaudit_deallocate(int file, uint64_t start, uint64_t count)
{
	syscall(SYS_fallocate, file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, start, count);
}

/* A file without a name, in memory; -1 if that is refused. */
static inline int nestaudit_memory_file(const char *name)
{
	return syscall(SYS_memfd_create, name, 1 /* MFD_CLOEXEC */);
}

/* Makes a mapping longer, wherever there is room; NULL if that is refused. */
static inline void *nestaudit_extend(void *mapping, uint64_t size, uint64_t longer)
{
	long moved = syscall(SYS_mremap, mapping, size, longer, 1 /* MREMAP_MAYMOVE */, 0);

	return moved == -1 ? 0 : (void *)moved;
}

/* Whether what is written into a directory stays in memory: include/uapi/linux/magic.h. */
static inline int nestaudit_is_in_memory(const char *directory)
{
	struct statfs status;

	return !statfs(directory, &status) &&
	       ((uint32_t)status.f_type == 0x01021994 /* TMPFS_MAGIC */ ||
		(uint32_t)status.f_type == 0x858458f6 /* RAMFS_MAGIC */);
}

#endif
