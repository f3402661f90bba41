/* SPDX-License-Identifier: Apache-2.0 */
/* What only root can do with names: in a mount namespace of a child. */
#define _GNU_SOURCE
#include "workload.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define HERE AT_FDCWD

static void mounts(void)
{
	/* linux/mount.h, struct mount_attr */
	const struct {
		uint64_t set, clear, propagation, user;
	} read_only = {.set = 1 /* MOUNT_ATTR_RDONLY */};
	int tree;

	MUST_BE(0, syscall(SYS_mount, "some memory", "mounts/on", "tmpfs", 0, NULL));
	MUST_BE(0, syscall(SYS_mount, "mounts/on", "mounts/to", NULL, MS_BIND, NULL));
	MUST_BE(0, syscall(SYS_mount, "mounts/to", "mounts/there", NULL, MS_MOVE, NULL));
	MUST_BE(0, syscall(SYS_mount, NULL, "mounts/there", NULL, MS_REMOUNT | MS_NOATIME, NULL));
	MUST_BE(-ENODEV, syscall(SYS_mount, "none", "mounts/to", "unknown", 0, NULL));
	MUST_BE(-ENOENT, syscall(SYS_mount, "none", "mounts/missing", "tmpfs", 0, NULL));
	MUST_BE(-ENOENT, syscall(SYS_mount, "mounts/missing", "mounts/to", NULL, MS_BIND, NULL));
	tree = (int)MUST_WORK(syscall(SYS_open_tree, HERE, "mounts/on", 1 /* OPEN_TREE_CLONE */));
	MUST_BE(0, syscall(SYS_move_mount, tree, "", HERE, "mounts/to", 4 /* F_EMPTY_PATH */));
	close(tree);
	MUST_BE(0, syscall(SYS_mount_setattr, HERE, "mounts/to", 0, &read_only, sizeof(read_only)));
	MUST_BE(-ENOENT, syscall(SYS_mount_setattr, HERE, "mounts/missing", 0, &read_only,
				 sizeof(read_only)));
	MUST_BE(-EROFS, syscall(SYS_mkdir, "mounts/to/new", 0700));
	close((int)MUST_WORK(syscall(SYS_fspick, HERE, "mounts/on", 0)));
	MUST_BE(-ENOENT, syscall(SYS_fspick, HERE, "mounts/missing", 0));
	MUST_BE(0, syscall(SYS_umount2, "mounts/to", 0));
	MUST_BE(-EINVAL, syscall(SYS_umount2, "mounts/to", 0));
	MUST_BE(-ENOENT, syscall(SYS_umount2, "mounts/missing", MNT_DETACH));
	MUST_BE(0, syscall(SYS_umount2, "mounts/there", MNT_DETACH));
}

/* Files that are none of what is asked for. */
static void odd(void)
{
	MUST_BE(-EINVAL, syscall(SYS_swapon, "mounts/file", 0));
	MUST_BE(-ENOENT, syscall(SYS_swapon, "mounts/missing", 0));
	MUST_BE(-EINVAL, syscall(SYS_swapoff, "mounts/file"));
	MUST_BE(-ENOENT, syscall(SYS_swapoff, "mounts/missing"));
	MUST_BE(-EISDIR, syscall(SYS_acct, "mounts"));
	MUST_BE(-ENOENT, syscall(SYS_acct, "mounts/missing"));
}

static void roots(void)
{
	MUST_BE(-ENOTDIR, syscall(SYS_chroot, "mounts/file"));
	MUST_BE(-ENOENT, syscall(SYS_pivot_root, "mounts/missing", "mounts/to"));
	MUST_BE(-ENOENT, syscall(SYS_pivot_root, "mounts/on", "mounts/missing"));
	/* A root that can be moved, wherever this runs. */
	MUST_BE(0, syscall(SYS_chroot, "mounts/on"));
	MUST_BE(0, syscall(SYS_chdir, "/"));
	MUST_BE(0, syscall(SYS_mkdir, "new", 0700));
	MUST_BE(0, syscall(SYS_mount, "more memory", "new", "tmpfs", 0, NULL));
	MUST_BE(0, syscall(SYS_mkdir, "new/old", 0700));
	MUST_BE(0, syscall(SYS_pivot_root, "new", "new/old"));
	MUST_BE(0, syscall(SYS_chroot, "/old"));
}

void mounts_in_namespace(void)
{
	static const char *const places[] = {"mounts", "mounts/on", "mounts/to", "mounts/there"};
	int status;
	pid_t child;

	for (size_t i = 0; i < 4; i++)
		if (mkdir(places[i], 0700))
			fail("%s: %s", places[i], strerror(errno));
	close(open("mounts/file", O_CREAT | O_WRONLY, 0600));
	child = fork();
	if (child == 0) {
		if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
			fail("unshare: %s", strerror(errno));
		mounts();
		odd();
		roots();
		_exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || status)
		fail("the child in another namespace has failed");
	unlink("mounts/file");
	for (size_t i = 4; i-- > 0;)
		rmdir(places[i]);
}
