/* SPDX-License-Identifier: GPL-2.0 */
/* Which syscalls tell more than their names and addresses: each a record of its own, or FD_PAIR. */
#ifndef NESTAUDIT_TELLS_H
#define NESTAUDIT_TELLS_H

#include "policy.h"

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

#endif
