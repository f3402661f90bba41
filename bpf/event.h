/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0 */
/*
 * What crosses from BPF to the collector: the events in the ring buffer.
 *
 * Included by the BPF programs and, through the module CNestaudit, by Swift. Every event starts
 * with struct event_header; its size is always a multiple of 8. Strings are not NUL-terminated:
 * their length is in the header of the section that holds them.
 *
 * Order: the events of one task are in the order in which they happened. EVENT_PROCESS precedes the
 * first EVENT_SYSCALL of a task and replaces what was said before; EVENT_ARGV precedes the execve
 * it belongs to, EVENT_TARGET the kill or ptrace, EVENT_OWN and EVENT_REQUEST the syscall that they
 * are of;
 * EVENT_CONTAINER precedes the container's first execve.
 */
#ifndef NESTAUDIT_EVENT_H
#define NESTAUDIT_EVENT_H

#ifdef __bpf__
#include "lib/types.h"
#else
#include <stdint.h>
#endif

#define EVENT_ABI_VERSION 8

/* Bounds of what one event can carry. */
#define EVENT_COMM_LEN      16   /* TASK_COMM_LEN */
#define EVENT_TTY_LEN       64   /* struct tty_struct, name */
#define EVENT_PATH_MAX      4096 /* PATH_MAX, with the NUL */
#define EVENT_PROCTITLE_MAX 128  /* kernel/audit.h, MAX_PROCTITLE_AUDIT_LEN */
#define EVENT_SOCKADDR_MAX  128  /* sizeof(struct sockaddr_storage) */
#define EVENT_MODULE_LEN    56   /* MODULE_NAME_LEN, with the NUL */
#define EVENT_MESSAGE_LEN   128  /* what the kernel says of an interface's mode */
#define EVENT_TEXT_MAX      8560 /* AUDIT_MESSAGE_TEXT_MAX: of what a program has written */
#define EVENT_PIDNS_LEVELS  33   /* MAX_PID_NS_LEVEL, and the first */
#define EVENT_GROUPS_MAX    128  /* supplementary groups carried; more are flagged */
#define EVENT_IDMAP_MAX     340  /* UID_GID_MAP_MAX_EXTENTS */
#define EVENT_ARGV_CHUNK    8192 /* bytes of argv in one EVENT_ARGV */
#define EVENT_OBJECTS_MAX   6    /* SECTION_OBJECT in one event: two scripts deep */
#define EVENT_CHAIN_MAX     64   /* an object and the directories above it that are told */
#define EVENT_LABEL_MAX     1024 /* bytes of a security label; one that is longer is left out */

enum event_type {
	EVENT_SYSCALL = 1, /* a syscall ended: struct event_syscall, then sections */
	EVENT_PROCESS = 2, /* what stays the same for a task: struct event_process, then sections */
	EVENT_ARGV = 3, /* a part of the arguments of the execve that follows: struct event_argv */
	EVENT_CONTAINER = 4, /* a container is born: struct event_container, then sections */
	EVENT_CGROUP = 5,  /* a cgroup was made, removed or joined: struct event_cgroup, its path */
	EVENT_EXIT = 6,    /* a task of which something was said has ended: the header alone */
	EVENT_FORK = 7,    /* a task was made, and some rule asks how: struct event_fork */
	EVENT_TARGET = 8,  /* a process that the next syscall is about: struct event_target */
	EVENT_TOUCHED = 9, /* a file that it is about: struct event_touched */
	EVENT_OWN = 10,    /* what the kernel's audit tells without a rule: as EVENT_PROCESS, then
			      SECTION_SPECIAL */
	EVENT_REQUEST = 11, /* a request of io_uring was run: struct event_syscall as if by the
			       syscall that does the same, or by -1, then sections */
	EVENT_USER = 12,    /* a program has the audit write a message: as EVENT_PROCESS, then
			       SECTION_MESSAGE */
};

struct event_header {
	uint16_t type;   /* enum event_type */
	uint16_t flags;  /* enum event_flags */
	uint32_t size;   /* of the whole event, in bytes, a multiple of 8 */
	uint64_t time;   /* CLOCK_BOOTTIME, nanoseconds */
	uint64_t cgroup; /* id of the task's cgroup (v2), that is the inode of its directory */
	uint64_t contid; /* the container's id: the id of its root cgroup; 0 for the host */
	uint32_t task;   /* thread id in the first PID namespace */
	uint32_t cpu;
};

