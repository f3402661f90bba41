/* SPDX-License-Identifier: Apache-2.0 */
/* Every call that takes a name, with names of every kind. */
#define _GNU_SOURCE
#include "workload.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What a call does with the thing of that name. */
enum use {
	USES,  /* needs it */
	MAKES, /* needs that it is not there */
	TAKES, /* needs it, and it is gone then */
};

struct operation {
	const char *call;
	enum use use;
	long (*run)(int directory, const char *name);
	char at;        /* it begins at a directory's descriptor */
	char directory; /* the thing is a directory */
};

static char here[PATH_MAX / 2];

static long closed(long descriptor)
{
	if (descriptor >= 0)
		close((int)descriptor);
	return descriptor < 0 ? descriptor : 0;
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

static const struct operation operations[] = {
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
};

static void must(int failed, const char *what)
{
	if (failed)
		fail("%s: %s", what, strerror(errno));
}

static void put_file(int directory, const char *name)
{
	must(mknodat(directory, name, S_IFREG | 0600, 0), name);
}

/* Looks first: a removal is an event too. */
static void clear(int directory, const char *name)
{
	struct stat status;

	if (!fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW))
		must(unlinkat(directory, name, S_ISDIR(status.st_mode) ? AT_REMOVEDIR : 0), name);
}

/* What the operations need beside the name, made anew. */
static void prepare(const struct operation *operation, int directory, const char *name)
{
	clear(AT_FDCWD, "linked");
	clear(AT_FDCWD, "renamed");
	clear(AT_FDCWD, "source");
	put_file(AT_FDCWD, "source");
	clear(directory, name);
	if (operation->use == MAKES)
		return;
	if (operation->directory)
		must(mkdirat(directory, name, 0700), name);
	else
		put_file(directory, name);
}

static void calls(const struct operation *operation, int directory, const char *name, long expected)
{
	check(operation->run(directory, name), expected, operation->call);
}

/* A name under which something can be. */
static void succeeding(const struct operation *operation, int directory, const char *name)
{
	prepare(operation, directory, name);
	calls(operation, directory, name, 0);
	if (operation->use == MAKES && !strncmp(operation->call, "rename to", 9))
		put_file(AT_FDCWD, "source"); /* the next one replaces */
	else if (operation->use == MAKES)
		calls(operation, directory, name,
		      strncmp(operation->call, "renameat2", 9) ? -EEXIST : -ENOENT);
	clear(directory, name);
}

/* A name of length bytes. */
static const char *long_name(size_t length)
{
	static char name[PATH_MAX];

	memset(name, 'n', length);
	name[length] = '\0';
	return name;
}

/* A path to m/file, as long as a path can be. */
static const char *long_path(void)
{
	static char path[PATH_MAX];
	size_t length = PATH_MAX - 1 - strlen("m/file");

	for (size_t i = 0; i < length; i++)
		path[i] = "./"[i % 2];
	if (length % 2)
		path[length - 1] = '/';
	strcpy(path + length, "m/file");
	return path;
}

static void absolute(const struct operation *operation)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/m/file", here);
	succeeding(operation, AT_FDCWD, path);
}

/* In a directory that has been removed: nothing can be there any more. */
static void homeless(const struct operation *operation)
{
	must(mkdir("gone", 0700) || chdir("gone") || rmdir("../gone"), "gone");
	calls(operation, AT_FDCWD, "relative", -ENOENT);
	must(chdir(here), here);
}

static void every_kind(const struct operation *operation, int directory)
{
	static const char *const names[] = {
	    "m/file",    "file",        "./m//file",     "../m/file",  "ml/file", "m/a file",
	    "m/a\nline", "m/\"quote\"", "m/caf\xc3\xa9", "m/\xff\x01", "m/(null)"};
	int above = open("m", O_PATH | O_DIRECTORY | O_CLOEXEC);

	must(above < 0, "m");
	absolute(operation);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strncmp(names[i], "../", 3) || operation->at)
			succeeding(operation,
				   names[i][0] == '.' && names[i][1] == '.' ? above : AT_FDCWD,
				   names[i]);
	succeeding(operation, AT_FDCWD, long_name(NAME_MAX));
	succeeding(operation, AT_FDCWD, long_path());
	if (operation->at)
		succeeding(operation, directory, "file");
	close(above);

	prepare(operation, AT_FDCWD, "spare");
	if (operation->use != MAKES)
		calls(operation, AT_FDCWD, "m/missing",
		      !strcmp(operation->call, "creat") ? 0 : -ENOENT);
	clear(AT_FDCWD, "m/missing");
	calls(operation, AT_FDCWD, "missing/name", -ENOENT);
	calls(operation, AT_FDCWD, "", -ENOENT);
	calls(operation, AT_FDCWD, "there/below", -ENOTDIR);
	calls(operation, AT_FDCWD, "loop/below", -ELOOP);
	calls(operation, AT_FDCWD, long_name(NAME_MAX + 1), -ENAMETOOLONG);
	calls(operation, AT_FDCWD, long_name(PATH_MAX - 1), -ENAMETOOLONG);
	if (operation->at)
		calls(operation, 999, "relative", -EBADF);
	if (geteuid() != 0) {
		calls(operation, AT_FDCWD, "shut/name", -EACCES);
		if (operation->use == MAKES)
			calls(operation, AT_FDCWD, "/etc/new", -EACCES);
	}
	homeless(operation);
	clear(AT_FDCWD, "spare");
}

/* One of two names cannot be read, or what a call has found cannot be written. */
static void faulting(void)
{
	char *const nowhere = NULL;

	MUST_BE(-EFAULT, syscall(SYS_rename, "there", nowhere));
	MUST_BE(-EFAULT, syscall(SYS_rename, nowhere, "there"));
	MUST_BE(-EFAULT, syscall(SYS_link, "there", nowhere));
	MUST_BE(-EFAULT, syscall(SYS_link, nowhere, "new"));
	MUST_BE(-EFAULT, syscall(SYS_symlink, nowhere, "new"));
	MUST_BE(-EFAULT, syscall(SYS_symlink, "there", nowhere));
	MUST_BE(-EFAULT, syscall(SYS_utimensat, AT_FDCWD, "there", (void *)1, 0));
}

void mix_paths(void)
{
	int directory;

	must(!getcwd(here, sizeof(here)), "getcwd");
	must(mkdir("m", 0700) || symlink("m", "ml") || symlink("loop", "loop") ||
		 mkdir("shut", 0000),
	     "m");
	put_file(AT_FDCWD, "there");
	directory = open("m", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must(directory < 0, "m");
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		every_kind(&operations[i], directory);
	faulting();
	close(directory);
	static const char *const left[] = {"ml", "loop", "there", "source", "linked", "renamed"};
	for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++)
		clear(AT_FDCWD, left[i]);
	must(rmdir("shut") || rmdir("m"), "m");
}
