/* SPDX-License-Identifier: Apache-2.0 */
/* Every call that takes a name, with names of every kind. */
#define _GNU_SOURCE
#include "paths.h"
#include "workload.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static char here[PATH_MAX / 2];

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
	/* Those that leave the thing as it is follow one another. */
	if (operation->use != LOOKS)
		return;
	for (operation++; operation < path_operations + path_operation_count; operation++)
		if (path_operation_is_there(operation) && (directory == AT_FDCWD || operation->at))
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
			calls(operation, AT_FDCWD, "sealed/new", -EACCES);
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
	path_operations_prepare();
	must(mkdir("m", 0700) || symlink("m", "ml") || symlink("loop", "loop") ||
		 mkdir("shut", 0000) || mkdir("sealed", 0500),
	     "m");
	put_file(AT_FDCWD, "there");
	directory = open("m", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must(directory < 0, "m");
	for (size_t i = 0; i < path_operation_count; i++) {
		every_kind(&path_operations[i], directory);
		if (path_operations[i].use == LOOKS)
			break;
	}
	path_operations_finish();
	faulting();
	close(directory);
	static const char *const left[] = {"ml", "loop", "there", "source", "linked", "renamed"};
	for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++)
		clear(AT_FDCWD, left[i]);
	must(rmdir("shut") || rmdir("sealed") || rmdir("m"), "m");
}
