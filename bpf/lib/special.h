/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The one record of its own that some syscalls have: from their arguments and the caller's memory,
 * where the kernel's audit heard of them. Each function returns how many numbers it has put into
 * `value`; 0 if the syscall had not come so far.
 */
#ifndef NESTAUDIT_SPECIAL_H
#define NESTAUDIT_SPECIAL_H

#include "address.h"
#include "ring.h"
#include "tells.h"

#define MAP_ANONYMOUS 0x20
#define PAGE_REST     4095
#define MQ_PRIO_MAX   32768

/* Where a section's numbers lie, and behind them for the time being what was read of the caller. */
struct special {
	uint64_t value[8];
	union {
		uint8_t raw[64];
		int32_t narrow[16];
		int64_t wide[8];
	};
};

/* Reads what the caller gave; false if it cannot be read, as then the kernel could not either. */
static __always_inline bool special_read(struct special *s, uint64_t address, const uint32_t size)
{
	return bpf_probe_read_user(s->raw, size, (void *)address) == 0;
}

/* flags and fd of a mapping of a file: mm/mmap.c, ksys_mmap_pgoff, before the descriptor is looked
 * at. */
static __always_inline uint32_t special_mmap(struct special *s, struct syscall_end *end)
{
	bool paged = end->arch == POLICY_ARCH_32; /* mmap2 counts in pages */

	if (argument(end, 4) & MAP_ANONYMOUS || (!paged && argument(end, 6) & PAGE_REST))
		return 0;
	s->value[0] = argument(end, 5);
	s->value[1] = argument(end, 4);
	return 2;
}

/* The first mmap of the 32-bit arch: its six arguments are in memory. */
static __always_inline uint32_t special_mmap_in_memory(struct special *s, struct syscall_end *end)
{
	if (!special_read(s, argument(end, 1), 24) || s->narrow[3] & MAP_ANONYMOUS ||
	    s->narrow[5] & PAGE_REST)
		return 0;
	s->value[0] = s->narrow[4];
	s->value[1] = s->narrow[3];
	return 2;
}

/* struct open_how: fs/open.c, openat2, once it is copied whole. */
static __always_inline uint32_t special_openat2(struct special *s, struct syscall_end *end)
{
	uint64_t size = argument(end, 4);

	if (size < 24 || end->result == -E2BIG || (size > 24 && end->result == -EFAULT) ||
	    !special_read(s, argument(end, 3), 24))
		return 0;
	s->value[0] = s->wide[0];
	s->value[1] = s->wide[1];
	s->value[2] = s->wide[2];
	return 3;
}

/* What the task has been given: kernel/capability.c, capset. */
static __always_inline uint32_t special_capset(struct special *s, struct syscall_end *end)
{
	struct task_struct *task = bpf_get_current_task_btf();

	if (end->result != 0)
		return 0;
	BPF_CORE_READ_INTO(&s->value[0], task, cred, cap_inheritable);
	BPF_CORE_READ_INTO(&s->value[1], task, cred, cap_permitted);
	BPF_CORE_READ_INTO(&s->value[2], task, cred, cap_effective);
	BPF_CORE_READ_INTO(&s->value[3], task, cred, cap_ambient);
	return 4;
}

static __always_inline uint32_t special_socketcall(struct special *s, struct syscall_end *end)
{
	uint32_t args[SOCKETCALL_ARGS] = {};
	uint32_t count = socketcall_args(end, args);

	for (uint32_t i = 0; i < 6; i++)
		s->value[i] = args[i];
	return count;
}

