/* SPDX-License-Identifier: Apache-2.0 */
/* openat2(2), which the C library does not wrap. */
#ifndef NESTAUDIT_OPENAT2_H
#define NESTAUDIT_OPENAT2_H

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/stat.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#ifndef O_PATH
#define O_PATH 010000000
#endif

static const int nestaudit_o_path = O_PATH;

/* Opens `path` as if `root` were "/"; neither `..` nor a link leads out of it. -errno on failure.
 */
static inline int nestaudit_open_in_root(int root, const char *path, int flags)
{
	struct open_how how = {
	    .flags = (unsigned)flags | O_CLOEXEC,
	    .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	long opened = syscall(SYS_openat2, root, path, &how, sizeof(how));

	return opened < 0 ? -errno : (int)opened;
}

/*
 * What `path` leads to in `root`: from the kernel's caches alone (Linux 5.12), which nobody can
 * keep us waiting for, or on the root's own file system. -errno on failure, -EAGAIN if it is not
 * cached.
 */
static inline int nestaudit_look_up(int root, const char *path, int flags, _Bool cached)
{
	struct open_how how = {
	    .flags = (unsigned)flags | O_PATH | O_CLOEXEC,
	    .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS |
		       (cached ? 0x20 /* RESOLVE_CACHED */ : RESOLVE_NO_XDEV),
	};
	long opened = syscall(SYS_openat2, root, path, &how, sizeof(how));

	return opened < 0 ? -errno : (int)opened;
}

/* Whether a directory is on a file system that answers by itself, or by others that do. */
static inline _Bool nestaudit_is_local(int directory)
{
	struct statfs status;

	if (fstatfs(directory, &status))
		return 0;
	switch ((unsigned)status.f_type) {
	case 0xef53u:     /* ext4 */
	case 0x58465342u: /* xfs */
	case 0x9123683eu: /* btrfs */
	case 0x01021994u: /* tmpfs */
	case 0x794c7630u: /* overlayfs */
		return 1;
	}
	return 0;
}

/* The root directory of a process, without allocating its path; -1 if it is gone. */
static inline int nestaudit_open_root(unsigned process)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%u/root", process);
	return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* Whether the descriptor is what something is mounted on: Linux 5.8, statx(2). */
static inline _Bool nestaudit_is_mount_root(int descriptor)
{
	struct statx status;

	return syscall(SYS_statx, descriptor, "", 0x1000 /* AT_EMPTY_PATH */, 0, &status) == 0 &&
	       status.stx_attributes & STATX_ATTR_MOUNT_ROOT;
}

#endif
