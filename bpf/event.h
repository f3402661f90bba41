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

#define EVENT_ABI_VERSION 11

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
	uint16_t type;    /* enum event_type */
	uint16_t flags;   /* enum event_flags */
	uint32_t size;    /* of the whole event, in bytes, a multiple of 8 */
	uint64_t time;    /* CLOCK_BOOTTIME, nanoseconds */
	uint64_t cgroup;  /* id of the task's cgroup (v2), that is the inode of its directory */
	uint64_t contid;  /* the container's id: the id of its root cgroup; 0 for the host */
	uint32_t task;    /* thread id in the first PID namespace */
	uint32_t account; /* whose credit it takes: struct policy_credit */
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
	    1 << 8, /* a path was read from the caller's memory when the syscall had ended, and is
		       not seen to be the path of what was opened */
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
	SECTION_REQUEST = 23, /* struct event_request */
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

#define EVENT_ASSERT_SIZE(type, bytes)                                                             \
	_Static_assert(sizeof(struct type) == (bytes), #type " has moved")
EVENT_ASSERT_SIZE(event_header, 40);
EVENT_ASSERT_SIZE(event_section, 8);

/* The rest, by what it is about; each header needs this one. */
/* clang-format off: each needs those before it. */
#include "event/object.h"
#include "event/special.h"
#include "event/task.h"
#include "event/syscall.h"
#include "event/container.h"
/* clang-format on */

#endif
