/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "paths.h"
#include "workload.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

/* arch/x86/entry/syscalls/syscall_64.tbl: younger than this machine's headers. */
enum {
	CALL_FCHMODAT2 = 452,
	CALL_SETXATTRAT = 463,
	CALL_GETXATTRAT,
	CALL_LISTXATTRAT,
	CALL_REMOVEXATTRAT,
	CALL_OPEN_TREE_ATTR,
	CALL_FILE_GETATTR,
};

/* Where the calls put what nobody looks at. */
static struct stat status;
static struct statx status_x;
static struct statfs file_system;
static struct file_handle handle;
static int mount_id;
static char text[64];
static uint32_t file_attributes[6];

/* linux/xattr.h, struct xattr_args */
static struct {
	uint64_t value;
	uint32_t size, flags;
} attribute;

static int inotify, fanotify;

static long closed(long descriptor)
{
	if (descriptor >= 0)
		close((int)descriptor);
	return descriptor < 0 ? descriptor : 0;
}

/* What follows the lookup depends on the file system and on who asks, and is not told. */
static long looked_up(long result)
{
	if (result >= 0)
		return 0;
	switch (errno) {
	case EPERM:
	case EINVAL:
	case ENODATA:
	case ENODEV:
	case ENOTTY:
	case EOPNOTSUPP:
	case EOVERFLOW:
	case EXDEV:
		return 0;
	}
	return result;
}

#define OPERATION(name, ...)                                                                       \
	static long run_##name(int directory, const char *path)                                    \
	{                                                                                          \
		(void)directory;                                                                   \
		return syscall(__VA_ARGS__);                                                       \
	}
#define OPENING(name, ...)                                                                         \
	static long run_##name(int directory, const char *path)                                    \
	{                                                                                          \
		(void)directory;                                                                   \
		return closed(syscall(__VA_ARGS__));                                               \
	}
#define LOOKING(name, ...)                                                                         \
	static long run_##name(int directory, const char *path)                                    \
	{                                                                                          \
		(void)directory;                                                                   \
		return looked_up(syscall(__VA_ARGS__));                                            \
	}

