/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0 */
/* What was done: a syscall, its arguments, a request of io_uring, a message for the audit. */
#ifndef NESTAUDIT_EVENT_SYSCALL_H
#define NESTAUDIT_EVENT_SYSCALL_H

struct event_syscall {
	struct event_header header;
	uint32_t arch; /* AUDIT_ARCH_X86_64, AUDIT_ARCH_I386 */
	int32_t syscall;
	int64_t result;
	uint64_t args[6];
	uint32_t policy;     /* which policy judged it … */
	uint32_t generation; /* … of which generation of the tables */
	uint32_t wants; /* a bit for each daemon of the policy that may want it; see policy.h */
	uint32_t argc;  /* execve: number of arguments */
	uint32_t argv_bytes; /* execve: bytes of argv that went before as EVENT_ARGV */
	uint32_t open_flags; /* openat2: struct open_how, flags, low 32 bits */
	uint32_t targets;    /* how many EVENT_TARGET went before */
	uint32_t touches;    /* 0: no EVENT_TOUCHED did */
};

struct event_argv {
	struct event_header header;
	uint32_t offset; /* of these bytes in the whole argv */
	uint32_t length; /* then the bytes: NUL-terminated arguments, one behind the other */
};

/* What URINGOP tells of a request. */
struct event_request {
	uint32_t operation; /* enum io_uring_op */
	uint32_t pad;
	int64_t issued; /* what running it returned: not what it comes to, but 0 once it is done */
};

/* What a program has sent to the kernel's audit, to be written there. */
struct event_message {
	uint64_t privileged; /* a bit for each PID namespace of the task, the first namespace
				lowest: it has CAP_AUDIT_WRITE in the user namespace that owns it */
	uint32_t type;       /* include/uapi/linux/audit.h: AUDIT_USER, AUDIT_FIRST_USER_MSG … */
	uint32_t pad;
};

EVENT_ASSERT_SIZE(event_syscall, 136);
EVENT_ASSERT_SIZE(event_argv, 48);
EVENT_ASSERT_SIZE(event_request, 16);
EVENT_ASSERT_SIZE(event_message, 16);

#endif
