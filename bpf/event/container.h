/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0 */
/* Where: containers and cgroups. */
#ifndef NESTAUDIT_EVENT_CONTAINER_H
#define NESTAUDIT_EVENT_CONTAINER_H

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

struct event_id_extent {
	uint32_t first; /* in the namespace */
	uint32_t lower; /* the kernel's */
	uint32_t count;
};

enum cgroup_op {
	CGROUP_MKDIR = 1,
	CGROUP_RMDIR = 2,
	CGROUP_ATTACH = 3, /* header.task was moved into it */
	CGROUP_EMPTY = 4,  /* the last task of the declared container header.contid has ended */
};

struct event_cgroup {
	struct event_header header;
	uint64_t cgroup; /* the cgroup it is about; header has the caller's */
	uint64_t parent;
	uint32_t op;     /* enum cgroup_op */
	uint32_t policy; /* of CGROUP_MKDIR: that of the one around it, which holds for it */
};

EVENT_ASSERT_SIZE(event_container, 64);
EVENT_ASSERT_SIZE(event_id_extent, 12);
EVENT_ASSERT_SIZE(event_cgroup, 64);

#endif