OPENING(open, SYS_open, path, O_RDONLY, 0)
OPENING(openat, SYS_openat, directory, path, O_RDWR, 0)
OPENING(openat_create, SYS_openat, directory, path, O_RDWR | O_CREAT | O_EXCL, 0640)
OPENING(open_create, SYS_open, path, O_WRONLY | O_CREAT | O_EXCL, 0600)
OPENING(creat, SYS_creat, path, 0600)
OPERATION(truncate, SYS_truncate, path, 3)
OPERATION(chmod, SYS_chmod, path, 0640)
OPERATION(fchmodat, SYS_fchmodat, directory, path, 0600)
OPERATION(chown, SYS_chown, path, -1, -1)
OPERATION(lchown, SYS_lchown, path, -1, -1)
OPERATION(fchownat, SYS_fchownat, directory, path, -1, -1, 0)
OPERATION(utimensat, SYS_utimensat, directory, path, NULL, 0)
OPERATION(unlink, SYS_unlink, path)
OPERATION(unlinkat, SYS_unlinkat, directory, path, 0)
OPERATION(rmdir, SYS_rmdir, path)
LOOKING(chroot, SYS_chroot, path)
OPERATION(unlinkat_directory, SYS_unlinkat, directory, path, AT_REMOVEDIR)
OPERATION(mkdir, SYS_mkdir, path, 0700)
OPERATION(mkdirat, SYS_mkdirat, directory, path, 0750)
OPERATION(mknod, SYS_mknod, path, S_IFREG | 0600, 0)
OPERATION(mknodat, SYS_mknodat, directory, path, S_IFIFO | 0600, 0)
OPERATION(link_from, SYS_link, path, "linked")
OPERATION(link_to, SYS_link, "source", path)
OPERATION(linkat_from, SYS_linkat, directory, path, AT_FDCWD, "linked", 0)
OPERATION(linkat_to, SYS_linkat, AT_FDCWD, "source", directory, path, 0)
OPERATION(symlink, SYS_symlink, "to where", path)
OPERATION(symlinkat, SYS_symlinkat, "to/where", directory, path)
OPERATION(rename_from, SYS_rename, path, "renamed")
OPERATION(rename_to, SYS_rename, "source", path)
OPERATION(renameat_from, SYS_renameat, directory, path, AT_FDCWD, "renamed")
OPERATION(renameat2_to, SYS_renameat2, AT_FDCWD, "source", directory, path, 1 /* NOREPLACE */)
OPERATION(stat, SYS_stat, path, &status)
OPERATION(lstat, SYS_lstat, path, &status)
OPERATION(newfstatat, SYS_newfstatat, directory, path, &status, 0)
OPERATION(statx, SYS_statx, directory, path, 0, STATX_BASIC_STATS, &status_x)
OPERATION(statfs, SYS_statfs, path, &file_system)
OPERATION(access, SYS_access, path, F_OK)
OPERATION(faccessat, SYS_faccessat, directory, path, R_OK)
OPERATION(faccessat2, SYS_faccessat2, directory, path, R_OK, AT_EACCESS)
OPERATION(utime, SYS_utime, path, NULL)
OPERATION(utimes, SYS_utimes, path, NULL)
OPERATION(futimesat, SYS_futimesat, directory, path, NULL)
LOOKING(readlink, SYS_readlink, path, text, sizeof(text))
LOOKING(readlinkat, SYS_readlinkat, directory, path, text, sizeof(text))
LOOKING(setxattr, SYS_setxattr, path, "user.test", "v", 1, 0)
LOOKING(lsetxattr, SYS_lsetxattr, path, "user.test", "v", 1, 0)
LOOKING(getxattr, SYS_getxattr, path, "user.test", text, sizeof(text))
LOOKING(lgetxattr, SYS_lgetxattr, path, "user.none", text, sizeof(text))
LOOKING(listxattr, SYS_listxattr, path, text, sizeof(text))
LOOKING(llistxattr, SYS_llistxattr, path, text, sizeof(text))
LOOKING(removexattr, SYS_removexattr, path, "user.test")
LOOKING(lremovexattr, SYS_lremovexattr, path, "user.none")
LOOKING(name_to_handle_at, SYS_name_to_handle_at, directory, path, &handle, &mount_id, 0)
LOOKING(inotify_add_watch, SYS_inotify_add_watch, inotify, path, IN_MODIFY)
LOOKING(fanotify_mark, SYS_fanotify_mark, fanotify, FAN_MARK_ADD, FAN_MODIFY, directory, path)
LOOKING(umount2, SYS_umount2, path, 0)
LOOKING(mount, SYS_mount, "from nowhere", path, "tmpfs", 0, NULL)
LOOKING(fchmodat2, CALL_FCHMODAT2, directory, path, 0600, 0)
LOOKING(setxattrat, CALL_SETXATTRAT, directory, path, 0, "user.at", &attribute, sizeof(attribute))
LOOKING(getxattrat, CALL_GETXATTRAT, directory, path, 0, "user.at", &attribute, sizeof(attribute))
LOOKING(listxattrat, CALL_LISTXATTRAT, directory, path, 0, text, sizeof(text))
LOOKING(removexattrat, CALL_REMOVEXATTRAT, directory, path, 0, "user.at")
LOOKING(file_getattr, CALL_FILE_GETATTR, directory, path, file_attributes, sizeof(file_attributes),
	0)
OPENING(open_tree, SYS_open_tree, directory, path, O_CLOEXEC)
OPENING(open_tree_attr, CALL_OPEN_TREE_ATTR, directory, path, O_CLOEXEC, NULL, 0)

