/* SPDX-License-Identifier: Apache-2.0 */
/* What programs have the kernel's audit write, and what it refuses them: each way of sending it. */
#define _GNU_SOURCE
#include "workload.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY      64999
#define LONGEST     30000
#define SEVERAL_MAX 100

static const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};

/* One or more messages, one behind the other. */
struct packet {
	_Alignas(8) char bytes[LONGEST + 4096];
	size_t length;
};
static struct packet packet;

static void add(int type, const void *text, size_t length)
{
	struct nlmsghdr *head = (void *)(packet.bytes + packet.length);

	memset(head, 0, sizeof(*head));
	head->nlmsg_len = sizeof(*head) + length;
	head->nlmsg_type = type;
	head->nlmsg_flags = NLM_F_REQUEST;
	memcpy(head + 1, text, length);
	packet.length += NLMSG_ALIGN(head->nlmsg_len);
}

static int open_socket(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT);

	if (fd < 0)
		fail("no socket for the audit: %s", strerror(errno));
	return fd;
}

static void sent(long result, const char *how)
{
	calls_made++;
	if (result < 0)
		fail("%s: %s", how, strerror(errno));
	packet.length = 0;
}

static void send_packet(void)
{
	int fd = open_socket();

	sent(sendto(fd, packet.bytes, packet.length, 0, (void *)&kernel, sizeof(kernel)), "sendto");
	close(fd);
}

static void send_text(int type, const char *text)
{
	add(type, text, strlen(text) + 1);
	send_packet();
}

static void send_bytes(int type, const void *text, size_t length)
{
	add(type, text, length);
	send_packet();
}

static void types(void)
{
	static const int type[] = {AUDIT_USER, 1100, 1101, 1105, AUDIT_USER_AVC, 1112, 1123, 1150,
				   1199, 2100, 2404, 2500, 2999,
				   /* Not a program's. */
				   AUDIT_LOGIN, 1099, 1200, 1300, 2099, 3000};

	for (size_t i = 0; i < sizeof(type) / sizeof(*type); i++) {
		char text[64];

		snprintf(text, sizeof(text), "op=test id=%d res=success", type[i]);
		send_text(type[i], text);
	}
}

static void lengths(void)
{
	static const size_t length[] = {0,    1,    2,    3,    4,    5,    4095, 4096, 4097,
					8191, 8192, 8193, 8559, 8560, 8561, 8562, 9000, LONGEST};
	static char text[LONGEST];

	memset(text, 'x', sizeof(text));
	for (size_t i = 0; i < sizeof(length) / sizeof(*length); i++)
		send_bytes(AUDIT_USER, text, length[i]);
}

static void texts(void)
{
	static const char hidden[] = "before\0behind";

	send_text(AUDIT_USER, "one\ntype=USER_AUTH msg=audit(1.000:1): pid=1 uid=0 auid=0");
	send_text(AUDIT_USER, "quoted' uid=4711 auid=4711 res='success");
	send_text(AUDIT_USER, "\"quoted\" \\ %s %n");
	send_text(AUDIT_USER, "controls \x01\x02\t\r\v\x1b[2J\x1d"
			      "UID=\"forged\"\x7f end");
	send_text(AUDIT_USER, "bytes \xff\xfe\x80\xc3\xa4 end");
	send_bytes(AUDIT_USER, hidden, sizeof(hidden));
	send_bytes(AUDIT_USER, "\0nothing", 9);
	send_text(AUDIT_USER, " ");
	send_text(AUDIT_USER, "\n");
	send_text(AUDIT_USER_TTY, "typed where no terminal is audited");
}

static void several(void)
{
	struct nlmsghdr *head;

	send_text(AUDIT_USER, "alone");
	add(AUDIT_USER, "first of three", 15);
	add(1300, "not ours", 9);
	add(1112, "odd", 3);
	add(1100, "last of three", 14);
	send_packet();
	/* Lengths that are none: what follows is not looked at. */
	for (int wrong = 0; wrong < 4; wrong++) {
		add(AUDIT_USER, "before a wrong length", 22);
		head = (void *)(packet.bytes + packet.length);
		add(AUDIT_USER, "of a wrong length", 18);
		head->nlmsg_len = (unsigned int[]){0, 15, 4096, 0xfffffff0}[wrong];
		add(AUDIT_USER, "behind a wrong length", 22);
		send_packet();
	}
	/* Shorter than its text: the rest is taken for the next one. */
	head = (void *)packet.bytes;
	add(AUDIT_USER, "cut short", 10);
	head->nlmsg_len -= 4;
	send_packet();
	for (int i = 0; i < 50; i++) {
		char text[32];

		add(AUDIT_USER, text, snprintf(text, sizeof(text), "one of fifty: %d", i) + 1);
	}
	send_packet();
}

