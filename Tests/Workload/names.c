/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "workload.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

static void make(const char *name)
{
	int descriptor = open(name, O_CREAT | O_WRONLY, 0644);

	if (descriptor < 0)
		fail("%s: %s", name, strerror(errno));
	close(descriptor);
}

/* Not every file system has attributes: there is none of that name, then. */
static long none(long result)
{
	if (result < 0 && errno == EOPNOTSUPP)
		errno = ENODATA;
	return result;
}

/* What is done to a file behind a descriptor. */
static void described(int file, int results)
{
	char text[16];

	MUST_BE(results, syscall(SYS_fchmod, file, 0640));
	MUST_BE(results, syscall(SYS_fchown, file, -1, -1));
	MUST_BE(results ? results : -ENODATA,
		none(syscall(SYS_fgetxattr, file, "user.none", text, sizeof(text))));
	MUST_BE(results ? results : -ENODATA, none(syscall(SYS_fremovexattr, file, "user.none")));
	MUST_BE(results ? results : -ENODATA,
		none(syscall(SYS_fsetxattr, file, "user.none", "v", 1, XATTR_REPLACE)));
	MUST_BE(results, syscall(SYS_flistxattr, file, text, sizeof(text)));
}

/* By an empty name it is the directory's descriptor that is meant, if the call is told so. */
static void unnamed(int file)
{
	char memory[256];
	unsigned int handle[2] = {0};
	int mount;

	MUST_BE(0, syscall(SYS_newfstatat, file, "", memory, AT_EMPTY_PATH));
	MUST_BE(0, syscall(SYS_statx, file, "", AT_EMPTY_PATH, STATX_TYPE, memory));
	MUST_BE(0, syscall(SYS_faccessat2, file, "", R_OK, AT_EMPTY_PATH));
	MUST_BE(0, syscall(SYS_fchownat, file, "", -1, -1, AT_EMPTY_PATH));
	MUST_BE(0, syscall(SYS_utimensat, file, NULL, NULL, 0));
	MUST_BE(-EOVERFLOW,
		syscall(SYS_name_to_handle_at, file, "", handle, &mount, AT_EMPTY_PATH));
	close((int)MUST_WORK(syscall(SYS_open_tree, file, "", AT_EMPTY_PATH)));
	MUST_BE(-EBADF, syscall(SYS_statx, 999, "", AT_EMPTY_PATH, STATX_TYPE, memory));
	MUST_BE(-ENOENT, syscall(SYS_newfstatat, file, "", memory, 0));
}

static void descriptors(void)
{
	int file = open("made/file", O_RDWR);
	int place = open("made/file", O_PATH);

	described(file, 0);
	described(place, -EBADF);
	described(999, -EBADF);
	unnamed(file);
	close(file);
	close(place);
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
	descriptors();

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

	MUST_BE(-ENOTEMPTY, syscall(SYS_rmdir, "made"));
	MUST_BE(0, syscall(SYS_rmdir, "moved"));
	for (int i = 0; i < 5; i++) {
		static const char *const names[] = {"made/fifo", "made/file", "made/link",
						    "made/third", "dangling"};
		MUST_BE(0, syscall(SYS_unlink, names[i]));
	}
	MUST_BE(0, syscall(SYS_rmdir, "made"));
}