enum event_flags {
	/* EVENT_SYSCALL */
	EVENT_NO_RESULT = 1 << 0, /* the syscall never returned: exit, exit_group */
	EVENT_CREATED = 1 << 1,   /* an open made the file (FMODE_CREATED); mq_open may have */
	EVENT_NO_ARGS =
	    1 << 2, /* args[] could not be had: exec on a kernel without sched_prepare_exec */
	/* EVENT_PROCESS */
	EVENT_GROUPS_CUT = 1 << 3, /* more supplementary groups than EVENT_GROUPS_MAX */
	/* any */
	EVENT_UNREADABLE =
	    1 << 4, /* a string of the caller could not be read: its section is absent */
	/* EVENT_SYSCALL */
	EVENT_SHARED_FILES =
	    1 << 5, /* others have the descriptors too: what is behind one may have been replaced */
	EVENT_OWNED = 1 << 6, /* EVENT_OWN or EVENT_REQUEST of it went before */
	/* EVENT_OWN, EVENT_REQUEST */
	EVENT_OF_SYSCALL = 1 << 7, /* belongs to the syscall that the task is in */
	EVENT_CALLERS_NAMES =
	    1 << 8, /* a path was read from the caller's memory when the syscall had ended */
	EVENT_LOOKUPS = 1 << 9, /* what names led to was told, and what directories they were looked
				   for in: what was not led nowhere */
	EVENT_SHARED_MEMORY =
	    1 << 10, /* of an open: others have the memory that it was read from */
};

/* A part of variable length behind the fixed one. Data follows at once, padded with zeros to 8
 * bytes. */
struct event_section {
	uint16_t kind;   /* enum section_kind */
	uint16_t index;  /* which of several: path 0, 1; object 0, 1, … */
	uint32_t length; /* of the data, in bytes, without padding */
};

enum section_kind {
	/* EVENT_SYSCALL */
	SECTION_PATH = 1, /* as the caller gave it; index: 0 first path of the syscall, 1 second */
	SECTION_CWD = 2,  /* working directory, relative to the task's root */
	SECTION_SOCKADDR = 3,    /* given or got by the caller, at most EVENT_SOCKADDR_MAX bytes */
	SECTION_OBJECT = 4,      /* struct event_object */
	SECTION_OBJECT_NAME = 5, /* name of the object of the same index, where not SECTION_PATH;
				    with EVENT_CALLERS_NAMES the path of what was opened */
	SECTION_DIRECTORY = 13,  /* of the descriptor that the path of the same index begins at */
	SECTION_CHAIN = 14,      /* struct event_link[]: the object of the same index, then the
				    directories above it, nearest first */
	SECTION_SPECIAL = 15,    /* of a record of its own; index: enum special_type */
	SECTION_FD_PAIR = 16,    /* int32_t[2]: the descriptors that were made */
	SECTION_EXEC_CAPS = 17,  /* struct event_exec_caps: an exec that gained capabilities */
	SECTION_REACH = 20,      /* uint32_t: how far the lookup of the path of the same index came,
				    enum name_reach; absent where it is not known */
	/* EVENT_PROCESS */
	SECTION_EXE = 6,       /* path of the executable, relative to the task's root */
	SECTION_PROCTITLE = 7, /* first bytes of the command line, with its NULs */
	SECTION_PIDS = 8,      /* struct event_pids[], outermost (the first namespace) first */
	SECTION_GROUPS = 9,    /* uint32_t[], supplementary groups, kernel ids */
	/* EVENT_REQUEST */
	SECTION_REQUEST = 20, /* struct event_request */
	/* EVENT_PROCESS */
	SECTION_LABEL = 19, /* the task's security label, as text; absent where no LSM gives one */
	/* EVENT_USER */
	SECTION_MESSAGE = 21,      /* struct event_message */
	SECTION_MESSAGE_TEXT = 22, /* its text, of any bytes, up to EVENT_TEXT_MAX: a part of
				      EVENT_PATH_MAX bytes for each index, the last one shorter */
	/* EVENT_CONTAINER, and SECTION_PIDS of its first process */
	SECTION_UID_MAP = 10, /* struct event_id_extent[]: container id -> kernel id */
	SECTION_GID_MAP = 11,
	/* EVENT_CONTAINER, EVENT_CGROUP */
	SECTION_CGROUP_PATH = 12, /* from the root of the v2 hierarchy: "/a/b" */
};

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

/* What an object was to the syscall. */
enum object_role {
	OBJECT_OPENED = 1,      /* behind the descriptor that open returned */
	OBJECT_PARENT = 2,      /* the directory in which the opened file was created or found */
	OBJECT_DESCRIPTOR = 3,  /* behind a descriptor given as an argument (fchmod, …) */
	OBJECT_EXECUTABLE = 4,  /* the file named in execve; for a script the script itself */
	OBJECT_INTERPRETER = 5, /* the interpreter of a script */
	OBJECT_LOADER = 6,      /* the ELF interpreter (ld.so), where the executable has one */
	/* EVENT_TOUCHED; OBJECT_PARENT too */
	OBJECT_FOUND = 7,   /* what a path led to */
	OBJECT_REMOVED = 8, /* what had the name before */
	OBJECT_MADE = 9,    /* what has it now */
	/* EVENT_SYSCALL with EVENT_CALLERS_NAMES */
	OBJECT_NUMBERED = 10, /* behind the descriptor that the name ends with, as /dev/fd/3 does */
};

