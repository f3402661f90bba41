/* SPDX-License-Identifier: Apache-2.0 */
/* Socket addresses that a program gets from the kernel, and several that it gives at once. */
#define _GNU_SOURCE
#include "workload.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#define UNIX_PATH offsetof(struct sockaddr_un, sun_path)

/* Room for an address, and how much of it the kernel is told of. */
static struct sockaddr_storage got;
static socklen_t room;

static socklen_t *whole(void)
{
	room = sizeof(got);
	return &room;
}

static int socket_of(int family, int type)
{
	int made = socket(family, type | SOCK_CLOEXEC, 0);

	if (made < 0)
		fail("socket of family %d: %s", family, strerror(errno));
	return made;
}

/* A socket that listens, at an address that the kernel may complete. */
static int listener(int family, const void *address, socklen_t length)
{
	int made = socket_of(family, SOCK_STREAM);

	if (bind(made, address, length) || listen(made, 4))
		fail("listen: %s", strerror(errno));
	return made;
}

static int connected_to(int listening)
{
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);
	int made;

	if (getsockname(listening, (struct sockaddr *)&address, &length))
		fail("getsockname: %s", strerror(errno));
	made = socket_of(address.ss_family, SOCK_STREAM);
	if (connect(made, (struct sockaddr *)&address, length))
		fail("connect: %s", strerror(errno));
	return made;
}

/* Every way to get the addresses of a connection. */
static void connection(int listening)
{
	int client = connected_to(listening), other = connected_to(listening);
	int server = (int)MUST_WORK(syscall(SYS_accept, listening, &got, whole()));

	MUST_BE(0, syscall(SYS_getsockname, server, &got, whole()));
	MUST_BE(0, syscall(SYS_getpeername, server, &got, whole()));
	MUST_BE(0, syscall(SYS_getsockname, client, &got, whole()));
	MUST_BE(0, syscall(SYS_getpeername, client, &got, whole()));
	close(server);
	/* Too little room: the kernel's audit has all of the address all the same. */
	room = 4;
	server = (int)MUST_WORK(syscall(SYS_accept4, listening, &got, &room, SOCK_CLOEXEC));
	room = 1;
	MUST_BE(0, syscall(SYS_getsockname, server, &got, &room));
	close(server);
	close(client);
	close(other);
	client = connected_to(listening);
	close((int)MUST_WORK(syscall(SYS_accept, listening, NULL, NULL)));
	close(client);
}

static void internet(void)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	int listening = listener(AF_INET, &v4, sizeof(v4));

	connection(listening);
	close(listening);
	listening = socket_of(AF_INET6, SOCK_STREAM);
	/* Not every machine has IPv6. */
	if (bind(listening, (struct sockaddr *)&v6, sizeof(v6)) == 0) {
		close(listening);
		listening = listener(AF_INET6, &v6, sizeof(v6));
		connection(listening);
	}
	close(listening);
}

static void local(void)
{
	struct sockaddr_un named = {.sun_family = AF_UNIX, .sun_path = "here \"is\" one"};
	int listening = listener(AF_UNIX, &named, UNIX_PATH + strlen(named.sun_path) + 1);

	connection(listening);
	close(listening);
	unlink(named.sun_path);
}

static void failures(void)
{
	int alone = socket_of(AF_INET, SOCK_STREAM);

	MUST_BE(-ENOTCONN, syscall(SYS_getpeername, alone, &got, whole()));
	MUST_BE(-EINVAL, syscall(SYS_accept, alone, &got, whole()));
	MUST_BE(-EBADF, syscall(SYS_getsockname, 999, &got, whole()));
	MUST_BE(-EFAULT, syscall(SYS_getsockname, alone, &got, NULL));
	close(alone);
}

/* Datagrams, which bring the address of who sent them. */
static void datagrams(void)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(v4);
	int to = socket_of(AF_INET, SOCK_DGRAM), from = socket_of(AF_INET, SOCK_DGRAM);
	char bytes[16] = "datagram";
	struct iovec part = {.iov_base = bytes, .iov_len = 8};
	struct mmsghdr both[2] = {};

	if (bind(to, (struct sockaddr *)&v4, sizeof(v4)) ||
	    getsockname(to, (struct sockaddr *)&v4, &length))
		fail("bind: %s", strerror(errno));
	for (int i = 0; i < 2; i++) {
		both[i].msg_hdr.msg_iov = &part;
		both[i].msg_hdr.msg_iovlen = 1;
		both[i].msg_hdr.msg_name = &v4;
		both[i].msg_hdr.msg_namelen = sizeof(v4);
	}
	MUST_BE(2, syscall(SYS_sendmmsg, from, both, 2, 0));
	MUST_BE(8, syscall(SYS_recvfrom, to, bytes, sizeof(bytes), 0, &got, whole()));
	MUST_BE(8, syscall(SYS_recvfrom, to, bytes, sizeof(bytes), 0, NULL, NULL));
	MUST_BE(8, syscall(SYS_sendto, from, bytes, 8, 0, &v4, sizeof(v4)));
	both[0].msg_hdr.msg_name = &got;
	both[0].msg_hdr.msg_namelen = sizeof(got);
	MUST_BE(8, syscall(SYS_recvmsg, to, &both[0].msg_hdr, 0));
	both[0].msg_hdr.msg_name = &v4;
	both[0].msg_hdr.msg_namelen = sizeof(v4);
	both[1].msg_hdr.msg_name = NULL;
	MUST_BE(-EDESTADDRREQ, syscall(SYS_sendmmsg, from, both + 1, 1, 0));
	MUST_BE(1, syscall(SYS_sendmmsg, from, both, 2, 0));
	both[1].msg_hdr.msg_name = &got;
	both[1].msg_hdr.msg_namelen = 3;
	MUST_BE(1, syscall(SYS_recvmmsg, to, both + 1, 1, 0, NULL));
	MUST_BE(-EAGAIN, syscall(SYS_recvfrom, to, bytes, 8, MSG_DONTWAIT, &got, whole()));
	close(to);
	close(from);
}

void mix_addresses(void)
{
	internet();
	local();
	failures();
	datagrams();
}
