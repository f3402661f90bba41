/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "workload.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static long unlinkat_call(int directory, const char *path, int flags)
{
	return syscall(SYS_unlinkat, directory, path, flags);
}

static void make(int directory, const char *name)
{
	if (mknodat(directory, name, S_IFREG | 0600, 0))
		fail("%s: %s", name, strerror(errno));
}

static void removing(int directory)
{
	static const char *const names[] = {"old", "old with space", "old\nline", "old\"", "\xff"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		make(AT_FDCWD, names[i]);
		MUST_BE(0, unlinkat_call(AT_FDCWD, names[i], 0));
	}
	make(directory, "in");
	MUST_BE(0, unlinkat_call(directory, "in", 0));
	make(directory, "in");
	MUST_BE(0, unlinkat_call(AT_FDCWD, "u/in", 0));
	if (symlink("missing", "link"))
		fail("link: %s", strerror(errno));
	MUST_BE(0, unlinkat_call(AT_FDCWD, "./link", 0));
}

static void failing(int directory)
{
	make(directory, "in");
	MUST_BE(-ENOENT, unlinkat_call(AT_FDCWD, "missing", 0));
	MUST_BE(-ENOENT, unlinkat_call(directory, "missing \n", 0));
	MUST_BE(-ENOENT, unlinkat_call(AT_FDCWD, "missing/too", 0));
	MUST_BE(-EISDIR, unlinkat_call(AT_FDCWD, "u", 0));
	MUST_BE(-ENOTEMPTY, unlinkat_call(AT_FDCWD, "u", AT_REMOVEDIR));
	MUST_BE(-ENOTDIR, unlinkat_call(AT_FDCWD, "u/in", AT_REMOVEDIR));
	MUST_BE(-ENOTDIR, unlinkat_call(AT_FDCWD, "u/in/below", 0));
	MUST_BE(-EBADF, unlinkat_call(999, "relative", 0));
	MUST_BE(-EINVAL, unlinkat_call(AT_FDCWD, "u/in", ~0));
	MUST_BE(-EFAULT, unlinkat_call(AT_FDCWD, NULL, 0));
	if (geteuid() != 0)
		MUST_BE(-EACCES, unlinkat_call(AT_FDCWD, "/etc/passwd", 0));
	MUST_BE(0, unlinkat_call(directory, "in", 0));
}

void mix_unlinkat(void)
{
	int directory;

	if (mkdir("u", 0700) || (directory = open("u", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		fail("u: %s", strerror(errno));
	removing(directory);
	failing(directory);
	close(directory);
	MUST_BE(0, unlinkat_call(AT_FDCWD, "u", AT_REMOVEDIR));
}
