/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which arguments of a syscall are paths, descriptors and socket addresses. Arguments are counted
 * from 1; 0 is none. Everything that depends on the architecture is here and in types.h.
 */
#ifndef NESTAUDIT_SHAPE_H
#define NESTAUDIT_SHAPE_H

#include "maps.h"

#define AUDIT_ARCH_X86_64 0xc000003eu
#define AUDIT_ARCH_I386   0x40000003u
#define O_CREAT           0100
#define O_EXCL            0200
#define TS_COMPAT         0x0002 /* arch/x86/include/asm/thread_info.h */

enum shape_open { OPEN_NONE, OPEN_FLAGS_2, OPEN_FLAGS_3, OPEN_CREAT, OPEN_HOW, OPEN_QUEUE };
enum shape_address {
	ADDRESS_NONE,
	ADDRESS_CONNECT,
	ADDRESS_BIND,
	ADDRESS_SENDTO,
	ADDRESS_SENDMSG,
	ADDRESS_MMSG,
	/* got, not given */
	ADDRESS_ACCEPT,
	ADDRESS_NAME,
	ADDRESS_PEER,
	ADDRESS_RECV,
	ADDRESS_CALL,
};

struct shape {
	uint8_t path[2];
	uint8_t descriptor; /* its object is recorded */
	uint8_t open;       /* enum shape_open: the result is a descriptor; where the flags are */
	uint8_t address;    /* enum shape_address */
	uint8_t at;         /* 1: the argument before a path is the directory it is relative to */
};

#define PATH_AT(a)                                                                                 \
	{                                                                                          \
		.path = {a}, .at = 1                                                               \
	}
#define PATHS_AT(a, b)                                                                             \
	{                                                                                          \
		.path = {a, b}, .at = 1                                                            \
	}
#define OPEN_AT(a, how)                                                                            \
	{                                                                                          \
		.path = {a}, .open = how, .at = 1                                                  \
	}
#define PATH(a)                                                                                    \
	{                                                                                          \
		.path = { a }                                                                      \
	}
#define PATHS(a, b)                                                                                \
	{                                                                                          \
		.path = { a, b }                                                                   \
	}
#define OPEN(a, how)                                                                               \
	{                                                                                          \
		.path = {a}, .open = how                                                           \
	}
#define DESCRIPTOR(a)                                                                              \
	{                                                                                          \
		.descriptor = a                                                                    \
	}
#define ADDRESS(kind)                                                                              \
	{                                                                                          \
		.address = kind                                                                    \
	}

/* From 424 on a number means the same to both arches: arch/x86/entry/syscalls. */
#define SHAPES_OF_BOTH                                                                             \
	[428] = PATH_AT(2) /* open_tree */, [429] = PATHS_AT(2, 4) /* move_mount */,               \
	[433] = PATH_AT(2) /* fspick */, [437] = OPEN_AT(2, OPEN_HOW) /* openat2 */,               \
	[439] = PATH_AT(2) /* faccessat2 */, [442] = PATH_AT(2) /* mount_setattr */,               \
	[452] = PATH_AT(2) /* fchmodat2 */, [463] = PATH_AT(2) /* setxattrat */,                   \
	[464] = PATH_AT(2) /* getxattrat */, [465] = PATH_AT(2) /* listxattrat */,                 \
	[466] = PATH_AT(2) /* removexattrat */, [467] = PATH_AT(2) /* open_tree_attr */,           \
	[468] = PATH_AT(2) /* file_getattr */, [469] = PATH_AT(2) /* file_setattr */

