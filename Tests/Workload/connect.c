/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "workload.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

static long connect_call(int socket, const void *address, socklen_t length)
{
	return syscall(SYS_connect, socket, address, length);
}

#define ANY 1

/* Connects a new socket, which must end with result. */
static void connects(int type, const void *address, socklen_t length, long result)
{
	int family = ((const struct sockaddr *)address)->sa_family;
	int socket_ = socket(family, type | SOCK_CLOEXEC, 0);

	if (socket_ < 0)
		fail("socket of family %d: %s", family, strerror(errno));
	if (result == ANY) {
		connect_call(socket_, address, length);
		calls_made++;
	} else {
		MUST_BE(result, connect_call(socket_, address, length));
	}
	close(socket_);
}

static void internet(void)
{
	struct sockaddr_in v4 = {
	    .sin_family = AF_INET, .sin_port = htons(1), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6,
				  .sin6_port = htons(1),
				  .sin6_addr = IN6ADDR_LOOPBACK_INIT,
				  .sin6_flowinfo = htonl(0x12345)};

	connects(SOCK_STREAM, &v4, sizeof(v4), -ECONNREFUSED);
	connects(SOCK_DGRAM, &v4, sizeof(v4), 0);
	connects(SOCK_STREAM, &v4, 4, -EINVAL);
	connects(SOCK_STREAM, &v6, 20, -EINVAL);
	/* Whether ::1 can be reached depends on the machine; the event is there in any case. */
	connects(SOCK_DGRAM, &v6, sizeof(v6), ANY);
}

static void local(void)
{
	struct sockaddr_un nobody = {.sun_family = AF_UNIX, .sun_path = "nobody"};
	struct sockaddr_un odd = {.sun_family = AF_UNIX, .sun_path = "no body\n\""};
	struct sockaddr_un abstract = {.sun_family = AF_UNIX, .sun_path = "\0nobody"};
	struct sockaddr_un somebody = {.sun_family = AF_UNIX, .sun_path = "somebody"};
	struct sockaddr_nl netlink = {.nl_family = AF_NETLINK};
	const socklen_t path = offsetof(struct sockaddr_un, sun_path);
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	connects(SOCK_STREAM, &nobody, sizeof(nobody), -ENOENT);
	connects(SOCK_DGRAM, &nobody, path + 7, -ENOENT);
	connects(SOCK_STREAM, &odd, sizeof(odd), -ENOENT);
	connects(SOCK_STREAM, &abstract, path + 7, -ECONNREFUSED);
	if (listener < 0 || bind(listener, (struct sockaddr *)&somebody, sizeof(somebody)) ||
	    listen(listener, 1))
		fail("somebody: %s", strerror(errno));
	connects(SOCK_STREAM, &somebody, sizeof(somebody), 0);
	close(listener);
	connects(SOCK_STREAM, &somebody, sizeof(somebody), -ECONNREFUSED);
	unlink("somebody");
	connects(SOCK_RAW, &netlink, sizeof(netlink), 0);
}

/* Calls that are refused before an address family is asked. */
static void refused(void)
{
	struct sockaddr_storage large = {.ss_family = AF_INET};
	int file = open("/dev/null", O_RDWR | O_CLOEXEC);
	int socket_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	MUST_BE(-EBADF, connect_call(999, &large, sizeof(struct sockaddr_in)));
	MUST_BE(-ENOTSOCK, connect_call(file, &large, sizeof(struct sockaddr_in)));
	MUST_BE(-EINVAL, connect_call(socket_, &large, sizeof(large) + 1));
	MUST_BE(-EINVAL, connect_call(socket_, &large, 0));
	MUST_BE(-EFAULT, connect_call(socket_, NULL, sizeof(struct sockaddr_in)));
	large.ss_family = AF_UNSPEC;
	MUST_BE(0, connect_call(socket_, &large, sizeof(large)));
	close(socket_);
	close(file);
}

void mix_connect(void)
{
	internet();
	local();
	refused();
}
