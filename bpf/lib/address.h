/* SPDX-License-Identifier: GPL-2.0 */
/* The socket address that a syscall was given, in its arguments or behind them. */
#ifndef NESTAUDIT_ADDRESS_H
#define NESTAUDIT_ADDRESS_H

#include "end.h"

#define SOCKETCALL_ARGS 8 /* six hold, as in args[] */

/* include/uapi/linux/net.h */
enum { SYS_BIND = 2, SYS_CONNECT = 3, SYS_SOCKETPAIR = 8, SYS_SENDTO = 11, SYS_SENDMSG = 16 };

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
		static const uint8_t kinds[32] = {
		    [SYS_BIND] = ADDRESS_BIND,
		    [SYS_CONNECT] = ADDRESS_CONNECT,
		    [SYS_SENDTO] = ADDRESS_SENDTO,
		    [SYS_SENDMSG] = ADDRESS_SENDMSG,
		};
		uint32_t args[SOCKETCALL_ARGS] = {};
		if (!socketcall_args(end, args))
			return false;
		kind = *(volatile const uint8_t *)&kinds[argument(end, 1) & 31];
		place = args[1];
		bytes = args[2];
		place_to = args[4];
		bytes_to = args[5];
	}
	if (kind == ADDRESS_NONE || end->result == -EBADF ||
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
