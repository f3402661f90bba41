/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0 */
/*
 * Of which syscalls the beginning is looked at: what they change is in their records as it was
 * before. The collector has a program attached there only while a rule names one of them.
 */
#ifndef NESTAUDIT_ENTRY_H
#define NESTAUDIT_ENTRY_H

#include "policy.h"

enum entry_kind {
	ENTRY_NONE = 0,
	ENTRY_CWD = 1,   /* the working directory */
	ENTRY_IPC = 2,   /* a System V object */
	ENTRY_CLOCK = 3, /* the clock */
	ENTRY_ROOM = 4,  /* the room for an address that is overwritten by its length; not with
			    HOOK_GOT */
};

static inline enum entry_kind entry_kind_64(uint32_t syscall)
{
	switch (syscall) {
	case 29:  /* shmget */
	case 30:  /* shmat */
	case 31:  /* shmctl */
	case 64:  /* semget */
	case 65:  /* semop */
	case 66:  /* semctl */
	case 68:  /* msgget */
	case 69:  /* msgsnd */
	case 70:  /* msgrcv */
	case 71:  /* msgctl */
	case 220: /* semtimedop */
		return ENTRY_IPC;
	case 45:  /* recvfrom */
	case 47:  /* recvmsg */
	case 299: /* recvmmsg */
		return ENTRY_ROOM;
	case 80: /* chdir */
		return ENTRY_CWD;
	case 159: /* adjtimex */
	case 164: /* settimeofday */
	case 227: /* clock_settime */
	case 305: /* clock_adjtime */
		return ENTRY_CLOCK;
	}
	return ENTRY_NONE;
}

static inline enum entry_kind entry_kind_32(uint32_t syscall)
{
	switch (syscall) {
	case 117: /* ipc */
	case 393: /* semget */
	case 394: /* semctl */
	case 395: /* shmget */
	case 396: /* shmctl */
	case 397: /* shmat */
	case 399: /* msgget */
	case 400: /* msgsnd */
	case 401: /* msgrcv */
	case 402: /* msgctl */
	case 420: /* semtimedop_time64 */
		return ENTRY_IPC;
	case 102: /* socketcall */
	case 337: /* recvmmsg */
	case 371: /* recvfrom */
	case 372: /* recvmsg */
	case 417: /* recvmmsg_time64 */
		return ENTRY_ROOM;
	case 12: /* chdir */
		return ENTRY_CWD;
	case 25:  /* stime */
	case 79:  /* settimeofday */
	case 124: /* adjtimex */
	case 264: /* clock_settime */
	case 343: /* clock_adjtime */
	case 404: /* clock_settime64 */
	case 405: /* clock_adjtime64 */
		return ENTRY_CLOCK;
	}
	return ENTRY_NONE;
}

/* What is kept of a syscall when it begins: an enum policy_arch and a number. */
static inline enum entry_kind entry_kind_of(uint32_t arch, uint32_t syscall)
{
	return arch == POLICY_ARCH_64 ? entry_kind_64(syscall) : entry_kind_32(syscall);
}

/*
 * Whether a syscall can replace a file, an enum policy_arch and its number: rename, renameat and
 * renameat2. Which one it was the tracepoints of times of change tell, that are attached only while
 * a rule names one of them.
 */
static inline int entry_replaces(uint32_t arch, uint32_t syscall)
{
	return arch == POLICY_ARCH_64 ? syscall == 82 || syscall == 264 || syscall == 316
				      : syscall == 38 || syscall == 302 || syscall == 353;
}

/* What adjtimex(2) says of the clock, to find it by; the answer is whether it was found. */
struct clock_answer {
	int64_t status;
	int64_t tick;
	int64_t constant;
	int64_t esterror;
	uint64_t found;
};
POLICY_ASSERT_SIZE(clock_answer, 40);

#endif
