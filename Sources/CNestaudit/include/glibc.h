/* SPDX-License-Identifier: Apache-2.0 */
/* What the C library offers and the module Glibc leaves out. */
#ifndef NESTAUDIT_GLIBC_H
#define NESTAUDIT_GLIBC_H

#include <linux/membarrier.h>
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

/* The running kernel's version as 0xMMmm00, of its major and minor number; 0 if it does not say. */
static inline unsigned nestaudit_kernel_version(void)
{
	struct utsname names;
	unsigned major, minor;

	if (uname(&names) || sscanf(names.release, "%u.%u", &major, &minor) != 2)
		return 0;
	return major << 16 | minor << 8;
}

/* Returns once all that ran in the kernel when it was called has ended (an RCU grace period). */
static inline void nestaudit_wait_for_grace_period(void)
{
	syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
}

#endif