const volatile struct shape shapes[POLICY_ARCHES][POLICY_SYSCALLS] =
    {
	[POLICY_ARCH_64] =
	    {
		[2] = OPEN(1, OPEN_FLAGS_2),      /* open */
		[4] = PATH(1),                    /* stat */
		[6] = PATH(1),                    /* lstat */
		[21] = PATH(1),                   /* access */
		[42] = ADDRESS(ADDRESS_CONNECT),  /* connect */
		[43] = ADDRESS(ADDRESS_ACCEPT),   /* accept */
		[44] = ADDRESS(ADDRESS_SENDTO),   /* sendto */
		[45] = ADDRESS(ADDRESS_RECV),     /* recvfrom */
		[46] = ADDRESS(ADDRESS_SENDMSG),  /* sendmsg */
		[47] = ADDRESS(ADDRESS_RECV),     /* recvmsg */
		[49] = ADDRESS(ADDRESS_BIND),     /* bind */
		[51] = ADDRESS(ADDRESS_NAME),     /* getsockname */
		[52] = ADDRESS(ADDRESS_PEER),     /* getpeername */
		[59] = PATH(1),                   /* execve */
		[76] = PATH(1),                   /* truncate */
		[80] = PATH(1),                   /* chdir */
		[82] = PATHS(1, 2),               /* rename */
		[83] = PATH(1),                   /* mkdir */
		[84] = PATH(1),                   /* rmdir */
		[85] = OPEN(1, OPEN_CREAT),       /* creat */
		[86] = PATHS(1, 2),               /* link */
		[87] = PATH(1),                   /* unlink */
		[88] = PATHS(1, 2),               /* symlink */
		[89] = PATH(1),                   /* readlink */
		[90] = PATH(1),                   /* chmod */
		[91] = DESCRIPTOR(1),             /* fchmod */
		[92] = PATH(1),                   /* chown */
		[93] = DESCRIPTOR(1),             /* fchown */
		[94] = PATH(1),                   /* lchown */
		[132] = PATH(1),                  /* utime */
		[133] = PATH(1),                  /* mknod */
		[137] = PATH(1),                  /* statfs */
		[155] = PATHS(1, 2),              /* pivot_root */
		[161] = PATH(1),                  /* chroot */
		[163] = PATH(1),                  /* acct */
		[165] = PATHS(1, 2),              /* mount */
		[166] = PATH(1),                  /* umount2 */
		[167] = PATH(1),                  /* swapon */
		[168] = PATH(1),                  /* swapoff */
		[179] = PATH(2),                  /* quotactl */
		[188] = PATH(1),                  /* setxattr */
		[189] = PATH(1),                  /* lsetxattr */
		[190] = DESCRIPTOR(1),            /* fsetxattr */
		[191] = PATH(1),                  /* getxattr */
		[192] = PATH(1),                  /* lgetxattr */
		[193] = DESCRIPTOR(1),            /* fgetxattr */
		[194] = PATH(1),                  /* listxattr */
		[195] = PATH(1),                  /* llistxattr */
		[196] = DESCRIPTOR(1),            /* flistxattr */
		[197] = PATH(1),                  /* removexattr */
		[198] = PATH(1),                  /* lremovexattr */
		[199] = DESCRIPTOR(1),            /* fremovexattr */
		[235] = PATH(1),                  /* utimes */
		[240] = OPEN(1, OPEN_QUEUE),      /* mq_open */
		[241] = PATH(1),                  /* mq_unlink */
		[242] = DESCRIPTOR(1),            /* mq_timedsend */
		[243] = DESCRIPTOR(1),            /* mq_timedreceive */
		[254] = PATH(2),                  /* inotify_add_watch */
		[257] = OPEN_AT(2, OPEN_FLAGS_3), /* openat */
		[258] = PATH_AT(2),               /* mkdirat */
		[259] = PATH_AT(2),               /* mknodat */
		[260] = PATH_AT(2),               /* fchownat */
		[261] = PATH_AT(2),               /* futimesat */
		[262] = PATH_AT(2),               /* newfstatat */
		[263] = PATH_AT(2),               /* unlinkat */
		[264] = PATHS_AT(2, 4),           /* renameat */
		[265] = PATHS_AT(2, 4),           /* linkat */
		[266] = PATHS_AT(1, 3),           /* symlinkat */
		[267] = PATH_AT(2),               /* readlinkat */
		[268] = PATH_AT(2),               /* fchmodat */
		[269] = PATH_AT(2),               /* faccessat */
		[280] = PATH_AT(2),               /* utimensat */
		[288] = ADDRESS(ADDRESS_ACCEPT),  /* accept4 */
		[299] = ADDRESS(ADDRESS_RECV),    /* recvmmsg */
		[301] = PATH_AT(5),               /* fanotify_mark */
		[303] = PATH_AT(2),               /* name_to_handle_at */
		[307] = ADDRESS(ADDRESS_MMSG),    /* sendmmsg */
		[316] = PATHS_AT(2, 4),           /* renameat2 */
		[322] = PATH_AT(2),               /* execveat */
		[332] = PATH_AT(2),               /* statx */
		SHAPES_OF_BOTH,
	    },
	[POLICY_ARCH_32] =
	    {
		[5] = OPEN(1, OPEN_FLAGS_2),      /* open */
		[8] = OPEN(1, OPEN_CREAT),        /* creat */
		[9] = PATHS(1, 2),                /* link */
		[10] = PATH(1),                   /* unlink */
		[11] = PATH(1),                   /* execve */
		[12] = PATH(1),                   /* chdir */
		[14] = PATH(1),                   /* mknod */
		[15] = PATH(1),                   /* chmod */
		[16] = PATH(1),                   /* lchown */
		[18] = PATH(1),                   /* oldstat */
		[21] = PATHS(1, 2),               /* mount */
		[22] = PATH(1),                   /* umount */
		[30] = PATH(1),                   /* utime */
		[33] = PATH(1),                   /* access */
		[38] = PATHS(1, 2),               /* rename */
		[39] = PATH(1),                   /* mkdir */
		[40] = PATH(1),                   /* rmdir */
		[51] = PATH(1),                   /* acct */
		[52] = PATH(1),                   /* umount2 */
		[61] = PATH(1),                   /* chroot */
		[83] = PATHS(1, 2),               /* symlink */
		[84] = PATH(1),                   /* oldlstat */
		[85] = PATH(1),                   /* readlink */
		[86] = PATH(1),                   /* uselib */
		[87] = PATH(1),                   /* swapon */
		[92] = PATH(1),                   /* truncate */
		[94] = DESCRIPTOR(1),             /* fchmod */
		[95] = DESCRIPTOR(1),             /* fchown */
		[99] = PATH(1),                   /* statfs */
		[102] = ADDRESS(ADDRESS_CALL),    /* socketcall */
		[106] = PATH(1),                  /* stat */
		[107] = PATH(1),                  /* lstat */
		[115] = PATH(1),                  /* swapoff */
		[131] = PATH(2),                  /* quotactl */
		[182] = PATH(1),                  /* chown */
		[193] = PATH(1),                  /* truncate64 */
		[195] = PATH(1),                  /* stat64 */
		[196] = PATH(1),                  /* lstat64 */
		[198] = PATH(1),                  /* lchown32 */
		[207] = DESCRIPTOR(1),            /* fchown32 */
		[212] = PATH(1),                  /* chown32 */
		[217] = PATHS(1, 2),              /* pivot_root */
		[226] = PATH(1),                  /* setxattr */
		[227] = PATH(1),                  /* lsetxattr */
		[228] = DESCRIPTOR(1),            /* fsetxattr */
		[229] = PATH(1),                  /* getxattr */
		[230] = PATH(1),                  /* lgetxattr */
		[231] = DESCRIPTOR(1),            /* fgetxattr */
		[232] = PATH(1),                  /* listxattr */
		[233] = PATH(1),                  /* llistxattr */
		[234] = DESCRIPTOR(1),            /* flistxattr */
		[235] = PATH(1),                  /* removexattr */
		[236] = PATH(1),                  /* lremovexattr */
		[237] = DESCRIPTOR(1),            /* fremovexattr */
		[268] = PATH(1),                  /* statfs64 */
		[271] = PATH(1),                  /* utimes */
		[277] = OPEN(1, OPEN_QUEUE),      /* mq_open */
		[278] = PATH(1),                  /* mq_unlink */
		[279] = DESCRIPTOR(1),            /* mq_timedsend */
		[280] = DESCRIPTOR(1),            /* mq_timedreceive */
		[292] = PATH(2),                  /* inotify_add_watch */
		[295] = OPEN_AT(2, OPEN_FLAGS_3), /* openat */
		[296] = PATH_AT(2),               /* mkdirat */
		[297] = PATH_AT(2),               /* mknodat */
		[298] = PATH_AT(2),               /* fchownat */
		[299] = PATH_AT(2),               /* futimesat */
		[300] = PATH_AT(2),               /* fstatat64 */
		[301] = PATH_AT(2),               /* unlinkat */
		[302] = PATHS_AT(2, 4),           /* renameat */
		[303] = PATHS_AT(2, 4),           /* linkat */
		[304] = PATHS_AT(1, 3),           /* symlinkat */
		[305] = PATH_AT(2),               /* readlinkat */
		[306] = PATH_AT(2),               /* fchmodat */
		[307] = PATH_AT(2),               /* faccessat */
		[320] = PATH_AT(2),               /* utimensat */
		[337] = ADDRESS(ADDRESS_RECV),    /* recvmmsg */
		[339] = PATH_AT(6),               /* fanotify_mark */
		[341] = PATH_AT(2),               /* name_to_handle_at */
		[345] = ADDRESS(ADDRESS_MMSG),    /* sendmmsg */
		[353] = PATHS_AT(2, 4),           /* renameat2 */
		[358] = PATH_AT(2),               /* execveat */
		[361] = ADDRESS(ADDRESS_BIND),    /* bind */
		[362] = ADDRESS(ADDRESS_CONNECT), /* connect */
		[364] = ADDRESS(ADDRESS_ACCEPT),  /* accept4 */
		[367] = ADDRESS(ADDRESS_NAME),    /* getsockname */
		[368] = ADDRESS(ADDRESS_PEER),    /* getpeername */
		[369] = ADDRESS(ADDRESS_SENDTO),  /* sendto */
		[370] = ADDRESS(ADDRESS_SENDMSG), /* sendmsg */
		[371] = ADDRESS(ADDRESS_RECV),    /* recvfrom */
		[372] = ADDRESS(ADDRESS_RECV),    /* recvmsg */
		[383] = PATH_AT(2),               /* statx */
		[412] = PATH_AT(2),               /* utimensat_time64 */
		[417] = ADDRESS(ADDRESS_RECV),    /* recvmmsg_time64 */
		[418] = DESCRIPTOR(1),            /* mq_timedsend_time64 */
		[419] = DESCRIPTOR(1),            /* mq_timedreceive_time64 */
		SHAPES_OF_BOTH,
	    },
};

