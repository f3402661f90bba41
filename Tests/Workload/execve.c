/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "workload.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRUE_PATH "/bin/true"

/* Executes path in a child, which must then end with 0; or the execve must fail with an errno. */
static void run(const char *path, char *const argv[], int error)
{
	static char *const environment[] = {NULL};
	int status;
	pid_t child = fork();

	if (child < 0)
		fail("fork: %s", strerror(errno));
	if (child == 0) {
		syscall(SYS_execve, path, argv, environment);
		_exit(errno);
	}
	if (waitpid(child, &status, 0) != child || !WIFEXITED(status))
		fail("waitpid: the child of %s did not exit", path);
	check(WEXITSTATUS(status), error, "execve");
}

/* length bytes of pattern, over and over. */
static char *repeated(const char *pattern, size_t length)
{
	size_t period = strlen(pattern);
	char *text = malloc(length + 1);

	if (!text)
		fail("out of memory");
	for (size_t i = 0; i < length; i++)
		text[i] = pattern[i % period];
	text[length] = '\0';
	return text;
}

static void write_file(const char *name, const char *text, mode_t mode)
{
	int file = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	if (file < 0 || write(file, text, strlen(text)) != (ssize_t)strlen(text) || close(file))
		fail("%s: %s", name, strerror(errno));
}

/* Shapes of argv: empty, quotes, control characters, bytes beyond ASCII, long, many. */
static void shapes(void)
{
	/* The record holds 7500 bytes: one argument longer than that is split, twice here. */
	char *plain = repeated("abcdefghi ", 9000), *printable = repeated("0123456789", 20000);
	char *control = repeated("x\ny\t", 9000), *bytes = repeated("\xff\xc3 \xa9", 30000);
	char *many[10001];

	run(TRUE_PATH, (char *[]){"true", NULL}, 0);
	run(TRUE_PATH, (char *[]){"true", "", "", NULL}, 0);
	run(TRUE_PATH, (char *[]){"true", "two words", "\"quoted\"", "a=b", NULL}, 0);
	run(TRUE_PATH, (char *[]){"true", "line\nbreak", "tab\t", "\x01\x1b[31m", NULL}, 0);
	run(TRUE_PATH, (char *[]){"true", "na\xc3\xafve", "\xff\xfe", "(null)", NULL}, 0);
	run(TRUE_PATH, (char *[]){"another-name", "-c", "$(x); `y`", NULL}, 0);
	run(TRUE_PATH, (char *[]){"true", plain, NULL}, 0);
	run(TRUE_PATH, (char *[]){"true", printable, "after", NULL}, 0);
	run(TRUE_PATH, (char *[]){"true", control, "after", NULL}, 0);
	run(TRUE_PATH, (char *[]){"true", bytes, "after", NULL}, 0);
	many[0] = "true";
	for (int i = 1; i < 10000; i++)
		many[i] = i % 3 ? "argument" : "with space";
	for (int count = 1; count <= 10000; count *= 10) {
		char *next = many[count];

		many[count] = NULL;
		run(TRUE_PATH, many, 0);
		many[count] = next;
	}
	free(plain);
	free(printable);
	free(control);
	free(bytes);
}

/* Arguments of so many bytes in all, their NULs counted: first one alone, then after another one.
 */
static void sizes(void)
{
	static const size_t sizes[] = {1, 127, 7500, 65536, 131072};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		char *whole = repeated("0123456789abcdef", sizes[i] - 1);

		run(TRUE_PATH, (char *[]){whole, NULL}, 0);
		if (sizes[i] > 5)
			run(TRUE_PATH, (char *[]){"true", whole + 5, NULL}, 0);
		free(whole);
	}
}

void mix_execve(void)
{
	shapes();
	sizes();
	/* The kernel gives a program without arguments one: "". */
	run(TRUE_PATH, (char *[]){NULL}, 0);

	write_file("script", "#!" TRUE_PATH " option\n", 0755);
	run("./script", (char *[]){"script", "argument", NULL}, 0);
	write_file("not executable", "#!" TRUE_PATH "\n", 0644);
	run("./not executable", (char *[]){"x", NULL}, EACCES);
	write_file("no format", "no program at all\n", 0755);
	run("./no format", (char *[]){"x", NULL}, ENOEXEC);
	run("./missing", (char *[]){"x", NULL}, ENOENT);
	run("/", (char *[]){"x", NULL}, EACCES);
	unlink("script");
	unlink("not executable");
	unlink("no format");
}
