/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0 */
/* What a record of its own tells: SECTION_SPECIAL of EVENT_SYSCALL and EVENT_OWN. */
#ifndef NESTAUDIT_EVENT_SPECIAL_H
#define NESTAUDIT_EVENT_SPECIAL_H

/*
 * Of these records a syscall, and EVENT_OWN, have at most one, but for IPC_SET_PERM, which goes
 * behind IPC, and TIME_INJOFFSET, which goes behind TIME_ADJNTPVAL. The values are their types
 * (include/uapi/linux/audit.h); beside each what its section holds: uint64_t[], signed numbers with
 * their sign.
 */
enum special_type {
	SPECIAL_IPC = 1303,           /* uid, gid, mode: of the object, before the call */
	SPECIAL_SOCKETCALL = 1304,    /* the arguments of the call: 2 to 6 */
	SPECIAL_IPC_SET_PERM = 1311,  /* qbytes, uid, gid, mode: as the caller gave them */
	SPECIAL_MQ_OPEN = 1312,       /* oflag, mode, mq_flags, mq_maxmsg, mq_msgsize, mq_curmsgs */
	SPECIAL_MQ_SENDRECV = 1313,   /* mqdes, msg_len, msg_prio, seconds, nanoseconds */
	SPECIAL_MQ_NOTIFY = 1314,     /* mqdes, sigev_signo */
	SPECIAL_MQ_GETSETATTR = 1315, /* mqdes, mq_flags, mq_maxmsg, mq_msgsize, mq_curmsgs */
	SPECIAL_CAPSET = 1322,      /* inheritable, permitted, effective and ambient capabilities */
	SPECIAL_MMAP = 1323,        /* fd, flags */
	SPECIAL_KERN_MODULE = 1330, /* the module's name, as text */
	SPECIAL_TIME_INJOFFSET = 1332, /* seconds, nanoseconds by which the clock was set */
	SPECIAL_TIME_ADJNTPVAL = 1333, /* old and new offset, freq, status, tai, tick, adjust: a
					  record for each that has changed */
	SPECIAL_OPENAT2 = 1337,        /* flags, mode, resolve */
	/* EVENT_OWN */
	SPECIAL_LOGIN = 1006,    /* new auid, new ses, 1 if it was set, old auid, old ses */
	SPECIAL_FANOTIFY = 1331, /* response, 1 if the kernel tells what follows: type, rule, trust
				    in the task and in the file */
	SPECIAL_BPF = 1334,      /* id of the program, enum program_op */
	SPECIAL_SECCOMP = 1326,  /* signal, arch, syscall, compat, ip, 1 if the action is known, the
				    action */
	SPECIAL_PROMISCUOUS = 1700, /* the kernel's message, as text */
	SPECIAL_ABEND = 1701,       /* signal */
};

enum program_op { PROGRAM_LOAD, PROGRAM_UNLOAD };

#endif