/* struct mq_attr, its first four members, as value[1] to value[4] or one further on. */
static __always_inline bool special_attr(struct special *s, struct syscall_end *end,
					 uint64_t address, const uint32_t first)
{
	bool narrow = end->arch == POLICY_ARCH_32;

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

	if (timeout && time32) {
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
	if (!event)
		return 2;
	if (end->arch == POLICY_ARCH_32) {
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

	if (!new || !set || (old && old < new + size &&new < old + size) ||
	    !special_attr(s, end, new, 1))
		return 0;
	s->value[0] = argument(end, 1);
	return 5;
}

/* A module's name, as a section of its own kind: text. */
static __always_inline void section_module(struct builder *b, struct syscall_end *end,
					   struct task_state *state, bool named)
{
	uint8_t *data = section_data(b);
	long length;

	/* kernel/module/main.c, delete_module: what is no name is refused unheard. */
	if (!data || (named && end->result == -EPERM))
		return;
	if (named)
		length =
		    bpf_probe_read_user_str(data, EVENT_MODULE_LEN + 1, (void *)argument(end, 1));
	else
		length = bpf_probe_read_kernel_str(data, EVENT_MODULE_LEN, state->module);
	if (length > 1 && length <= EVENT_MODULE_LEN)
		section_close(b, SECTION_SPECIAL, SPECIAL_KERN_MODULE, length - 1);
}

/* The descriptors that were made: fs/pipe.c, do_pipe2; net/socket.c, __sys_socketpair. */
static __always_inline void section_pair(struct builder *b, struct syscall_end *end,
					 uint64_t address)
{
	uint8_t *data = section_data(b);

	if (!data || end->result != 0)
		return;
	if (bpf_probe_read_user(data, 2 * sizeof(int32_t), (void *)address))
		b->flags |= EVENT_UNREADABLE;
	else
		section_close(b, SECTION_FD_PAIR, 0, 2 * sizeof(int32_t));
}

static __always_inline void section_socketcall_pair(struct builder *b, struct syscall_end *end)
{
	uint32_t args[SOCKETCALL_ARGS] = {};

	if (argument(end, 1) == SYS_SOCKETPAIR && socketcall_args(end, args))
		section_pair(b, end, args[3]);
}

/* The numbers of a record; their count, and its type. */
static __always_inline uint32_t special_values(struct special *s, struct syscall_end *end,
					       uint32_t tells, uint32_t *type)
{
	switch (tells) {
	case TELLS_CAPSET:
		*type = SPECIAL_CAPSET;
		return special_capset(s, end);
	case TELLS_MMAP:
		*type = SPECIAL_MMAP;
		return special_mmap(s, end);
	case TELLS_MMAP_IN_MEMORY:
		*type = SPECIAL_MMAP;
		return special_mmap_in_memory(s, end);
	case TELLS_MQ_GETSETATTR:
		*type = SPECIAL_MQ_GETSETATTR;
		return special_mq_getsetattr(s, end);
	case TELLS_MQ_NOTIFY:
		*type = SPECIAL_MQ_NOTIFY;
		return special_mq_notify(s, end);
	case TELLS_MQ_OPEN:
		*type = SPECIAL_MQ_OPEN;
		return special_mq_open(s, end);
	case TELLS_MQ_RECEIVE:
	case TELLS_MQ_RECEIVE_TIME32:
	case TELLS_MQ_SEND:
	case TELLS_MQ_SEND_TIME32:
		*type = SPECIAL_MQ_SENDRECV;
		return special_mq_transfer(
		    s, end, tells == TELLS_MQ_SEND || tells == TELLS_MQ_SEND_TIME32,
		    tells == TELLS_MQ_SEND_TIME32 || tells == TELLS_MQ_RECEIVE_TIME32);
	case TELLS_OPENAT2:
		*type = SPECIAL_OPENAT2;
		return special_openat2(s, end);
	case TELLS_SOCKETCALL:
		*type = SPECIAL_SOCKETCALL;
		return special_socketcall(s, end);
	}
	return 0;
}

/* Appends what the syscall tells beside its names and addresses. */
static __noinline int sections_special(struct builder *b, struct syscall_end *end,
				       struct task_state *state)
{
	uint32_t tells = tells_of(end->arch, end->syscall);
	struct special *s = (void *)section_data(b);
	uint32_t type = 0;

	if (!s || end->result == -ENOSYS)
		return 0;
	uint32_t count = special_values(s, end, tells, &type);
	if (count)
		section_close(b, SECTION_SPECIAL, type, count * sizeof(s->value[0]));
	if (tells == TELLS_MODULE_LOADED || tells == TELLS_MODULE_NAMED)
		section_module(b, end, state, tells == TELLS_MODULE_NAMED);
	if (tells == TELLS_PIPE)
		section_pair(b, end, argument(end, 1));
	if (tells == TELLS_SOCKETPAIR)
		section_pair(b, end, argument(end, 4));
	if (tells == TELLS_SOCKETCALL)
		section_socketcall_pair(b, end);
	return 0;
}

#endif
