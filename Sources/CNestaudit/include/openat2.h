/* SPDX-License-Identifier: Apache-2.0 */
/* openat2(2), which the C library does not wrap. */
#ifndef NESTAUDIT_OPENAT2_H
#define NESTAUDIT_OPENAT2_H

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
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

#endif
