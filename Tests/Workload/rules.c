/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One of everything that a rule can ask for: syscalls of many kinds and both arches, results good
 * and bad, ids, groups, files of every type, owners, addresses, programs, children. What the calls
 * return does not matter: two audits watch the same.
 */
#define _GNU_SOURCE
#include "workload.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/openat2.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define MARKED_BY 7777 /* auid */
#define SOMEBODY  1234
#define SOMEGROUP 2345

/* Marks this process and what it makes: a rule can tell them from everybody else. */
static void mark(void)
{
	char text[16];
	int file = open("/proc/self/loginuid", O_WRONLY);
	int length = snprintf(text, sizeof(text), "%d", MARKED_BY);

	if (file < 0 || write(file, text, length) != length)
		fail("the login uid cannot be set");
	close(file);
}

static int openat_(const char *path, int flags)
{
	return syscall(SYS_openat, AT_FDCWD, path, flags, 0644);
}

/* As many of the paths as `most`, each with as many of the flags. */
static void opens(size_t most, size_t ways)
{
	static const char *const paths[] = {
	    "file",     "link",          "hard",
	    "dir",      "dir/inner",     "fifo",
	    "null",     "./dir/../file", "/proc/self/status",
	    "/dev/shm", "/etc/passwd",   "/dev/null",
	    "missing",  "file/x",
	};
	static const int flags[] = {O_RDONLY, O_WRONLY, O_RDWR | O_APPEND, O_PATH};

	for (size_t i = 0; i < most && i < sizeof(paths) / sizeof(*paths); i++)
		for (size_t j = 0; j < ways && j < sizeof(flags) / sizeof(*flags); j++)
			close(openat_(paths[i], flags[j] | O_NONBLOCK));
	for (size_t i = 0; i < 4; i++)
		close(syscall(SYS_open, paths[i], flags[i], 0));
	for (int i = 0; i < 3; i++) {
		struct open_how how = {.flags = i};
		close(syscall(SYS_openat2, AT_FDCWD, "file", &how, sizeof(how)));
	}
}

/* Of what is told from a descriptor, the object is known with any way of capturing. */
static void descriptors(void)
{
	int file = openat_("file", O_RDWR);
	int directory = openat_("dir", O_RDONLY);

	syscall(SYS_fchmod, file, 0600);
	syscall(SYS_fchmod, directory, 0755);
	syscall(SYS_fchown, file, SOMEBODY, SOMEGROUP);
	syscall(SYS_ftruncate, file, 3);
	syscall(SYS_fsetxattr, file, "user.x", "y", 1, 0);
	syscall(SYS_fgetxattr, file, "user.x", NULL, 0);
	syscall(SYS_fremovexattr, file, "user.x");
	syscall(SYS_fchmod, -1, 0);
	close(file);
	close(directory);
}

static void numbers(void)
{
	for (long i = 0; i < 4; i++)
		syscall(SYS_lseek, -1, i, 0x100000001 * i, i);
	for (int i = 0; i < 3; i++)
		syscall(SYS_getppid);
	syscall(SYS_kill, getpid(), 0);
	syscall(SYS_kill, getpid(), 99);
	syscall(SYS_umask, 022);
	syscall(SYS_access, "file", R_OK);
	syscall(SYS_access, "missing", R_OK);
	personality(ADDR_NO_RANDOMIZE);
	syscall(SYS_getppid);
	personality(ADDR_NO_RANDOMIZE | READ_IMPLIES_EXEC);
	syscall(SYS_getppid);
	personality(0);
}

static void addresses(void)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(1)};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(1)};
	struct sockaddr_un un = {.sun_family = AF_UNIX, .sun_path = "/missing"};
	int sockets[] = {socket(AF_INET, SOCK_STREAM, 0), socket(AF_INET6, SOCK_STREAM, 0),
			 socket(AF_UNIX, SOCK_STREAM, 0)};

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	in6.sin6_addr = in6addr_loopback;
	syscall(SYS_connect, sockets[0], &in, sizeof(in));
	syscall(SYS_connect, sockets[1], &in6, sizeof(in6));
	syscall(SYS_connect, sockets[2], &un, sizeof(un));
	syscall(SYS_connect, sockets[0], &in, 999);
	syscall(SYS_bind, sockets[0], &in, sizeof(in));
	for (int i = 0; i < 3; i++)
		close(sockets[i]);
}

