/* SPDX-License-Identifier: GPL-2.0 */
/* The socket address that a syscall was given, in its arguments or behind them. got.h has those
 * that it gets. */
#ifndef NESTAUDIT_ADDRESS_H
#define NESTAUDIT_ADDRESS_H

#include "end.h"

#define SOCKETCALL_ARGS 8 /* six hold, as in args[] */

/* include/uapi/linux/net.h */
enum {
	SYS_BIND = 2,
	SYS_CONNECT = 3,
	SYS_ACCEPT = 5,
	SYS_GETSOCKNAME = 6,
	SYS_GETPEERNAME = 7,
	SYS_SOCKETPAIR = 8,
	SYS_SENDTO = 11,
	SYS_RECVFROM = 12,
	SYS_SENDMSG = 16,
	SYS_RECVMSG = 17,
	SYS_ACCEPT4 = 18,
	SYS_RECVMMSG = 19,
	SYS_SENDMMSG = 20,
};

/* What a socketcall does with addresses: enum shape_address. */
static __always_inline uint32_t socketcall_kind(uint32_t call)
{
	static const uint8_t kinds[32] = {
	    [SYS_BIND] = ADDRESS_BIND,        [SYS_CONNECT] = ADDRESS_CONNECT,
	    [SYS_ACCEPT] = ADDRESS_ACCEPT,    [SYS_GETSOCKNAME] = ADDRESS_NAME,
	    [SYS_GETPEERNAME] = ADDRESS_PEER, [SYS_SENDTO] = ADDRESS_SENDTO,
	    [SYS_RECVFROM] = ADDRESS_RECV,    [SYS_SENDMSG] = ADDRESS_SENDMSG,
	    [SYS_RECVMSG] = ADDRESS_RECV,     [SYS_ACCEPT4] = ADDRESS_ACCEPT,
	    [SYS_RECVMMSG] = ADDRESS_RECV,    [SYS_SENDMMSG] = ADDRESS_MMSG,
	};

	return call < sizeof(kinds) ? *(volatile const uint8_t *)&kinds[call & 31] : ADDRESS_NONE;
}

static __always_inline bool is_got(uint32_t kind)
{
	return kind == ADDRESS_ACCEPT || kind == ADDRESS_NAME || kind == ADDRESS_PEER ||
	       kind == ADDRESS_RECV;
}

/* What the syscall does with addresses, whatever it comes to. */
static __always_inline uint32_t address_kind(struct syscall_end *end)
{
	uint32_t kind = shape_of(end->arch, end->syscall)->address;

	return kind == ADDRESS_CALL ? socketcall_kind(argument(end, 1)) : kind;
}

/* How many arguments each call of a socketcall has: net/compat.c, nas. */
static const uint8_t socketcall_counts[32] = {0, 3, 3, 3, 2, 3, 3, 3, 4, 4, 4,
					      6, 6, 2, 5, 5, 3, 3, 4, 5, 4};

/* The arguments of a socketcall, and how many; 0 if the kernel did not get so far as to take them.
 */
static __always_inline uint32_t socketcall_args(struct syscall_end *end,
						uint32_t args[SOCKETCALL_ARGS])
{
	uint32_t call = argument(end, 1);

	if (call >= sizeof(socketcall_counts))
		return 0;
	uint32_t count = *(volatile const uint8_t *)&socketcall_counts[call & 31];
	uint32_t bytes = (count & (SOCKETCALL_ARGS - 1)) * sizeof(args[0]);
	barrier_var(bytes);
	bytes &= SOCKETCALL_ARGS * sizeof(args[0]) - 1;
	if (!count || bpf_probe_read_user(args, bytes, (void *)argument(end, 2)))
		return 0;
	return count;
}

