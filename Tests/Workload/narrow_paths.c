/* SPDX-License-Identifier: Apache-2.0 */
/* Calls of the 32-bit arch that take a name. */
#define _GNU_SOURCE
#include "narrow.h"
#include "workload.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static struct low {
	char name[64], other[64], attribute[16], memory[512];
} * low;

enum word { NOTHING, NAME, OTHER, HERE, ATTRIBUTE, MEMORY, SIZE, MODE };

/* What a call is given. Most structures are of the caller's: it gets none, or more memory than it
 * needs. */
struct call {
	const char *call;
	uint32_t number;
	enum word words[6];
};

/* arch/x86/entry/syscalls/syscall_32.tbl */
static const struct call calls[] = {
    {"mknod", 14, {NAME, MODE}},
    {"stat64", 195, {NAME, MEMORY}},
    {"lstat64", 196, {NAME, MEMORY}},
    {"fstatat64", 300, {HERE, NAME, MEMORY}},
    {"access", 33, {NAME}},
    {"faccessat", 307, {HERE, NAME}},
    {"chmod", 15, {NAME, MODE}},
    {"fchmodat", 306, {HERE, NAME, MODE}},
    {"utime", 30, {NAME}},
    {"utimes", 271, {NAME}},
    {"futimesat", 299, {HERE, NAME}},
    {"utimensat", 320, {HERE, NAME}},
    {"utimensat_time64", 412, {HERE, NAME}},
    {"statfs", 99, {NAME, MEMORY}},
    {"truncate", 92, {NAME}},
    {"truncate64", 193, {NAME}},
    {"setxattr", 226, {NAME, ATTRIBUTE, MEMORY}},
    {"lsetxattr", 227, {NAME, ATTRIBUTE, MEMORY}},
    {"getxattr", 229, {NAME, ATTRIBUTE, MEMORY, SIZE}},
    {"lgetxattr", 230, {NAME, ATTRIBUTE, MEMORY, SIZE}},
    {"listxattr", 232, {NAME, MEMORY, SIZE}},
    {"llistxattr", 233, {NAME, MEMORY, SIZE}},
    {"removexattr", 235, {NAME, ATTRIBUTE}},
    {"lremovexattr", 236, {NAME, ATTRIBUTE}},
    {"statx", 383, {HERE, NAME, NOTHING, NOTHING, MEMORY}},
    {"readlinkat", 305, {HERE, NAME, MEMORY, SIZE}},
    {"link", 9, {NAME, OTHER}},
    {"unlink", 10, {OTHER}},
    {"rename", 38, {NAME, OTHER}},
    {"rename", 38, {OTHER, NAME}},
    {"unlink", 10, {NAME}},
    {"mkdir", 39, {NAME, MODE}},
    {"rmdir", 40, {NAME}},
    {"symlinkat", 304, {OTHER, HERE, NAME}},
    {"unlinkat", 301, {HERE, NAME}},
};

static uint32_t word(enum word word)
{
	switch (word) {
	case NAME:
		return at(low->name);
	case OTHER:
		return at(low->other);
	case HERE:
		return (uint32_t)AT_FDCWD;
	case ATTRIBUTE:
		return at(low->attribute);
	case MEMORY:
		return at(low->memory);
	case SIZE:
		return sizeof(low->memory);
	case MODE:
		return 0600;
	case NOTHING:
		break;
	}
	return 0;
}

/* What follows the lookup depends on the file system, and is not told. */
static long run(const struct call *call)
{
	struct narrow given = {.number = call->number};
	long result;

	for (size_t i = 0; i < 6; i++)
		given.arguments[i] = word(call->words[i]);
	result = narrow_call(given);
	if (result > 0 ||
	    (result < 0 && (errno == ENODATA || errno == EOPNOTSUPP || errno == EINVAL)))
		return 0;
	return result;
}

void mix_narrow_paths(void)
{
	low = low_memory(sizeof(*low));
	strcpy(low->other, "other");
	strcpy(low->attribute, "user.none");
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		strcpy(low->name, "file");
		check(run(&calls[i]), 0, calls[i].call);
	}
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		strcpy(low->name, "missing/name");
		if (calls[i].words[0] == OTHER)
			continue;
		check(run(&calls[i]), -ENOENT, calls[i].call);
	}
	munmap(low, sizeof(*low));
}
