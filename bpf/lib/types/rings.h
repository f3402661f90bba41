/* SPDX-License-Identifier: GPL-2.0 */
/* Requests of io_uring, each with what its operation keeps of it. Included by types.h alone, in its
 * order. */
#ifndef NESTAUDIT_TYPES_RINGS_H
#define NESTAUDIT_TYPES_RINGS_H

struct io_cqe {
	__u64 user_data;
	__s32 res;
};
/* What an operation keeps, begins where the request does. */
struct io_kiocb {
	struct file *file;
	__u8 opcode;
	unsigned int flags;
	struct io_cqe cqe;
	void *ctx;
	void *async_data;
};

struct open_how {
	__u64 flags;
	__u64 mode;
};
/* io_uring/openclose.c */
struct io_open {
	int dfd;
	__u32 file_slot;
	struct filename *filename;
	struct open_how how;
};
/* io_uring/fs.c */
struct io_rename {
	int old_dfd;
	int new_dfd;
	struct filename *oldpath;
	struct filename *newpath;
	int flags;
};
struct io_unlink {
	int dfd;
	int flags;
	struct filename *filename;
};
struct io_mkdir {
	int dfd;
	unsigned short mode;
	struct filename *filename;
};
struct io_link {
	int old_dfd;
	int new_dfd;
	struct filename *oldpath;
	struct filename *newpath;
	int flags;
};
/* io_uring/xattr.c */
struct io_xattr {
	struct filename *filename;
};
/* io_uring/net.c */
struct io_accept {
	void *addr;
	int *addr_len;
	__u32 file_slot;
};
struct io_connect {
	void *addr;
	int addr_len;
};
struct __kernel_sockaddr_storage {
	__u16 ss_family;
};
struct io_async_msghdr {
	struct __kernel_sockaddr_storage addr;
};
/* Before Linux 6.7: only of a connect that could not go on at once. */
struct io_async_connect {
	struct __kernel_sockaddr_storage address;
};

#endif
