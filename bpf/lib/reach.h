/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How far the lookup of a failed syscall's name came, where its error alone does not tell: the name
 * is walked once more, in the kernel's cache of names, with the caller's own credentials. Only what
 * explains the very error that the kernel gave is told.
 */
#ifndef NESTAUDIT_REACH_H
#define NESTAUDIT_REACH_H

#include "walk.h"

/* include/uapi/asm-generic/fcntl.h */
#define O_DIRECTORY 0200000
#define O_NOFOLLOW  0400000

enum reach_call {
	REACH_LOOKUP, /* what has one name, and none of the others */
	REACH_FOLLOW, /* likewise; a link at the end is followed */
	REACH_OPEN,
	REACH_MAKE,
	REACH_REMOVE,
	REACH_LINK,
	REACH_RENAME,
	REACH_SYMLINK,
	REACH_NEVER, /* it looks up with other credentials, or in another way */
};

static __always_inline enum reach_call reach_call_64(int32_t syscall)
{
	switch (syscall) {
	case 59:  /* execve */
	case 76:  /* truncate */
	case 80:  /* chdir */
	case 322: /* execveat */
		return REACH_FOLLOW;
	case 2:   /* open */
	case 85:  /* creat */
	case 257: /* openat */
		return REACH_OPEN;
	case 83:  /* mkdir */
	case 133: /* mknod */
	case 258: /* mkdirat */
	case 259: /* mknodat */
		return REACH_MAKE;
	case 84:  /* rmdir */
	case 87:  /* unlink */
	case 263: /* unlinkat */
		return REACH_REMOVE;
	case 86:  /* link */
	case 265: /* linkat */
		return REACH_LINK;
	case 82:  /* rename */
	case 264: /* renameat */
	case 316: /* renameat2 */
		return REACH_RENAME;
	case 88:  /* symlink */
	case 266: /* symlinkat */
		return REACH_SYMLINK;
	case 21:  /* access */
	case 155: /* pivot_root */
	case 165: /* mount */
	case 240: /* mq_open */
	case 241: /* mq_unlink */
	case 269: /* faccessat */
	case 429: /* move_mount */
	case 437: /* openat2 */
	case 439: /* faccessat2 */
		return REACH_NEVER;
	}
	return REACH_LOOKUP;
}

static __always_inline enum reach_call reach_call_32(int32_t syscall)
{
	switch (syscall) {
	case 11:  /* execve */
	case 12:  /* chdir */
	case 92:  /* truncate */
	case 358: /* execveat */
		return REACH_FOLLOW;
	case 5:   /* open */
	case 8:   /* creat */
	case 295: /* openat */
		return REACH_OPEN;
	case 14:  /* mknod */
	case 39:  /* mkdir */
	case 296: /* mkdirat */
	case 297: /* mknodat */
		return REACH_MAKE;
	case 10:  /* unlink */
	case 40:  /* rmdir */
	case 301: /* unlinkat */
		return REACH_REMOVE;
	case 9:   /* link */
	case 303: /* linkat */
		return REACH_LINK;
	case 38:  /* rename */
	case 302: /* renameat */
	case 353: /* renameat2 */
		return REACH_RENAME;
	case 83:  /* symlink */
	case 304: /* symlinkat */
		return REACH_SYMLINK;
	case 21:  /* mount */
	case 33:  /* access */
	case 277: /* mq_open */
	case 278: /* mq_unlink */
	case 307: /* faccessat */
	case 437: /* openat2 */
	case 439: /* faccessat2 */
		return REACH_NEVER;
	}
	return REACH_LOOKUP;
}

static __always_inline enum reach_call reach_call_of(struct syscall_end *end)
{
	return end->arch == POLICY_ARCH_64 ? reach_call_64(end->syscall)
					   : reach_call_32(end->syscall);
}

/* Whether the error alone leaves it open. */
static __always_inline bool reach_is_open(enum reach_call call, int64_t result, uint64_t flags)
{
	switch (result) {
	case -EACCES:
		return call != REACH_NEVER;
	case -EFAULT:
		return call == REACH_RENAME;
	case -ENOENT:
		return (call == REACH_OPEN && flags & O_CREAT) || call == REACH_REMOVE ||
		       call == REACH_LINK || call == REACH_RENAME;
	case -ENOTDIR:
		return (call == REACH_OPEN && flags & O_DIRECTORY) || call == REACH_REMOVE ||
		       call == REACH_LINK || call == REACH_RENAME;
	case -ELOOP:
		return (call == REACH_OPEN && flags & O_NOFOLLOW) || call == REACH_LINK ||
		       call == REACH_RENAME;
	}
	return false;
}

/* Tells how far one of the paths came: enum name_reach, 0 if that is not known. */
__noinline uint32_t section_reach(struct builder *b, struct syscall_end *end, uint32_t index,
				  uint32_t follow)
{
	if (!b || !end)
		return 0;
	const volatile struct shape *shape = shape_of(end->arch, end->syscall);
	uint32_t path = index ? shape->path[1] : shape->path[0];
	int32_t directory = shape->at && path > 1 ? (int32_t)argument(end, path - 1) : -1;
	uint32_t *data = (void *)section_data(b);

	if (!path || !data)
		return 0;
	struct walk *w = walk_path(argument(end, path), directory, follow);
	if (!w || (w->unsure && end->result == -EACCES) || (w->cause && w->cause != -end->result))
		return 0;
	uint32_t reach = w->cause ? REACH_STOPPED : w->reach;
	if (!reach)
		return 0;
	*data = reach;
	section_close(b, SECTION_REACH, index, sizeof(*data));
	return reach;
}

/* Likewise of all paths of a syscall that has failed: of a second one only if the first did not
 * stop it. */
__noinline int sections_reach(struct builder *b, struct syscall_end *end)
{
	if (!b || !end)
		return 0;
	enum reach_call call = reach_call_of(end);
	uint64_t flags = call == REACH_OPEN ? open_flags_of(end) : 0;

	if (!reach_is_open(call, end->result, flags))
		return 0;
	if (call == REACH_SYMLINK)
		return section_reach(b, end, 1, 0);
	bool follow = call == REACH_FOLLOW || (call == REACH_OPEN && !(flags & O_NOFOLLOW) &&
					       (flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL));
	uint32_t reach = section_reach(b, end, 0, follow);
	if ((call == REACH_LINK || call == REACH_RENAME) && reach & REACH_DIRECTORY)
		section_reach(b, end, 1, 0);
	return 0;
}

/* fs/namei.c, vfs_rename: a rename of a file to another name that it has already does nothing. */
__noinline int section_same(struct builder *b, struct syscall_end *end)
{
	if (!b || !end)
		return 0;
	const volatile struct shape *shape = shape_of(end->arch, end->syscall);
	uint32_t first = shape->path[0], second = shape->path[1];
	uint32_t *data = (void *)section_data(b);
	struct walk *w =
	    walk_path(argument(end, first), shape->at ? (int32_t)argument(end, first - 1) : -1, 0);

	if (!data || !w || !(w->reach & REACH_LAST))
		return 0;
	struct inode *inode = dentry_inode(w->dentry);
	w = walk_path(argument(end, second), shape->at ? (int32_t)argument(end, second - 1) : -1,
		      0);
	if (!w || !(w->reach & REACH_LAST) || dentry_inode(w->dentry) != inode)
		return 0;
	*data = REACH_SAME;
	section_close(b, SECTION_REACH, 1, sizeof(*data));
	return 0;
}

#endif
