/* SPDX-License-Identifier: Apache-2.0 */
/* Files with capabilities, and programs that gain some by them. */
#define _GNU_SOURCE
#include "workload.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#define TRUE_PATH "/bin/true"

static void copy_of_true(const char *name, mode_t mode)
{
	int from = open(TRUE_PATH, O_RDONLY | O_CLOEXEC);
	int to = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	struct stat status;

	if (from < 0 || to < 0 || fstat(from, &status) ||
	    sendfile(to, from, NULL, status.st_size) != status.st_size || fchmod(to, mode))
		fail("%s: %s", name, strerror(errno));
	close(from);
	close(to);
}

/* As setcap(8) does. */
static void give(const char *name, unsigned permitted, unsigned inheritable, unsigned root)
{
	struct vfs_ns_cap_data data = {
	    .magic_etc = (root ? VFS_CAP_REVISION_3 : VFS_CAP_REVISION_2) |
			 (permitted ? VFS_CAP_FLAGS_EFFECTIVE : 0),
	    .data = {{.permitted = permitted, .inheritable = inheritable},
		     {.permitted = permitted ? 1 << (CAP_SYSLOG - 32) : 0}},
	    .rootid = root,
	};

	copy_of_true(name, 0755);
	if (setxattr(name, "security.capability", &data, root ? XATTR_CAPS_SZ_3 : XATTR_CAPS_SZ_2,
		     0))
		fail("capabilities of %s: %s", name, strerror(errno));
}

void capable_prepare(void)
{
	give("capable", 1 << CAP_CHOWN | 1 << CAP_NET_RAW, 0, 0);
	give("inheritable", 0, 1 << CAP_KILL, 0);
	give("of another root", 1 << CAP_CHOWN, 0, 100000);
	copy_of_true("setuid", 04755);
}

/* Executes it in a child, which must then end with 0. */
static void run(const char *path)
{
	char *const arguments[] = {"capable", NULL}, *const environment[] = {NULL};
	int status;
	pid_t child = fork();

	if (child < 0)
		fail("fork: %s", strerror(errno));
	if (child == 0) {
		syscall(SYS_execve, path, arguments, environment);
		_exit(errno);
	}
	if (waitpid(child, &status, 0) != child || !WIFEXITED(status))
		fail("waitpid: the child of %s did not exit", path);
	check(WEXITSTATUS(status), 0, "execve");
}

static void write_to(const char *name, const char *text)
{
	int file = open(name, O_WRONLY | O_CLOEXEC);

	if (file < 0 || write(file, text, strlen(text)) < 0)
		fail("%s: %s", name, strerror(errno));
	close(file);
}

/* Root of a user namespace of his own gives capabilities that count there. */
static void as_another_root(void)
{
	char map[64];
	gid_t group = getegid();

	snprintf(map, sizeof(map), "0 %u 1\n", geteuid());
	if (unshare(CLONE_NEWUSER))
		return;
	write_to("/proc/self/uid_map", map);
	write_to("/proc/self/setgroups", "deny");
	snprintf(map, sizeof(map), "0 %u 1\n", group);
	write_to("/proc/self/gid_map", map);
	give("of this root", 1 << CAP_CHOWN, 1 << CAP_KILL, 0);
	close((int)MUST_WORK(syscall(SYS_openat, AT_FDCWD, "of this root", O_RDONLY)));
	run("./of this root");
}

void mix_capable(void)
{
	int before = calls_made, status;
	pid_t child;

	/* Not at the end: it is to be found while its event is written. */
	unlink("of this root");
	child = fork();
	if (child < 0)
		fail("fork: %s", strerror(errno));
	if (child == 0) {
		as_another_root();
		_exit(calls_made - before);
	}
	if (waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) % 2)
		fail("another root failed");
	calls_made += WEXITSTATUS(status);
	/* Root has prepared these, or not. */
	if (access("capable", F_OK))
		return;
	close((int)MUST_WORK(syscall(SYS_openat, AT_FDCWD, "capable", O_RDONLY)));
	close((int)MUST_WORK(syscall(SYS_openat, AT_FDCWD, "of another root", O_RDONLY)));
	run("./capable");
	run("./inheritable");
	run("./of another root");
	run("./setuid");
}
