/* SPDX-License-Identifier: Apache-2.0 */
/* Opens whose flags are in memory. */
#define _GNU_SOURCE
#include "workload.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef RESOLVE_BENEATH
#error "linux/openat2.h is older than openat2"
#endif

/* A struct of a later kernel, with what ours does not know behind. */
struct longer {
	struct open_how how;
	unsigned long more;
};

static long openat2_call(const char *path, const void *how, size_t size)
{
	return syscall(SYS_openat2, AT_FDCWD, path, how, size);
}

static long opens(const char *path, unsigned long flags, unsigned long mode, unsigned long resolve)
{
	struct open_how how = {.flags = flags, .mode = mode, .resolve = resolve};

	return openat2_call(path, &how, sizeof(how));
}

void mix_openat2(void)
{
	struct longer known = {.how.flags = O_RDONLY};
	struct longer unknown = {.how.flags = O_RDONLY, .more = 1};
	struct open_how how = {.flags = O_RDONLY};

	close((int)MUST_WORK(opens("/etc/passwd", O_RDONLY | O_CLOEXEC, 0, 0)));
	close((int)MUST_WORK(opens("/etc/passwd", O_PATH, 0, RESOLVE_NO_MAGICLINKS)));
	close((int)MUST_WORK(opens(".", O_RDONLY | O_DIRECTORY, 0, RESOLVE_BENEATH)));
	close((int)MUST_WORK(opens("made", O_WRONLY | O_CREAT | O_EXCL, 0640, 0)));
	close((int)MUST_WORK(openat2_call("made", &known, sizeof(known))));
	MUST_BE(-EEXIST, opens("made", O_WRONLY | O_CREAT | O_EXCL, 0640, 0));
	unlink("made");
	MUST_BE(-ENOENT, opens("made", O_RDONLY, 0, 0));
	MUST_BE(-EXDEV, opens("/etc/passwd", O_RDONLY, 0, RESOLVE_BENEATH));
	MUST_BE(-EINVAL, opens("made", O_RDONLY, 0600, 0));
	MUST_BE(-EINVAL, opens("made", 1ul << 40, 0, 0));
	MUST_BE(-EINVAL, opens("made", O_RDONLY, 0, 1ul << 63));
	MUST_BE(-EINVAL, openat2_call("made", &how, 8));
	MUST_BE(-E2BIG, openat2_call("made", &unknown, sizeof(unknown)));
	MUST_BE(-EFAULT, openat2_call("made", NULL, sizeof(how)));
	MUST_BE(-EFAULT, openat2_call(NULL, &how, sizeof(how)));
}
