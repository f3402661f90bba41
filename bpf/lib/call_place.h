/* SPDX-License-Identifier: GPL-2.0 */
/* What a syscall takes away or changes on behalf of its caller: while it lasts, or after its end.
 */
#ifndef NESTAUDIT_CALL_PLACE_H
#define NESTAUDIT_CALL_PLACE_H

#include "maps.h"

/* include/linux/sched.h */
#define PF_EXITING   0x00000004
#define PF_IO_WORKER 0x00000010
#define PF_KTHREAD   0x00200000

extern int LINUX_KERNEL_VERSION __kconfig;

#define VERSION(major, minor) ((major) << 16 | (minor) << 8)

enum call_place { CALL_OTHER, CALL_CHANGES, CALL_CLOSES };

/*
 * The first change something themselves, as the mode of an interface. The others let a file go,
 * which is closed when they are over, but for close since Linux 6.6.
 */
static __always_inline enum call_place call_place(uint32_t arch, int32_t syscall)
{
	bool is_64 = arch == POLICY_ARCH_64;

	switch (syscall) {
	case 16:  /* ioctl */
	case 44:  /* sendto */
	case 46:  /* sendmsg */
	case 307: /* sendmmsg */
		return is_64 ? CALL_CHANGES : CALL_OTHER;
	case 54: /* setsockopt; ioctl */
		return CALL_CHANGES;
	case 102: /* socketcall */
	case 345:
	case 366:
	case 369:
	case 370:
		return is_64 ? CALL_OTHER : CALL_CHANGES;
	case 3: /* close */
		if (!is_64)
			return CALL_OTHER;
		return LINUX_KERNEL_VERSION >= VERSION(6, 6) ? CALL_CHANGES : CALL_CLOSES;
	case 33:  /* dup2 */
	case 59:  /* execve */
	case 292: /* dup3 */
	case 322: /* execveat */
		return is_64 ? CALL_CLOSES : CALL_OTHER;
	case 436: /* close_range */
		return CALL_CLOSES;
	case 6:
		if (is_64)
			return CALL_OTHER;
		return LINUX_KERNEL_VERSION >= VERSION(6, 6) ? CALL_CHANGES : CALL_CLOSES;
	case 11:
	case 63:
	case 330:
	case 358:
		return is_64 ? CALL_OTHER : CALL_CLOSES;
	}
	return CALL_OTHER;
}

#endif