/* struct msghdr, as far as it names an address. */
static __always_inline bool message_address(struct syscall_end *end, uint64_t message,
					    uint64_t *address, int32_t *length)
{
	struct {
		uint32_t name;
		int32_t length;
	} narrow = {};
	struct {
		uint64_t name;
		int32_t length;
	} wide = {};

	if (end->arch == POLICY_ARCH_32) {
		if (bpf_probe_read_user(&narrow, sizeof(narrow), (void *)message))
			return false;
		*address = narrow.name;
		*length = narrow.length;
		return true;
	}
	if (bpf_probe_read_user(&wide, sizeof(wide), (void *)message))
		return false;
	*address = wide.name;
	*length = wide.length;
	return true;
}

#define MESSAGES_MAX 1024 /* UIO_MAXIOV: net/socket.c, __sys_sendmmsg */

struct messages_walk {
	uint64_t message;
	uint32_t stride;
	uint32_t count; /* messages that the kernel looked at */
	uint64_t address;
	int32_t length;
};

static long messages_step(uint32_t index, struct messages_walk *w)
{
	struct syscall_end *end = syscall_end_found();
	uint64_t address = 0;
	int32_t length = 0;

	if (!end || index >= w->count ||
	    !message_address(end, w->message + (uint64_t)index * w->stride, &address, &length))
		return 1;
	if (address && length > 0) {
		w->address = address;
		w->length = length < EVENT_SOCKADDR_MAX ? length : EVENT_SOCKADDR_MAX;
	}
	return 0;
}

/*
 * The address of a sendmmsg: of the messages that were sent, and the one that was not, the last
 * address counts.
 */
static __noinline bool messages_address(struct syscall_end *end, uint64_t *address,
					uint32_t *length)
{
	uint64_t messages = argument(end, 2);
	uint32_t count = argument(end, 3);
	struct messages_walk walk = {.stride = end->arch == POLICY_ARCH_32 ? 32 : 64,
				     .count = end->result < 0 ? 1 : end->result + 1};

	if (shape_of(end->arch, end->syscall)->address == ADDRESS_CALL) {
		uint32_t args[SOCKETCALL_ARGS] = {};
		if (!socketcall_args(end, args))
			return false;
		messages = args[1];
		count = args[2];
	}
	if (end->result == -EBADF || end->result == -ENOTSOCK)
		return false;
	if (walk.count > count)
		walk.count = count;
	walk.message = messages;
	bpf_loop(MESSAGES_MAX, messages_step, &walk, 0);
	*address = walk.address;
	*length = walk.length;
	return walk.address;
}

/*
 * net/socket.c, move_addr_to_kernel: what it copies it tells the audit; a refused length it does
 * not. False if there is none.
 */
static __always_inline bool address_of(struct syscall_end *end, uint32_t kind, uint64_t *address,
				       uint32_t *length)
{
	uint64_t place = argument(end, 2);
	int32_t bytes = argument(end, 3);
	uint64_t place_to = argument(end, 5);
	int32_t bytes_to = argument(end, 6);

	if (kind == ADDRESS_CALL) {
		uint32_t args[SOCKETCALL_ARGS] = {};
		if (!socketcall_args(end, args))
			return false;
		kind = socketcall_kind(argument(end, 1));
		place = args[1];
		bytes = args[2];
		place_to = args[4];
		bytes_to = args[5];
	}
	if (kind == ADDRESS_NONE || kind >= ADDRESS_MMSG || end->result == -EBADF ||
	    (end->result == -ENOTSOCK && kind != ADDRESS_CONNECT))
		return false;
	if (kind == ADDRESS_SENDTO) {
		place = place_to;
		bytes = bytes_to;
	} else if (kind == ADDRESS_SENDMSG) {
		if (!message_address(end, place, &place, &bytes))
			return false;
		if (bytes > EVENT_SOCKADDR_MAX)
			bytes = EVENT_SOCKADDR_MAX;
	}
	if (!place || bytes <= 0 || bytes > EVENT_SOCKADDR_MAX)
		return false;
	*address = place;
	*length = bytes;
	return true;
}

#endif
