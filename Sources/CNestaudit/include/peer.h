/* SPDX-License-Identifier: Apache-2.0 */
/* Who is at the other end of a socket, and in which namespaces a process is. */
#ifndef NESTAUDIT_PEER_H
#define NESTAUDIT_PEER_H

#include <linux/nsfs.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Since Linux 6.5, asm-generic/socket.h: a pidfd of whoever has connected. */
enum { nestaudit_so_peerpidfd = 77 };

/* pidfd_open(2); -1 with errno. The descriptor is closed on exec. */
static inline int nestaudit_pidfd_open(int pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

/* The namespace around the one that is open as a file of /proc/PID/ns; -1 if there is none. */
static inline int nestaudit_outer_namespace(int ns)
{
	return ioctl(ns, NS_GET_PARENT);
}

#endif