const struct operation path_operations[] = {
    {"open", USES, run_open},
    {"openat", USES, run_openat, .at = 1},
    {"openat O_CREAT", MAKES, run_openat_create, .at = 1},
    {"open O_CREAT", MAKES, run_open_create},
    {"creat", USES, run_creat},
    {"truncate", USES, run_truncate},
    {"chmod", USES, run_chmod},
    {"fchmodat", USES, run_fchmodat, .at = 1},
    {"chown", USES, run_chown},
    {"lchown", USES, run_lchown},
    {"fchownat", USES, run_fchownat, .at = 1},
    {"utimensat", USES, run_utimensat, .at = 1},
    {"unlink", TAKES, run_unlink},
    {"unlinkat", TAKES, run_unlinkat, .at = 1},
    {"rmdir", TAKES, run_rmdir, .directory = 1},
    {"chroot", USES, run_chroot, .directory = 1},
    {"unlinkat AT_REMOVEDIR", TAKES, run_unlinkat_directory, .at = 1, .directory = 1},
    {"mkdir", MAKES, run_mkdir, .directory = 1},
    {"mkdirat", MAKES, run_mkdirat, .at = 1, .directory = 1},
    {"mknod", MAKES, run_mknod},
    {"mknodat", MAKES, run_mknodat, .at = 1},
    {"link from", USES, run_link_from},
    {"link to", MAKES, run_link_to},
    {"linkat from", USES, run_linkat_from, .at = 1},
    {"linkat to", MAKES, run_linkat_to, .at = 1},
    {"symlink", MAKES, run_symlink},
    {"symlinkat", MAKES, run_symlinkat, .at = 1},
    {"rename from", TAKES, run_rename_from},
    {"rename to", MAKES, run_rename_to},
    {"renameat from", TAKES, run_renameat_from, .at = 1},
    {"renameat2 to", MAKES, run_renameat2_to, .at = 1},
    {"newfstatat", LOOKS, run_newfstatat, .at = 1},
    {"stat", LOOKS, run_stat},
    {"lstat", LOOKS, run_lstat},
    {"statx", LOOKS, run_statx, .at = 1},
    {"statfs", LOOKS, run_statfs},
    {"access", LOOKS, run_access},
    {"faccessat", LOOKS, run_faccessat, .at = 1},
    {"faccessat2", LOOKS, run_faccessat2, .at = 1},
    {"utime", LOOKS, run_utime},
    {"utimes", LOOKS, run_utimes},
    {"futimesat", LOOKS, run_futimesat, .at = 1},
    {"readlink", LOOKS, run_readlink},
    {"readlinkat", LOOKS, run_readlinkat, .at = 1},
    {"setxattr", LOOKS, run_setxattr},
    {"lsetxattr", LOOKS, run_lsetxattr},
    {"getxattr", LOOKS, run_getxattr},
    {"lgetxattr", LOOKS, run_lgetxattr},
    {"listxattr", LOOKS, run_listxattr},
    {"llistxattr", LOOKS, run_llistxattr},
    {"removexattr", LOOKS, run_removexattr},
    {"lremovexattr", LOOKS, run_lremovexattr},
    {"name_to_handle_at", LOOKS, run_name_to_handle_at, .at = 1},
    {"inotify_add_watch", LOOKS, run_inotify_add_watch},
    {"fanotify_mark", LOOKS, run_fanotify_mark, .at = 1},
    {"umount2", LOOKS, run_umount2},
    {"mount", LOOKS, run_mount},
    {"fchmodat2", LOOKS, run_fchmodat2, .at = 1, .since = {6, 6}},
    {"setxattrat", LOOKS, run_setxattrat, .at = 1, .since = {6, 13}},
    {"getxattrat", LOOKS, run_getxattrat, .at = 1, .since = {6, 13}},
    {"listxattrat", LOOKS, run_listxattrat, .at = 1, .since = {6, 13}},
    {"removexattrat", LOOKS, run_removexattrat, .at = 1, .since = {6, 13}},
    {"file_getattr", LOOKS, run_file_getattr, .at = 1, .since = {6, 17}},
    {"open_tree", LOOKS, run_open_tree, .at = 1},
    {"open_tree_attr", LOOKS, run_open_tree_attr, .at = 1, .since = {6, 15}},
};

const size_t path_operation_count = sizeof(path_operations) / sizeof(path_operations[0]);

void path_operations_prepare(void)
{
	inotify = inotify_init1(IN_CLOEXEC);
	fanotify = fanotify_init(FAN_CLOEXEC | FAN_CLASS_NOTIF | FAN_REPORT_FID, O_RDONLY);
	attribute.value = (uint64_t)text;
	attribute.size = 1;
	if (inotify < 0 || fanotify < 0)
		fail("neither inotify nor fanotify may fail");
}

void path_operations_finish(void)
{
	close(inotify);
	close(fanotify);
}

bool path_operation_is_there(const struct operation *operation)
{
	struct utsname kernel;
	unsigned int major, minor;

	if (uname(&kernel) || sscanf(kernel.release, "%u.%u", &major, &minor) != 2)
		fail("the kernel does not say its version");
	return major > operation->since[0] ||
	       (major == operation->since[0] && minor >= operation->since[1]);
}