/* How far a lookup came that failed, or that of a rename which had nothing to do. */
enum name_reach {
	REACH_STOPPED = 1,   /* not to the directory of the last name */
	REACH_DIRECTORY = 2, /* to it … */
	REACH_LAST = 4,      /* … in which the last name is; … */
	REACH_WRITABLE = 8,  /* … the caller may write to it, … */
	REACH_SEALED = 16,   /* … or may not; neither: that is not known; … */
	REACH_DEAD = 32,     /* … it has been removed */
	REACH_SAME = 64,     /* of a rename's second path: both were, and are, the same file */
};

/* An inode, as PATH shows it. uid and gid are kernel ids. */
struct event_object {
	uint64_t ino;
	uint64_t ctime; /* nanoseconds since 1970; tells a rewritten executable from the old one */
	uint32_t dev;   /* s_dev as the kernel has it: major << 20 | minor */
	uint32_t rdev;  /* likewise */
	uint32_t mode;
	uint32_t uid;
	uint32_t gid;
	uint16_t role;  /* enum object_role */
	uint16_t caps;  /* enum object_caps */
	uint32_t magic; /* s_magic of its filesystem */
	uint32_t owner; /* OBJECT_CAPS_ASK: root in the task's user namespace; -1 if it has none */
};

/* What the inode alone tells of its file capabilities. */
enum object_caps {
	OBJECT_CAPS_ASK = 0,  /* nothing: its filesystem has to be asked */
	OBJECT_CAPS_NONE = 1, /* it has none */
};

/* An object or a directory above it; all of a chain are on the object's device. */
struct event_link {
	uint64_t ino;
	uint64_t name; /* watch_fingerprint() of its name, if a rule asks for a name in its
			  directory and it still has it; else 0 */
};

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

/* What a syscall of header.task did to a file; behind it event_link[EVENT_CHAIN_MAX], as
 * SECTION_CHAIN. */
struct event_touched {
	struct event_header header;
	uint16_t path;  /* by which of the syscall's paths: 0 the first */
	uint16_t first; /* 1: of the syscall's touched files */
	uint16_t links; /* how many of the chain hold */
	uint16_t pad;
	struct event_object object;
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
};

struct event_argv {
	struct event_header header;
	uint32_t offset; /* of these bytes in the whole argv */
	uint32_t length; /* then the bytes: NUL-terminated arguments, one behind the other */
};

struct event_container {
	struct event_header
	    header;     /* cgroup: the container's root; contid: the container around it, or 0 */
	uint32_t init;  /* thread group of its first process, in the first PID namespace */
	uint32_t pidns; /* inode of its PID namespace; 0: the first one */
	uint32_t pidns_level; /* 0: the first one */
	uint32_t userns;      /* inode of its user namespace */
	uint32_t shared; /* 1: the PID namespace is another's: this is a container if its cgroup is
			    one's */
	uint32_t pad;
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

struct event_id_extent {
	uint32_t first; /* in the namespace */
	uint32_t lower; /* the kernel's */
	uint32_t count;
};

enum cgroup_op {
	CGROUP_MKDIR = 1,
	CGROUP_RMDIR = 2,
	CGROUP_ATTACH = 3, /* header.task was moved into it */
};

struct event_cgroup {
	struct event_header header;
	uint64_t cgroup; /* the cgroup it is about; header has the caller's */
	uint64_t parent;
	uint32_t op;     /* enum cgroup_op */
	uint32_t policy; /* of CGROUP_MKDIR: that of the one around it, which holds for it */
};

#define EVENT_ASSERT_SIZE(type, bytes)                                                             \
	_Static_assert(sizeof(struct type) == (bytes), #type " has moved")
EVENT_ASSERT_SIZE(event_header, 40);
EVENT_ASSERT_SIZE(event_section, 8);
EVENT_ASSERT_SIZE(event_object, 48);
EVENT_ASSERT_SIZE(event_link, 16);
EVENT_ASSERT_SIZE(event_syscall, 136);
EVENT_ASSERT_SIZE(event_target, 80);
EVENT_ASSERT_SIZE(event_exec_caps, 72);
EVENT_ASSERT_SIZE(event_touched, 96);
EVENT_ASSERT_SIZE(event_target_pid, 8);
EVENT_ASSERT_SIZE(event_pids, 16);
EVENT_ASSERT_SIZE(event_process, 200);
EVENT_ASSERT_SIZE(event_fork, 48);
EVENT_ASSERT_SIZE(event_request, 16);
EVENT_ASSERT_SIZE(event_message, 16);
EVENT_ASSERT_SIZE(event_argv, 48);
EVENT_ASSERT_SIZE(event_container, 64);
EVENT_ASSERT_SIZE(event_id_extent, 12);
EVENT_ASSERT_SIZE(event_cgroup, 64);

#endif