static __always_inline const volatile struct shape *shape_of(uint32_t arch, int32_t syscall)
{
	return &shapes[arch & (POLICY_ARCHES - 1)][syscall & (POLICY_SYSCALLS - 1)];
}

static __always_inline uint32_t arch_of(struct task_struct *task)
{
	return task->thread_info.status & TS_COMPAT ? POLICY_ARCH_32 : POLICY_ARCH_64;
}

/*
 * The registers of a syscall, in the order of its arguments. They stand untouched until its end. A
 * syscall of the 32-bit arch takes the lower half alone; its record shows the whole.
 */
static __always_inline void arguments_of(struct pt_regs *regs, uint32_t arch, uint64_t args[6])
{
	if (arch == POLICY_ARCH_64) {
		args[0] = regs->di;
		args[1] = regs->si;
		args[2] = regs->dx;
		args[3] = regs->r10;
		args[4] = regs->r8;
		args[5] = regs->r9;
	} else {
		args[0] = regs->bx;
		args[1] = regs->cx;
		args[2] = regs->dx;
		args[3] = regs->si;
		args[4] = regs->di;
		args[5] = regs->bp;
	}
}

static __always_inline bool is_execve(uint32_t arch, int32_t syscall)
{
	return arch == POLICY_ARCH_64 ? syscall == 59 || syscall == 322
				      : syscall == 11 || syscall == 358;
}

static __always_inline bool is_exit(uint32_t arch, int32_t syscall)
{
	return arch == POLICY_ARCH_64 ? syscall == 60 || syscall == 231
				      : syscall == 1 || syscall == 252;
}

/* fork, vfork, clone, clone3: they end in the child too, with 0. */
static __always_inline bool is_fork(uint32_t arch, int32_t syscall)
{
	return syscall == 435 ||
	       (arch == POLICY_ARCH_64 ? syscall >= 56 && syscall <= 58
				       : syscall == 2 || syscall == 120 || syscall == 190);
}

#endif
