/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "workload.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void make(const char *name)
{
	int descriptor = open(name, O_CREAT | O_WRONLY, 0644);

	if (descriptor < 0)
		fail("%s: %s", name, strerror(errno));
	close(descriptor);
}

/* Files are made, changed and taken away by their names alone. */
void mix_names(void)
{
	struct timespec times[2] = {{.tv_nsec = UTIME_NOW}, {.tv_nsec = UTIME_OMIT}};

	MUST_BE(0, syscall(SYS_mkdir, "made", 0755));
	MUST_BE(-EEXIST, syscall(SYS_mkdir, "made", 0755));
	MUST_BE(0, syscall(SYS_mkdirat, AT_FDCWD, "made/below", 0700));
	MUST_BE(-ENOENT, syscall(SYS_mkdir, "absent/below", 0755));
	MUST_BE(0, syscall(SYS_mknod, "made/fifo", S_IFIFO | 0600, 0));
	make("made/file");
	make("made/other");

	MUST_BE(0, syscall(SYS_link, "made/file", "made/second name"));
	MUST_BE(-EEXIST, syscall(SYS_link, "made/file", "made/other"));
	MUST_BE(-ENOENT, syscall(SYS_link, "made/absent", "made/new"));
	MUST_BE(0, syscall(SYS_symlink, "file", "made/link"));
	MUST_BE(-EEXIST, syscall(SYS_symlink, "file", "made/link"));
	MUST_BE(-ENOENT, syscall(SYS_symlink, "file", "absent/link"));
	MUST_BE(0, syscall(SYS_symlinkat, "/no/where", AT_FDCWD, "dangling"));

	MUST_BE(0, syscall(SYS_chmod, "made/file", 0600));
	MUST_BE(0, syscall(SYS_fchmodat, AT_FDCWD, "made/link", 0640));
	MUST_BE(-ENOENT, syscall(SYS_chmod, "dangling", 0600));
	MUST_BE(0, syscall(SYS_chown, "made/file", -1, -1));
	MUST_BE(0, syscall(SYS_lchown, "made/link", -1, -1));
	MUST_BE(0, syscall(SYS_truncate, "made/file", 5));
	MUST_BE(0, syscall(SYS_utimensat, AT_FDCWD, "made/other", times, 0));

	MUST_BE(0, syscall(SYS_chdir, "made"));
	MUST_BE(-ENOENT, syscall(SYS_chdir, "absent"));
	MUST_BE(-ENOTDIR, syscall(SYS_chdir, "file"));
	MUST_BE(0, syscall(SYS_chdir, ".."));

	MUST_BE(0, syscall(SYS_rename, "made/second name", "made/third"));
	MUST_BE(0, syscall(SYS_rename, "made/other", "made/third"));
	MUST_BE(0, syscall(SYS_renameat, AT_FDCWD, "made/below", AT_FDCWD, "moved"));
	MUST_BE(-ENOENT, syscall(SYS_rename, "made/absent", "made/third"));

	MUST_BE(0, syscall(SYS_mkdir, "made/full", 0755));
	make("made/full/file");
	MUST_BE(-ENOTEMPTY, syscall(SYS_rename, "moved", "made/full"));
	MUST_BE(-EISDIR, syscall(SYS_rename, "made/third", "made/full"));
	MUST_BE(-ENOTDIR, syscall(SYS_rename, "moved", "made/third"));
	MUST_BE(-ENOTDIR, syscall(SYS_rename, "made/third", "made/new/"));
	MUST_BE(0, syscall(SYS_unlink, "made/full/file"));
	MUST_BE(0, syscall(SYS_rename, "moved", "made/full"));
	MUST_BE(0, syscall(SYS_rename, "made/full", "moved"));
	/* The same file: nothing happens. */
	MUST_BE(0, syscall(SYS_link, "made/third", "again"));
	MUST_BE(0, syscall(SYS_rename, "again", "made/third"));
	MUST_BE(0, syscall(SYS_unlink, "again"));

	MUST_BE(-ENOTEMPTY, syscall(SYS_rmdir, "made"));
	MUST_BE(0, syscall(SYS_rmdir, "moved"));
	for (int i = 0; i < 5; i++) {
		static const char *const names[] = {"made/fifo", "made/file", "made/link",
						    "made/third", "dangling"};
		MUST_BE(0, syscall(SYS_unlink, names[i]));
	}
	MUST_BE(0, syscall(SYS_rmdir, "made"));
}
