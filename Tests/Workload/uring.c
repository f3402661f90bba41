/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests of io_uring, one at a time and some at once: run in the syscall that submits them, by a
 * worker, and by the thread that polls the ring. And the rule that asks the kernel's audit for
 * them, which auditctl knows since 3.1.
 */
#define _GNU_SOURCE
#include "workload.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/io_uring.h>
#include <linux/netlink.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#define ENTRIES      8
#define OP_FTRUNCATE 55       /* since Linux 6.9; older headers do not name it */
#define ANY          LONG_MIN /* what it comes to depends on the file system */

/* Without NOP, of which the thread that polls a ring tells when it begins. */
static const int operations[] = {9,  10, 13, 16, 17, 18, 19, 28, 34,          35,
				 36, 37, 38, 39, 41, 42, 43, 44, OP_FTRUNCATE};

/* auditctl -a always,io_uring -S … -F uid=UID -k KEY */
void ring_rule(unsigned int uid, const char *key)
{
	struct {
		struct nlmsghdr head;
		struct audit_rule_data rule;
		char key[64];
	} message = {.head = {.nlmsg_len = sizeof(message),
			      .nlmsg_type = AUDIT_ADD_RULE,
			      .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK}};
	struct audit_rule_data *rule = &message.rule;
	struct {
		struct nlmsghdr head;
		struct nlmsgerr error;
	} answer;
	int socket_of = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT);

	rule->flags = 7; /* AUDIT_FILTER_URING_EXIT */
	rule->action = AUDIT_ALWAYS;
	for (size_t i = 0; i < sizeof(operations) / sizeof(*operations); i++)
		rule->mask[operations[i] / 32] |= 1u << operations[i] % 32;
	rule->field_count = 2;
	rule->fields[0] = AUDIT_UID;
	rule->values[0] = uid;
	rule->fieldflags[0] = AUDIT_EQUAL;
	rule->fields[1] = AUDIT_FILTERKEY;
	rule->values[1] = strlen(key);
	rule->fieldflags[1] = AUDIT_EQUAL;
	rule->buflen = strlen(key);
	strncpy(message.key, key, sizeof(message.key) - 1);
	if (send(socket_of, &message, sizeof(message), 0) < 0 ||
	    recv(socket_of, &answer, sizeof(answer), 0) < 0)
		fail("the audit cannot be asked: %s", strerror(errno));
	if (answer.error.error)
		fail("the audit refuses the rule: %s", strerror(-answer.error.error));
	close(socket_of);
}

static struct io_uring_params params;
static int ring;
static char *submissions, *completions;
static struct io_uring_sqe *entries;
static unsigned int added;
static uint8_t every; /* sqe.flags of every request */

static unsigned int *word(char *part, unsigned int offset)
{
	return (unsigned int *)(part + offset);
}

static void open_ring(unsigned int flags)
{
	memset(&params, 0, sizeof(params));
	added = 0;
	params.flags = flags;
	params.sq_thread_idle = 20;
	ring = MUST_WORK(syscall(SYS_io_uring_setup, ENTRIES, &params));
	int access = PROT_READ | PROT_WRITE;
	submissions = mmap(NULL, params.sq_off.array + params.sq_entries * sizeof(unsigned int),
			   access, MAP_SHARED, ring, IORING_OFF_SQ_RING);
	completions =
	    mmap(NULL, params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe), access,
		 MAP_SHARED, ring, IORING_OFF_CQ_RING);
	entries = mmap(NULL, params.sq_entries * sizeof(*entries), access, MAP_SHARED, ring,
		       IORING_OFF_SQES);
	if (submissions == MAP_FAILED || completions == MAP_FAILED || entries == MAP_FAILED)
		fail("the ring cannot be mapped: %s", strerror(errno));
}

/* Adds a request; it is submitted later. */
static struct io_uring_sqe *request(int operation)
{
	unsigned int place = added++ & (params.sq_entries - 1);
	struct io_uring_sqe *entry = entries + place;

	word(submissions, params.sq_off.array)[place] = place;
	memset(entry, 0, sizeof(*entry));
	entry->opcode = operation;
	entry->flags = every;
	entry->fd = AT_FDCWD;
	return entry;
}

