/* SPDX-License-Identifier: Apache-2.0 */
/* POSIX message queues. */
#define _GNU_SOURCE
#include "workload.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mqueue.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const struct mq_attr small = {.mq_maxmsg = 1, .mq_msgsize = 16};
static const struct timespec past = {.tv_sec = 1, .tv_nsec = 234567};
static char message[64];

static long mq_open_call(const char *name, int flags, mode_t mode, const struct mq_attr *attr)
{
	return syscall(SYS_mq_open, name, flags, mode, attr);
}

static long mq_send_call(int queue, size_t length, unsigned int priority, const void *timeout)
{
	return syscall(SYS_mq_timedsend, queue, message, length, priority, timeout);
}

static long mq_receive_call(int queue, size_t length, unsigned int *priority, const void *timeout)
{
	return syscall(SYS_mq_timedreceive, queue, message, length, priority, timeout);
}

static long mq_notify_call(int queue, const struct sigevent *event)
{
	return syscall(SYS_mq_notify, queue, event);
}

static long mq_attr_call(int queue, const struct mq_attr *new, struct mq_attr *old)
{
	return syscall(SYS_mq_getsetattr, queue, new, old);
}

static void opening(const char *name)
{
	static char too_long[300];
	struct mq_attr none = {};
	int queue;

	memset(too_long, 'q', sizeof(too_long) - 1);
	close((int)MUST_WORK(mq_open_call(name, O_RDONLY, 0, NULL)));
	queue = (int)MUST_WORK(mq_open_call(name, O_RDWR | O_CREAT, 0600, &small));
	close(queue);
	MUST_BE(-EEXIST, mq_open_call(name, O_RDWR | O_CREAT | O_EXCL, 0600, &small));
	MUST_BE(-EINVAL, mq_open_call(name, O_ACCMODE, 0, NULL));
	MUST_BE(-ENOENT, mq_open_call("missing", O_RDONLY, 0, NULL));
	MUST_BE(-EACCES, mq_open_call("a/b", O_RDONLY | O_CREAT, 0, NULL));
	MUST_BE(-EACCES, mq_open_call("..", O_RDONLY, 0, NULL));
	MUST_BE(-ENOENT, mq_open_call("", O_RDONLY, 0, NULL));
	MUST_BE(-ENAMETOOLONG, mq_open_call(too_long, O_RDONLY, 0, NULL));
	MUST_BE(-EFAULT, mq_open_call(NULL, O_RDONLY | O_CREAT, 0644, &small));
	MUST_BE(-EFAULT, mq_open_call(name, O_RDONLY, 0, (void *)1));
	MUST_BE(-EINVAL, mq_open_call("missing", O_RDWR | O_CREAT, 0600, &none));
}

static void sending(int queue, int reader)
{
	struct timespec impossible = {.tv_nsec = 1000000000};

	MUST_BE(0, mq_send_call(queue, 5, 7, &past));
	MUST_BE(-ETIMEDOUT, mq_send_call(queue, 5, 7, &past));
	MUST_BE(-EMSGSIZE, mq_send_call(queue, 17, 0, NULL));
	MUST_BE(-EINVAL, mq_send_call(queue, 5, MQ_PRIO_MAX, NULL));
	MUST_BE(-EINVAL, mq_send_call(queue, 5, 0, &impossible));
	MUST_BE(-EFAULT, mq_send_call(queue, 5, 0, (void *)1));
	MUST_BE(-EBADF, mq_send_call(reader, 5, 0, NULL));
	MUST_BE(-EBADF, mq_send_call(-1, 5, 0, NULL));
	MUST_BE(-EBADF, mq_send_call(0, 5, 0, NULL));
}

static void receiving(int queue)
{
	unsigned int priority;

	MUST_BE(5, mq_receive_call(queue, sizeof(message), &priority, NULL));
	MUST_BE(-ETIMEDOUT, mq_receive_call(queue, sizeof(message), NULL, &past));
	MUST_BE(-EMSGSIZE, mq_receive_call(queue, 15, NULL, NULL));
	MUST_BE(-EBADF, mq_receive_call(999, sizeof(message), &priority, NULL));
}

static void setting(int queue)
{
	struct sigevent quiet = {.sigev_notify = SIGEV_NONE, .sigev_signo = 10};
	struct sigevent wrong = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = -3};
	struct mq_attr old,
	    new = {.mq_flags = O_NONBLOCK, .mq_maxmsg = -1, .mq_msgsize = 5, .mq_curmsgs = 6};
	struct mq_attr refused = {.mq_flags = O_APPEND};

	MUST_BE(0, mq_notify_call(queue, &quiet));
	MUST_BE(-EBUSY, mq_notify_call(queue, &quiet));
	MUST_BE(0, mq_notify_call(queue, NULL));
	MUST_BE(-EINVAL, mq_notify_call(queue, &wrong));
	MUST_BE(-EFAULT, mq_notify_call(queue, (void *)1));
	MUST_BE(-EBADF, mq_notify_call(-1, NULL));
	MUST_BE(0, mq_attr_call(queue, NULL, &old));
	MUST_BE(0, mq_attr_call(queue, &new, &old));
	MUST_BE(0, mq_attr_call(queue, &new, NULL));
	MUST_BE(-EAGAIN, mq_receive_call(queue, sizeof(message), NULL, NULL));
	MUST_BE(-EFAULT, mq_attr_call(queue, &new, (void *)1));
	MUST_BE(-EINVAL, mq_attr_call(queue, &refused, NULL));
	MUST_BE(-EBADF, mq_attr_call(-1, &new, NULL));
}

void mix_queue(void)
{
	char name[64];
	int queue, reader;

	snprintf(name, sizeof(name), "workload %d", getpid());
	queue = (int)MUST_WORK(mq_open_call(name, O_RDWR | O_CREAT | O_EXCL, 0640, &small));
	reader = (int)MUST_WORK(mq_open_call(name, O_RDONLY, 0, NULL));
	opening(name);
	sending(queue, reader);
	receiving(queue);
	setting(queue);
	close(reader);
	close(queue);
	MUST_BE(0, syscall(SYS_mq_unlink, name));
	MUST_BE(-ENOENT, syscall(SYS_mq_unlink, name));
	MUST_BE(-EACCES, syscall(SYS_mq_unlink, "a/b"));
	MUST_BE(-EFAULT, syscall(SYS_mq_unlink, NULL));
	queue = (int)MUST_WORK(mq_open_call(name, O_WRONLY | O_CREAT, 0, NULL));
	close(queue);
	if (geteuid() != 0)
		MUST_BE(-EACCES, mq_open_call(name, O_RDONLY, 0, NULL));
	MUST_BE(0, syscall(SYS_mq_unlink, name));
}
