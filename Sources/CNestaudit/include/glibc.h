/* SPDX-License-Identifier: Apache-2.0 */
/* What the C library offers and the module Glibc leaves out. */
#ifndef NESTAUDIT_GLIBC_H
#define NESTAUDIT_GLIBC_H

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>

/* Names the calling thread, at most 15 bytes: what ps -L and a debugger show. */
static inline void nestaudit_name_thread(const char *name)
{
	prctl(PR_SET_NAME, name, 0, 0, 0);
}

#endif