/* Submits what was added, and waits until it is done. */
static void submit(unsigned int count)
{
	unsigned int flags = IORING_ENTER_GETEVENTS;

	__atomic_store_n(word(submissions, params.sq_off.tail), added, __ATOMIC_RELEASE);
	if (params.flags & IORING_SETUP_SQPOLL)
		flags |= IORING_ENTER_SQ_WAKEUP;
	while (syscall(SYS_io_uring_enter, ring, count, count, flags, NULL, 0) < 0)
		if (errno != EINTR)
			fail("io_uring_enter: %s", strerror(errno));
}

/* What the next completed request has come to. */
static long result(void)
{
	unsigned int *head = word(completions, params.cq_off.head);
	struct io_uring_cqe *all = (void *)(completions + params.cq_off.cqes);
	long value = all[*head & (params.cq_entries - 1)].res;

	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	return value;
}

static long done(const char *name, long expected)
{
	submit(1);
	long value = result();

	calls_made++;
	if (expected != ANY && value != expected)
		fail("%s is %ld, not %ld", name, value, expected);
	return value;
}

static long with_name(int operation, const char *name, long expected)
{
	struct io_uring_sqe *entry = request(operation);

	entry->addr = (uintptr_t)name;
	return done(name, expected);
}

static void with_names(int operation, const char *from, const char *to, long expected)
{
	struct io_uring_sqe *entry = request(operation);

	entry->addr = (uintptr_t)from;
	entry->addr2 = (uintptr_t)to;
	if (operation != IORING_OP_SYMLINKAT)
		entry->len = AT_FDCWD;
	done(from, expected);
}

static void opens(void)
{
	struct open_how {
		uint64_t flags, mode, resolve;
	} how = {.flags = O_RDONLY};
	struct io_uring_sqe *entry;
	int directory = open(".", O_PATH);

	close(with_name(IORING_OP_OPENAT, "ring.file", ANY));
	close(with_name(IORING_OP_OPENAT, "./ring.dir/../ring.file", ANY));
	with_name(IORING_OP_OPENAT, "ring.missing", -ENOENT);
	with_name(IORING_OP_OPENAT, "ring.file/below", -ENOTDIR);
	entry = request(IORING_OP_OPENAT);
	entry->fd = directory;
	entry->addr = (uintptr_t) "ring.file";
	close(done("of a directory", ANY));
	entry = request(IORING_OP_OPENAT);
	entry->addr = (uintptr_t) "ring.dir";
	entry->open_flags = O_WRONLY;
	done("a directory", -EISDIR);
	entry = request(IORING_OP_OPENAT);
	entry->addr = (uintptr_t) "ring.made";
	entry->open_flags = O_CREAT | O_RDWR;
	entry->len = 0644;
	close(done("made", ANY));
	entry = request(IORING_OP_OPENAT2);
	entry->addr = (uintptr_t) "ring.file";
	entry->addr2 = (uintptr_t)&how;
	entry->len = sizeof(how);
	close(done("openat2", ANY));
	/* What is refused before it is run is no event. */
	with_name(IORING_OP_OPENAT, (void *)1, -EFAULT);
	close(directory);
}

static void names(void)
{
	with_name(IORING_OP_MKDIRAT, "ring.new", 0);
	with_name(IORING_OP_MKDIRAT, "ring.new", -EEXIST);
	with_names(IORING_OP_SYMLINKAT, "target", "ring.symlink", 0);
	with_names(IORING_OP_LINKAT, "ring.made", "ring.link", 0);
	with_names(IORING_OP_RENAMEAT, "ring.made", "ring.moved", 0);
	with_names(IORING_OP_RENAMEAT, "ring.missing", "ring.moved", -ENOENT);
	with_name(IORING_OP_UNLINKAT, "ring.moved", 0);
	with_name(IORING_OP_UNLINKAT, "ring.moved", -ENOENT);
	with_name(IORING_OP_UNLINKAT, "ring.link", 0);
	with_name(IORING_OP_UNLINKAT, "ring.symlink", 0);
	struct io_uring_sqe *entry = request(IORING_OP_UNLINKAT);
	entry->addr = (uintptr_t) "ring.new";
	entry->unlink_flags = AT_REMOVEDIR;
	done("ring.new", 0);
}

