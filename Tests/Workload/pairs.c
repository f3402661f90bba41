/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that make two descriptors. */
#define _GNU_SOURCE
#include "workload.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static void closes(const int pair[2])
{
	close(pair[0]);
	close(pair[1]);
}

void mix_pairs(void)
{
	int pair[2];

	MUST_BE(0, syscall(SYS_pipe, pair));
	closes(pair);
	MUST_BE(0, syscall(SYS_pipe2, pair, O_CLOEXEC | O_NONBLOCK));
	closes(pair);
	MUST_BE(0, syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
	closes(pair);
	MUST_BE(-EINVAL, syscall(SYS_pipe2, pair, O_CREAT));
	MUST_BE(-EFAULT, syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, NULL));
	MUST_BE(-EAFNOSUPPORT, syscall(SYS_socketpair, 99, SOCK_STREAM, 0, pair));
	MUST_BE(-EOPNOTSUPP, syscall(SYS_socketpair, AF_INET, SOCK_STREAM, 0, pair));
}
