/* SPDX-License-Identifier: GPL-2.0 */
/* Which syscalls tell more than names and addresses: a record of its own, or FD_PAIR. */
#ifndef NESTAUDIT_TELLS_H
#define NESTAUDIT_TELLS_H

#include "object.h"
#include "queue.h"
#include "ring.h"

enum tells {
	TELLS_NOTHING,
	TELLS_CAPSET,
	TELLS_MMAP,
	TELLS_MMAP_IN_MEMORY,
	TELLS_MODULE_LOADED,
	TELLS_MODULE_NAMED,
	TELLS_MQ_GETSETATTR,
	TELLS_MQ_NOTIFY,
	TELLS_MQ_OPEN,
	TELLS_MQ_RECEIVE,
	TELLS_MQ_RECEIVE_TIME32,
	TELLS_MQ_SEND,
	TELLS_MQ_SEND_TIME32,
	TELLS_OPENAT2,
	TELLS_PIPE,
	TELLS_SOCKETCALL,
	TELLS_SOCKETPAIR,
};

/* enum tells, by arch and number. */
const volatile uint8_t tells_table[POLICY_ARCHES][POLICY_SYSCALLS] = {
    [POLICY_ARCH_64] =
	{
	    [9] = TELLS_MMAP,            /* mmap */
	    [22] = TELLS_PIPE,           /* pipe */
	    [53] = TELLS_SOCKETPAIR,     /* socketpair */
	    [126] = TELLS_CAPSET,        /* capset */
	    [175] = TELLS_MODULE_LOADED, /* init_module */
	    [176] = TELLS_MODULE_NAMED,  /* delete_module */
	    [240] = TELLS_MQ_OPEN,       /* mq_open */
	    [242] = TELLS_MQ_SEND,       /* mq_timedsend */
	    [243] = TELLS_MQ_RECEIVE,    /* mq_timedreceive */
	    [244] = TELLS_MQ_NOTIFY,     /* mq_notify */
	    [245] = TELLS_MQ_GETSETATTR, /* mq_getsetattr */
	    [293] = TELLS_PIPE,          /* pipe2 */
	    [313] = TELLS_MODULE_LOADED, /* finit_module */
	    [437] = TELLS_OPENAT2,       /* openat2 */
	},
    [POLICY_ARCH_32] =
	{
	    [42] = TELLS_PIPE,               /* pipe */
	    [90] = TELLS_MMAP_IN_MEMORY,     /* mmap */
	    [102] = TELLS_SOCKETCALL,        /* socketcall */
	    [128] = TELLS_MODULE_LOADED,     /* init_module */
	    [129] = TELLS_MODULE_NAMED,      /* delete_module */
	    [185] = TELLS_CAPSET,            /* capset */
	    [192] = TELLS_MMAP,              /* mmap2 */
	    [277] = TELLS_MQ_OPEN,           /* mq_open */
	    [279] = TELLS_MQ_SEND_TIME32,    /* mq_timedsend */
	    [280] = TELLS_MQ_RECEIVE_TIME32, /* mq_timedreceive */
	    [281] = TELLS_MQ_NOTIFY,         /* mq_notify */
	    [282] = TELLS_MQ_GETSETATTR,     /* mq_getsetattr */
	    [331] = TELLS_PIPE,              /* pipe2 */
	    [350] = TELLS_MODULE_LOADED,     /* finit_module */
	    [360] = TELLS_SOCKETPAIR,        /* socketpair */
	    [418] = TELLS_MQ_SEND,           /* mq_timedsend_time64 */
	    [419] = TELLS_MQ_RECEIVE,        /* mq_timedreceive_time64 */
	    [437] = TELLS_OPENAT2,           /* openat2 */
	},
};

static __always_inline uint32_t tells_of(uint32_t arch, int32_t syscall)
{
	return tells_table[arch & (POLICY_ARCHES - 1)][syscall & (POLICY_SYSCALLS - 1)];
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
__noinline int sections_special(struct builder *b, struct syscall_end *end,
				struct task_state *state)
{
	if (!b || !end || !state)
		return 0;
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
