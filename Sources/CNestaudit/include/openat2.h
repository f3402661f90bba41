/* SPDX-License-Identifier: Apache-2.0 */
/* openat2(2), which the C library does not wrap. */
#ifndef NESTAUDIT_OPENAT2_H
#define NESTAUDIT_OPENAT2_H

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/stat.h>
#include <sys/syscall.h>
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

/* Whether the descriptor is what something is mounted on: Linux 5.8, statx(2). */
static inline _Bool nestaudit_is_mount_root(int descriptor)
{
	struct statx status;

	return syscall(SYS_statx, descriptor, "", 0x1000 /* AT_EMPTY_PATH */, 0, &status) == 0 &&
	       status.stx_attributes & STATX_ATTR_MOUNT_ROOT;
}

#endif
