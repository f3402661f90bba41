/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls of the 32-bit arch, whose structures are laid out in another way: by int 0x80, with memory
 * that 32 bits can address.
 */
#define _GNU_SOURCE
#include "narrow.h"
#include "workload.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* arch/x86/entry/syscalls/syscall_32.tbl */
enum {
	NARROW_CHDIR = 12,
	NARROW_PIPE = 42,
	NARROW_MMAP = 90,
	NARROW_SOCKETCALL = 102,
	NARROW_CAPSET = 185,
	NARROW_MMAP2 = 192,
	NARROW_MQ_OPEN = 277,
	NARROW_MQ_UNLINK = 278,
	NARROW_MQ_TIMEDSEND = 279,
	NARROW_MQ_TIMEDRECEIVE = 280,
	NARROW_MQ_NOTIFY = 281,
	NARROW_MQ_GETSETATTR = 282,
	NARROW_PIPE2 = 331,
	NARROW_SOCKETPAIR = 360,
	NARROW_SENDMSG = 370,
	NARROW_MQ_TIMEDSEND_TIME64 = 418,
	NARROW_OPENAT2 = 437,
};

/* What the calls are given, below 4 GiB. */
static struct low {
	uint32_t words[16];
	uint64_t wide[4];
	int32_t pair[2];
	char name[64];
	char text[16];
	struct sockaddr_un address;
} * low;

long narrow_call(struct narrow call)
{
	const uint32_t *given = call.arguments;
	int32_t result;

	/* The first move leaves the red zone alone. */
	asm volatile("lea -128(%%rsp), %%rsp\n\t"
		     "push %%rbp\n\t"
		     "mov %k[last], %%ebp\n\t"
		     "int $0x80\n\t"
		     "pop %%rbp\n\t"
		     "lea 128(%%rsp), %%rsp"
		     : "=a"(result)
		     : "a"(call.number), "b"(given[0]), "c"(given[1]), "d"(given[2]), "S"(given[3]),
		       "D"(given[4]), [last] "r"((uint64_t)given[5])
		     : "memory", "cc", "r8", "r9", "r10", "r11");
	if (result < 0 && result >= -4095) {
		errno = -result;
		return -1;
	}
	return (uint32_t)result;
}

void *low_memory(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	if (memory == MAP_FAILED)
		fail("no memory below 4 GiB: %s", strerror(errno));
	return memory;
}

static void set_words(uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e, uint32_t f)
{
	const uint32_t words[6] = {a, b, c, d, e, f};

	memcpy(low->words, words, sizeof(words));
}

static void closes_pair(void)
{
	close(low->pair[0]);
	close(low->pair[1]);
}

static void narrow_pairs(void)
{
	MUST_BE(0, NARROW(NARROW_PIPE, at(low->pair)));
	closes_pair();
	MUST_BE(0, NARROW(NARROW_PIPE2, at(low->pair), O_CLOEXEC));
	closes_pair();
	MUST_BE(0, NARROW(NARROW_SOCKETPAIR, AF_UNIX, SOCK_DGRAM, 0, at(low->pair)));
	closes_pair();
}

static void narrow_mmap(void)
{
	int file = open("/etc/passwd", O_RDONLY | O_CLOEXEC);

	set_words(0, 4096, PROT_READ, MAP_PRIVATE, file, 0);
	munmap((void *)MUST_WORK(NARROW(NARROW_MMAP, at(low->words))), 4096);
	low->words[5] = 1;
	MUST_BE(-EINVAL, NARROW(NARROW_MMAP, at(low->words)));
	set_words(0, 4096, PROT_READ, MAP_PRIVATE, -1, 0);
	MUST_BE(-EBADF, NARROW(NARROW_MMAP, at(low->words)));
	MUST_BE(-EFAULT, NARROW(NARROW_MMAP, 1));
	munmap((void *)MUST_WORK(NARROW(NARROW_MMAP2, 0, 4096, PROT_READ, MAP_PRIVATE, file, 0)),
	       4096);
	MUST_BE(-EBADF, NARROW(NARROW_MMAP2, 0, 4096, PROT_READ, MAP_SHARED, -1, 1));
	close(file);
}

