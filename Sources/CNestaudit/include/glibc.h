/* SPDX-License-Identifier: Apache-2.0 */
/* What the C library offers and the module Glibc leaves out. */
#ifndef NESTAUDIT_GLIBC_H
#define NESTAUDIT_GLIBC_H

#include <linux/membarrier.h>
#include <malloc.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/xattr.h>
#include <unistd.h>

/* Names the calling thread, at most 15 bytes: what ps -L and a debugger show. */
static inline void nestaudit_name_thread(const char *name)
{
	prctl(PR_SET_NAME, name, 0, 0, 0);
}

/* Has all threads allocate from the same memory: what each would keep for itself is some MiB. */
static inline void nestaudit_share_memory(void)
{
	mallopt(M_ARENA_MAX, 1);
}

/*
 * Gives back to the kernel what only the start needed: what was freed, which malloc keeps for more
 * of the same, and code that has run once.
 */
void nestaudit_trim_memory(void);

/* A kernel's version as a number that can be compared. */
static inline unsigned nestaudit_version(unsigned major, unsigned minor)
{
	return major << 16 | minor;
}

/* From what uname(2) says: "6.12.43-cloud-amd64"; 0 if that is no version. */
static inline unsigned nestaudit_version_of(const char *release)
{
	unsigned major, minor;

	return sscanf(release, "%u.%u", &major, &minor) == 2 ? nestaudit_version(major, minor) : 0;
}

/* Of the running kernel. */
static inline unsigned nestaudit_kernel_version(void)
{
	struct utsname names;

	return uname(&names) ? 0 : nestaudit_version_of(names.release);
}

/* Returns once all that ran in the kernel when it was called has ended (an RCU grace period). */
static inline void nestaudit_wait_for_grace_period(void)
{
	syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
}

#endif
