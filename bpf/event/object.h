/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0 */
/* Files, as PATH shows them: what a syscall reached, and how far a name led. */
#ifndef NESTAUDIT_EVENT_OBJECT_H
#define NESTAUDIT_EVENT_OBJECT_H

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

/* What the inode alone tells of its file capabilities. */
enum object_caps {
	OBJECT_CAPS_ASK = 0,  /* nothing: its filesystem has to be asked */
	OBJECT_CAPS_NONE = 1, /* it has none */
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

/* An object or a directory above it; all of a chain are on the object's device. */
struct event_link {
	uint64_t ino;
	uint64_t name; /* watch_fingerprint() of its name, if a rule asks for a name in its
			  directory and it still has it; else 0 */
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

EVENT_ASSERT_SIZE(event_object, 48);
EVENT_ASSERT_SIZE(event_link, 16);
EVENT_ASSERT_SIZE(event_touched, 96);

#endif