static void files(void)
{
	int file = open("ring.file", O_RDWR);
	struct io_uring_sqe *entry;
	static char bytes[8];

	entry = request(IORING_OP_FALLOCATE);
	entry->fd = file;
	entry->addr = 16;
	done("fallocate", ANY);
	entry = request(IORING_OP_FSETXATTR);
	entry->fd = file;
	entry->addr = (uintptr_t) "user.ring";
	entry->addr2 = (uintptr_t) "v";
	entry->len = 1;
	done("fsetxattr", ANY);
	entry = request(IORING_OP_SETXATTR);
	entry->addr = (uintptr_t) "user.ring";
	entry->addr2 = (uintptr_t) "v";
	entry->addr3 = (uintptr_t) "ring.file";
	entry->len = 1;
	done("setxattr", ANY);
	/* These the audit leaves out. */
	request(IORING_OP_NOP);
	done("nop", 0);
	entry = request(IORING_OP_READ);
	entry->fd = file;
	entry->addr = (uintptr_t)bytes;
	entry->len = 1;
	done("read", ANY);
	request(IORING_OP_FSYNC)->fd = file;
	done("fsync", 0);
	entry = request(IORING_OP_CLOSE);
	entry->fd = file;
	done("close", 0);
	entry = request(IORING_OP_CLOSE);
	entry->fd = file;
	done("closed already", -EBADF);
	/* There is no file to run it on. */
	entry = request(IORING_OP_FALLOCATE);
	entry->fd = file;
	entry->addr = 16;
	done("without a file", -EBADF);
}

static void sockets(void)
{
	struct sockaddr_un own = {AF_UNIX, "ring.socket"}, missing = {AF_UNIX, "ring.nobody"}, peer;
	socklen_t length = sizeof(peer);
	struct io_uring_sqe *entry;
	int client = socket(AF_UNIX, SOCK_STREAM, 0), server = socket(AF_UNIX, SOCK_STREAM, 0);

	check_success(bind(server, (void *)&own, sizeof(own)), "bind");
	check_success(listen(server, 4), "listen");
	entry = request(IORING_OP_CONNECT);
	entry->fd = client;
	entry->addr = (uintptr_t)&missing;
	entry->off = sizeof(missing);
	done("connect to nobody", -ENOENT);
	entry = request(IORING_OP_CONNECT);
	entry->fd = client;
	entry->addr = (uintptr_t)&own;
	entry->off = sizeof(own);
	done("connect", 0);
	entry = request(IORING_OP_ACCEPT);
	entry->fd = server;
	entry->addr = (uintptr_t)&peer;
	entry->addr2 = (uintptr_t)&length;
	int accepted = done("accept", ANY);
	entry = request(IORING_OP_SEND); /* left out */
	entry->fd = client;
	entry->addr = (uintptr_t) "x";
	entry->len = 1;
	done("send", 1);
	entry = request(IORING_OP_SHUTDOWN);
	entry->fd = client;
	entry->len = SHUT_RDWR;
	done("shutdown", 0);
	close(accepted);
	close(client);
	close(server);
	unlink("ring.socket");
}

/* Several in one syscall, that need not wait. */
static void batch(void)
{
	static const char *const name[] = {"ring.file", "./ring.file", ".//ring.file"};

	for (int i = 0; i < 3; i++)
		request(IORING_OP_OPENAT)->addr = (uintptr_t)name[i];
	submit(3);
	for (int i = 0; i < 3; i++)
		close(result());
	calls_made += 3;
}

/* In the current directory, which is left as it was. */
void ring_run(void)
{
	static const unsigned int kinds[] = {0, 0, IORING_SETUP_SQPOLL};

	close(check_success(open("ring.file", O_CREAT | O_RDWR | O_TRUNC, 0644), "ring.file"));
	check_success(mkdir("ring.dir", 0755), "ring.dir");
	for (int i = 0; i < 3; i++) {
		open_ring(kinds[i]);
		every = i == 1 ? IOSQE_ASYNC : 0;
		opens();
		names();
		files();
		sockets();
		if (i == 0)
			batch();
		close(ring);
	}
	rmdir("ring.dir");
	unlink("ring.file");
}