static long i386(long number, long a, long b, long c)
{
	long result;

	asm volatile("int $0x80"
		     : "=a"(result)
		     : "a"(number), "b"(a), "c"(b), "d"(c)
		     : "memory", "r8", "r9", "r10", "r11");
	return result;
}

static void other_arch(void)
{
	char *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	if (low == MAP_FAILED)
		fail("no memory below 4 GiB");
	strcpy(low, "file");
	i386(64 /* getppid */, 0, 0, 0);
	close(i386(5 /* open */, (long)low, O_RDONLY, 0));
	close(i386(5 /* open */, (long)low, O_RDWR, 0));
	close(i386(295 /* openat */, AT_FDCWD, (long)low, O_WRONLY));
	i386(33 /* access */, (long)low, R_OK, 0);
	munmap(low, 4096);
}

static void child(void)
{
	pid_t made = fork();

	if (made == 0) {
		close(openat_("file", O_RDONLY));
		close(openat_("missing", O_RDONLY));
		syscall(SYS_getppid);
		_exit(3);
	}
	waitpid(made, NULL, 0);
}

static void program(const char *name)
{
	pid_t made = fork();

	if (made == 0) {
		execl(name, name, "opens", NULL);
		_exit(127);
	}
	waitpid(made, NULL, 0);
}

static void somebody_else(void)
{
	static const gid_t groups[] = {4, SOMEGROUP, 60000};

	setgroups(3, groups);
	syscall(SYS_setresgid, 11, 12, 13);
	syscall(SYS_setresuid, SOMEBODY, 0, 0);
	opens(8, 2);
	descriptors();
	syscall(SYS_setresuid, -1, SOMEBODY, 0);
	opens(8, 2);
	child();
	syscall(SYS_setresuid, -1, 0, 0);
	setfsuid(SOMEBODY);
	opens(8, 2);
	syscall(SYS_setresuid, SOMEBODY, SOMEBODY, SOMEBODY);
	opens(8, 2);
	child();
}

static void names(void)
{
	syscall(SYS_mkdirat, AT_FDCWD, "made", 0755);
	close(openat_("made/file", O_WRONLY | O_CREAT));
	syscall(SYS_chmod, "made/file", 0640);
	syscall(SYS_chown, "made/file", 1, 2);
	syscall(SYS_linkat, AT_FDCWD, "made/file", AT_FDCWD, "made/other", 0);
	syscall(SYS_symlinkat, "file", AT_FDCWD, "made/symbolic");
	syscall(SYS_renameat2, AT_FDCWD, "made/file", AT_FDCWD, "made/renamed", 0);
	syscall(SYS_truncate, "made/renamed", 1);
	syscall(SYS_unlinkat, AT_FDCWD, "made/renamed", 0);
	syscall(SYS_unlinkat, AT_FDCWD, "made/other", 0);
	syscall(SYS_unlinkat, AT_FDCWD, "made/symbolic", 0);
	syscall(SYS_unlinkat, AT_FDCWD, "made", AT_REMOVEDIR);
}

void rules_prepare(void)
{
	close(open("file", O_CREAT | O_RDWR, 0640));
	MUST_WORK(symlink("file", "link"));
	MUST_WORK(link("file", "hard"));
	MUST_WORK(mkdir("dir", 0755));
	close(open("dir/inner", O_CREAT | O_RDWR, 0600));
	MUST_WORK(mkfifo("fifo", 0600));
	MUST_WORK(mknod("null", S_IFCHR | 0666, makedev(1, 3)));
	MUST_WORK(chown("file", SOMEBODY, SOMEGROUP));
	MUST_WORK(chown("dir/inner", 0, SOMEGROUP));
}

void rules_opens(void)
{
	opens(6, 2);
}

void rules(void)
{
	mark();
	opens(99, 99);
	descriptors();
	numbers();
	addresses();
	other_arch();
	names();
	child();
	program("./program");
	program("./dir/program");
	somebody_else();
}
