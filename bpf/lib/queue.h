/* SPDX-License-Identifier: GPL-2.0 */
/* The numbers of the records that syscalls of POSIX message queues have, as in special.h. */
#ifndef NESTAUDIT_QUEUE_H
#define NESTAUDIT_QUEUE_H

#include "special.h"

#define MQ_PRIO_MAX 32768

/* struct mq_attr, its first four members, as value[1] to value[4] or one further on. */
static __always_inline bool special_attr(struct special *s, struct syscall_end *end,
					 uint64_t address, const uint32_t first)
{
	bool narrow = end->arch == POLICY_ARCH_32;

	if (end->given == GIVEN_KEPT) {
		for (uint32_t i = 0; i < 4; i++)
			s->value[first + i] = end->value[i];
		return true;
	}
	if (!(narrow ? special_read(s, address, 32) : special_read(s, address, 64)))
		return false;
	for (uint32_t i = 0; i < 4; i++)
		s->value[first + i] = narrow ? s->narrow[i] : s->wide[i];
	return true;
}

/* ipc/mqueue.c, do_mq_open: before the name is read. A 32-bit caller's attributes are read only to
 * create. */
static __always_inline uint32_t special_mq_open(struct special *s, struct syscall_end *end)
{
	uint64_t attr = argument(end, 4);
	bool read = attr && (end->arch != POLICY_ARCH_32 || argument(end, 2) & O_CREAT);

	for (uint32_t i = 2; i < 6; i++)
		s->value[i] = 0;
	if (end->given == GIVEN_NOT)
		return 0;
	if (read && !special_attr(s, end, attr, 2))
		return 0;
	s->value[0] = argument(end, 2);
	s->value[1] = argument(end, 3);
	return 6;
}

/*
 * ipc/mqueue.c, do_mq_timedsend and do_mq_timedreceive: once timeout and priority are found to be
 * possible. Of what is received the priority is said to be 0.
 */
static __always_inline uint32_t special_mq_transfer(struct special *s, struct syscall_end *end,
						    bool sends, bool time32)
{
	uint64_t timeout = argument(end, 5);
	int64_t seconds = 0, nanoseconds = 0;
	uint32_t priority = sends ? argument(end, 4) : 0;

	if (end->given == GIVEN_NOT)
		return 0;
	if (end->given == GIVEN_KEPT) {
		seconds = end->value[0];
		nanoseconds = end->value[1];
	} else if (timeout && time32) {
		if (!special_read(s, timeout, 8))
			return 0;
		seconds = s->narrow[0];
		nanoseconds = s->narrow[1];
	} else if (timeout) {
		if (!special_read(s, timeout, 16))
			return 0;
		seconds = s->wide[0];
		nanoseconds = s->wide[1];
		if (end->arch == POLICY_ARCH_32)
			nanoseconds = (uint32_t)nanoseconds;
	}
	if (priority >= MQ_PRIO_MAX || seconds < 0 || nanoseconds < 0 || nanoseconds >= 1000000000)
		return 0;
	s->value[0] = argument(end, 1);
	s->value[1] = argument(end, 3);
	s->value[2] = priority;
	s->value[3] = seconds;
	s->value[4] = nanoseconds;
	return 5;
}

/* struct sigevent: ipc/mqueue.c, do_mq_notify, before anything of it is looked at. */
static __always_inline uint32_t special_mq_notify(struct special *s, struct syscall_end *end)
{
	uint64_t event = argument(end, 2);

	s->value[0] = argument(end, 1);
	s->value[1] = 0;
	if (end->given == GIVEN_NOT)
		return 0;
	if (!event)
		return 2;
	if (end->given == GIVEN_KEPT) {
		s->value[1] = (int32_t)end->value[1];
	} else if (end->arch == POLICY_ARCH_32) {
		if (!special_read(s, event, 16))
			return 0;
		s->value[1] = s->narrow[1];
	} else {
		if (!special_read(s, event, 64))
			return 0;
		s->value[1] = s->narrow[2];
	}
	return 2;
}

/*
 * ipc/mqueue.c, do_mq_getsetattr: new attributes that were set. Where the caller wants the old ones
 * in their place they are gone.
 */
static __always_inline uint32_t special_mq_getsetattr(struct special *s, struct syscall_end *end)
{
	uint64_t new = argument(end, 2), old = argument(end, 3);
	uint32_t size = end->arch == POLICY_ARCH_32 ? 32 : 64;
	bool set = end->result == 0 || (end->result == -EFAULT && old);

	bool kept = end->given == GIVEN_KEPT;

	if (!new || !set || (!kept && old && old < new + size &&new < old + size) ||
	    !special_attr(s, end, new, 1))
		return 0;
	s->value[0] = argument(end, 1);
	return 5;
}

#endif