/* Everything of sockets by one call: include/uapi/linux/net.h has the numbers. */
static void narrow_socketcall(void)
{
	int socket_;

	set_words(AF_UNIX, SOCK_DGRAM, 0, 0, 0, 0);
	socket_ = (int)MUST_WORK(NARROW(NARROW_SOCKETCALL, 1, at(low->words)));
	low->address = (struct sockaddr_un){.sun_family = AF_UNIX, .sun_path = "nobody"};
	set_words(socket_, at(&low->address), sizeof(low->address), 0, 0, 0);
	MUST_BE(-ENOENT, NARROW(NARROW_SOCKETCALL, 3, at(low->words)));
	set_words(socket_, at(low->text), 4, 0, at(&low->address), 9);
	MUST_BE(-ENOENT, NARROW(NARROW_SOCKETCALL, 11, at(low->words)));
	/* struct compat_msghdr, of which the name is all that matters */
	set_words(socket_, at(low->words + 8), 0, 0, 0, 0);
	low->words[8] = at(&low->address);
	low->words[9] = sizeof(low->address);
	MUST_BE(-ENOENT, NARROW(NARROW_SOCKETCALL, 16, at(low->words)));
	MUST_BE(-ENOENT, NARROW(NARROW_SENDMSG, socket_, at(low->words + 8), 0));
	set_words(AF_UNIX, SOCK_STREAM, 0, at(low->pair), 0, 0);
	MUST_BE(0, NARROW(NARROW_SOCKETCALL, 8, at(low->words)));
	closes_pair();
	set_words(socket_, 2, 0, 0, 0, 0);
	MUST_BE(0, NARROW(NARROW_SOCKETCALL, 13, at(low->words)));
	MUST_BE(-EINVAL, NARROW(NARROW_SOCKETCALL, 0, at(low->words)));
	MUST_BE(-EINVAL, NARROW(NARROW_SOCKETCALL, 21, at(low->words)));
	MUST_BE(-EFAULT, NARROW(NARROW_SOCKETCALL, 1, 1));
	close(socket_);
}

/* mq_attr, timespec and sigevent have members of 32 bits. */
static void narrow_queue(void)
{
	int queue;

	snprintf(low->name, sizeof(low->name), "narrow-%d", getpid());
	set_words(0, 2, 16, 0, 0, 0);
	queue = (int)MUST_WORK(
	    NARROW(NARROW_MQ_OPEN, at(low->name), O_RDWR | O_CREAT | O_EXCL, 0600, at(low->words)));
	close((int)MUST_WORK(NARROW(NARROW_MQ_OPEN, at(low->name), O_RDONLY, 0, 1)));
	set_words(1, 5000, 0, 0, 0, 0);
	MUST_BE(0, NARROW(NARROW_MQ_TIMEDSEND, queue, at(low->text), 3, 9, at(low->words)));
	low->wide[0] = 2;
	low->wide[1] = 7000;
	MUST_BE(0, NARROW(NARROW_MQ_TIMEDSEND_TIME64, queue, at(low->text), 4, 1, at(low->wide)));
	MUST_BE(3, NARROW(NARROW_MQ_TIMEDRECEIVE, queue, at(low->text), 16, at(low->wide), 0));
	low->words[1] = -1;
	MUST_BE(-EINVAL, NARROW(NARROW_MQ_TIMEDSEND, queue, at(low->text), 3, 9, at(low->words)));
	set_words(0, 12, 1 /* SIGEV_NONE */, 0, 0, 0);
	MUST_BE(0, NARROW(NARROW_MQ_NOTIFY, queue, at(low->words)));
	set_words(O_NONBLOCK, -1, 2, 3, 0, 0);
	MUST_BE(0, NARROW(NARROW_MQ_GETSETATTR, queue, at(low->words), 0));
	close(queue);
	MUST_BE(0, NARROW(NARROW_MQ_UNLINK, at(low->name)));
}

static void narrow_rest(void)
{
	memset(low->wide, 0, sizeof(low->wide));
	strcpy(low->name, "/");
	int here = open(".", O_PATH | O_CLOEXEC);
	MUST_BE(0, NARROW(NARROW_CHDIR, at(low->name)));
	if (fchdir(here))
		fail("no way back: %s", strerror(errno));
	close(here);
	MUST_BE(-EFAULT, NARROW(NARROW_CHDIR, 1));
	strcpy(low->name, "/etc/passwd");
	close((int)MUST_WORK(NARROW(NARROW_OPENAT2, AT_FDCWD, at(low->name), at(low->wide), 24)));
	set_words(0x20080522 /* _LINUX_CAPABILITY_VERSION_3 */, 0, 0, 0, 0, 0);
	if (geteuid() != 0)
		MUST_BE(0, NARROW(NARROW_CAPSET, at(low->words), at(low->wide)));
}

void mix_narrow(void)
{
	low = low_memory(sizeof(*low));
	narrow_pairs();
	narrow_mmap();
	narrow_socketcall();
	narrow_queue();
	narrow_rest();
	munmap(low, sizeof(*low));
}
