/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0 */
/* Who: a task, those that it makes and reaches, and what an exec gains it. */
#ifndef NESTAUDIT_EVENT_TASK_H
#define NESTAUDIT_EVENT_TASK_H

/* The numbers of a task in one PID namespace; 0 where it, or its parent, has none there. */
struct event_pids {
	uint32_t ns; /* inode of the PID namespace */
	uint32_t tgid;
	uint32_t tid;
	uint32_t ppid; /* thread group of the real parent */
};

/* All ids are the kernel's (of the first user namespace); 4294967295 is unset. */
struct event_process {
	struct event_header header;
	uint32_t uid, euid, suid, fsuid;
	uint32_t gid, egid, sgid, fsgid;
	uint32_t auid;
	uint32_t ses;
	uint32_t personality;
	uint32_t tgid; /* in the first PID namespace, as ppid */
	uint32_t ppid;
	uint32_t exe_dev; /* of the executable: 0 if the task has none */
	uint64_t exe_ino;
	uint64_t exe_directory; /* inode of its directory, on its device; 0: not asked for */
	uint64_t exe_name;      /* watch_fingerprint() of its name there; 0: it has none any more */
	char comm[EVENT_COMM_LEN]; /* NUL-padded */
	char tty[EVENT_TTY_LEN];   /* NUL-padded; empty: no terminal */
};

/* header.task made another one. */
struct event_fork {
	struct event_header header;
	uint32_t child; /* thread id in the first PID namespace */
	uint32_t pad;
};

/* The number of a process in one PID namespace. */
struct event_target_pid {
	uint32_t ns; /* inode of the PID namespace */
	uint32_t tgid;
};

/* header.task has sent it a signal, or traces it; behind it its event_target_pid[], the first
 * namespace first, then its security label. */
struct event_target {
	struct event_header header;
	uint32_t number; /* of the syscall's targets, from 0 */
	uint32_t uid;
	uint32_t auid;
	uint32_t ses;
	char comm[EVENT_COMM_LEN]; /* NUL-padded */
	uint16_t levels;           /* how many event_target_pid hold */
	uint16_t label;            /* how many bytes of its security label stand behind them */
	uint32_t pad;
	uint64_t contid; /* of the innermost container that it is in; 0: none */
};

/* What is in a task's credentials: permitted, inheritable, effective, ambient. */
struct event_caps {
	uint64_t permitted, inheritable, effective, ambient;
};

enum exec_gain {
	GAIN_NONE = 0,
	GAIN_SURE = 1,      /* it gained capabilities as BPRM_FCAPS tells it */
	GAIN_WITH_FILE = 2, /* if the file has some */
};

struct event_exec_caps {
	uint32_t gain; /* enum exec_gain */
	uint32_t pad;
	struct event_caps before, after;
};

EVENT_ASSERT_SIZE(event_pids, 16);
EVENT_ASSERT_SIZE(event_process, 200);
EVENT_ASSERT_SIZE(event_fork, 48);
EVENT_ASSERT_SIZE(event_target_pid, 8);
EVENT_ASSERT_SIZE(event_target, 88);
EVENT_ASSERT_SIZE(event_exec_caps, 72);

#endif
