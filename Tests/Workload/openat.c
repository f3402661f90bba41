/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "workload.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static long openat_call(int directory, const char *path, int flags, mode_t mode)
{
	return syscall(SYS_openat, directory, path, flags, mode);
}

static void opens(int directory, const char *path, int flags, mode_t mode)
{
	close((int)MUST_WORK(openat_call(directory, path, flags, mode)));
}

/* Opens that find what is there. */
static void existing(int directory)
{
	opens(AT_FDCWD, "/etc/passwd", O_RDONLY, 0);
	opens(AT_FDCWD, "/dev/null", O_RDWR, 0);
	opens(AT_FDCWD, "/", O_RDONLY | O_DIRECTORY, 0);
	opens(AT_FDCWD, ".", O_RDONLY | O_DIRECTORY, 0);
	opens(AT_FDCWD, "/proc/self/status", O_RDONLY, 0);
	opens(AT_FDCWD, "/usr/../etc//passwd", O_RDONLY, 0);
	opens(AT_FDCWD, "/etc/passwd", O_PATH, 0);
	opens(AT_FDCWD, "d/", O_RDONLY | O_DIRECTORY, 0);
	opens(AT_FDCWD, "d/in", O_RDWR, 0);
	opens(directory, "in", O_RDONLY, 0);
	opens(directory, "../d/in", O_WRONLY | O_APPEND, 0);
	opens(directory, "/etc/passwd", O_RDONLY, 0);
	opens(AT_FDCWD, "d/in", O_WRONLY | O_TRUNC, 0);
	opens(AT_FDCWD, "d/in", O_RDWR | O_CREAT, 0600);
	opens(AT_FDCWD, "link", O_RDONLY, 0);
}

/* Opens that make a file, by names of every kind. */
static void creating(int directory)
{
	static const char *const names[] = {
	    "new",
	    "new with space",
	    "new\nline",
	    "new\"quote",
	    "n\xc3\xa9w",
	    "new\xff",
	    "./new",
	    "d/../new",
	    "new\x7f",
	    "(null)",
	    "new-that-is-as-long-as-a-name-can-be-0123456789012345678901234567890123456789012"
	    "34567890123456789012345678901234567890123456789012345678901234567890123456789012"
	    "34567890123456789012345678901234567890123456789012345678901234567890123456789012"
	    "345678901234567",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		opens(AT_FDCWD, names[i], O_WRONLY | O_CREAT, 0640);
		opens(AT_FDCWD, names[i], O_WRONLY | O_CREAT, 0640);
		unlink(names[i]);
	}
	opens(directory, "new", O_RDWR | O_CREAT | O_EXCL, 04755);
	unlinkat(directory, "new", 0);
	opens(AT_FDCWD, "d/new", O_RDWR | O_CREAT | O_TRUNC, 0);
	unlink("d/new");
}

/* Opens that fail. */
static void failing(int directory)
{
	static char too_long[5000];

	memset(too_long, 'x', sizeof(too_long) - 1);
	MUST_BE(-ENOENT, openat_call(AT_FDCWD, "missing", O_RDONLY, 0));
	MUST_BE(-ENOENT, openat_call(AT_FDCWD, "/missing/too", O_RDONLY, 0));
	MUST_BE(-ENOENT, openat_call(AT_FDCWD, "missing/new", O_WRONLY | O_CREAT, 0600));
	MUST_BE(-ENOENT, openat_call(directory, "missing", O_RDONLY, 0));
	MUST_BE(-ENOENT, openat_call(AT_FDCWD, "", O_RDONLY, 0));
	MUST_BE(-ENOENT, openat_call(AT_FDCWD, "missing \n\"", O_RDONLY, 0));
	MUST_BE(-ENOTDIR, openat_call(AT_FDCWD, "d/in/below", O_RDONLY, 0));
	MUST_BE(-ENOTDIR, openat_call(AT_FDCWD, "d/in", O_RDONLY | O_DIRECTORY, 0));
	MUST_BE(-EISDIR, openat_call(AT_FDCWD, "d", O_WRONLY, 0));
	MUST_BE(-EEXIST, openat_call(AT_FDCWD, "d/in", O_WRONLY | O_CREAT | O_EXCL, 0600));
	MUST_BE(-ELOOP, openat_call(AT_FDCWD, "link", O_RDONLY | O_NOFOLLOW, 0));
	MUST_BE(-EBADF, openat_call(999, "relative", O_RDONLY, 0));
	MUST_BE(-ENAMETOOLONG, openat_call(AT_FDCWD, too_long, O_RDONLY, 0));
	MUST_BE(-EFAULT, openat_call(AT_FDCWD, NULL, O_RDONLY, 0));
	if (geteuid() != 0)
		MUST_BE(-EACCES, openat_call(AT_FDCWD, "/etc/shadow", O_RDONLY, 0));
}

void mix_openat(void)
{
	int directory, file;

	if (mkdir("d", 0755) || (file = open("d/in", O_WRONLY | O_CREAT | O_CLOEXEC, 0644)) < 0 ||
	    (directory = open("d", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0 ||
	    symlink("d/in", "link"))
		fail("cannot prepare d: %s", strerror(errno));
	close(file);
	existing(directory);
	creating(directory);
	failing(directory);
	close(directory);
	unlink("link");
	unlink("d/in");
	rmdir("d");
}