static void ways(void)
{
	static char text[] = "in pieces by sendmsg";
	struct nlmsghdr head = {.nlmsg_len = sizeof(head) + sizeof(text), .nlmsg_type = AUDIT_USER};
	struct iovec pieces[] = {{&head, 7},
				 {(char *)&head + 7, sizeof(head) - 7},
				 {text, 9},
				 {text + 9, sizeof(text) - 9}};
	struct msghdr message = {.msg_iov = pieces, .msg_iovlen = 4};
	struct mmsghdr two[2] = {{message}, {message}};
	int fd = open_socket();

	sent(sendmsg(fd, &message, 0), "sendmsg");
	message.msg_name = (void *)&kernel;
	message.msg_namelen = sizeof(kernel);
	sent(sendmsg(fd, &message, 0), "sendmsg to an address");
	sent(sendmmsg(fd, two, 2, 0), "sendmmsg");
	sent(writev(fd, pieces, 4), "writev");
	add(AUDIT_USER, "by write", 9);
	sent(write(fd, packet.bytes, packet.length), "write");
	sent(connect(fd, (void *)&kernel, sizeof(kernel)), "connect");
	add(AUDIT_USER, "connected", 10);
	sent(send(fd, packet.bytes, packet.length, 0), "send");
	close(fd);
}

/* Sends by an open socket, with an address or without. */
static void send_by(int fd, int addressed, const char *text)
{
	add(AUDIT_USER, text, strlen(text) + 1);
	sent(addressed ? sendto(fd, packet.bytes, packet.length, 0, (void *)&kernel, sizeof(kernel))
		       : write(fd, packet.bytes, packet.length),
	     text);
}

/* Who may: the kernel asks the sender, and where no address is given also who opened the socket. */
static void senders(void)
{
	int fd = open_socket(), status;
	pid_t child = fork();

	if (child == 0) {
		send_by(fd, 1, "of an inherited socket");
		if (syscall(SYS_setresuid, NOBODY, NOBODY, NOBODY))
			fail("setresuid: %s", strerror(errno));
		send_by(fd, 1, "by nobody");
		send_by(fd, 0, "by nobody over the socket of another");
		_exit(0);
	}
	waitpid(child, &status, 0);
	if (status)
		fail("a child ended by %d", status);
	close(fd);
	if (syscall(SYS_setresuid, -1, NOBODY, -1))
		fail("setresuid: %s", strerror(errno));
	fd = open_socket();
	if (syscall(SYS_setresuid, -1, 0, -1))
		fail("setresuid: %s", strerror(errno));
	send_by(fd, 0, "over the socket of nobody");
	send_by(fd, 1, "over the socket of nobody to an address");
	close(fd);
}

/* Has the process's terminal audited, where it may, and tells what was typed. */
static void typed(void)
{
	struct audit_tty_status status = {.enabled = 1};

	send_bytes(AUDIT_TTY_SET, &status, sizeof(status));
	send_text(AUDIT_USER_TTY, "typed");
	send_bytes(AUDIT_USER_TTY, "typed without an end", 20);
	send_text(AUDIT_USER_TTY, "ls -l\n");
	send_bytes(AUDIT_USER_TTY, "a\0b", 4);
	status.enabled = 0;
	send_bytes(AUDIT_TTY_SET, &status, sizeof(status));
}

/* More in one call than is looked at. */
void messages_flood(void)
{
	for (int i = 0; i < SEVERAL_MAX; i++)
		add(AUDIT_USER, "one of many", 12);
	send_packet();
	printf("%d messages\n", SEVERAL_MAX);
}

void messages(const char *login)
{
	int file = open("/proc/self/loginuid", O_WRONLY | O_CLOEXEC);

	/* Where it may not, it is told by other means. */
	if (file >= 0) {
		dprintf(file, "%s", login);
		close(file);
	}
	types();
	lengths();
	texts();
	several();
	ways();
	senders();
	typed();
	printf("%d calls\n", calls_made);
}
