/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The socket address that a syscall gave to its caller: net/socket.c, move_addr_to_user. By the
 * hook there, or from the kernel's own socket; that of who sent something from the caller's memory,
 * as no socket keeps it.
 */
#ifndef NESTAUDIT_GOT_H
#define NESTAUDIT_GOT_H

#include "address.h"
#include "object.h"
#include "ring.h"
#include "room.h"

enum { FAMILY_UNIX = 1, FAMILY_INET = 2, FAMILY_INET6 = 10 };

#define SOCKFS_MAGIC    0x534f434b
#define UNIX_PATH_AT    2 /* offsetof(struct sockaddr_un, sun_path) */
#define LINK_LOCAL      0xfe80
#define LINK_LOCAL_MASK 0xffc0

/* include/uapi/linux/in.h and in6.h */
struct address_inet {
	uint16_t family;
	__be16 port;
	__be32 address;
	uint64_t zero;
};
struct address_inet6 {
	uint16_t family;
	__be16 port;
	__be32 flow;
	struct in6_addr address;
	uint32_t scope;
};

/* The arguments of a call by which an address is got, and which kind of call it is. */
static __always_inline uint32_t got_arguments(struct syscall_end *end, uint32_t kind,
					      uint32_t *descriptor, uint64_t *place)
{
	*descriptor = argument(end, 1);
	*place = argument(end, 2);
	if (kind != ADDRESS_CALL)
		return kind;
	uint32_t args[SOCKETCALL_ARGS] = {};
	if (!socketcall_args(end, args))
		return ADDRESS_NONE;
	*descriptor = args[0];
	*place = args[1];
	return socketcall_kind(argument(end, 1));
}

static __always_inline uint32_t got_inet(uint8_t *data, struct sock *sk, bool peer)
{
	struct address_inet *to = (void *)data;
	struct inet_sock *inet = (void *)sk;

	to->family = FAMILY_INET;
	to->zero = 0;
	if (peer) {
		to->port = READ(sk, __sk_common.skc_dport);
		to->address = READ(sk, __sk_common.skc_daddr);
	} else {
		to->port = READ(inet, inet_sport);
		to->address = READ(sk, __sk_common.skc_rcv_saddr);
		if (!to->address)
			to->address = READ(inet, inet_saddr);
	}
	return sizeof(*to);
}

/* Of a peer with a flow label it is not known whether that is handed out. */
static __always_inline uint32_t got_inet6(uint8_t *data, struct sock *sk, bool peer)
{
	struct address_inet6 *to = (void *)data;
	struct inet_sock *inet = (void *)sk;
	struct ipv6_pinfo *six = READ(inet, pinet6);
	struct in6_addr address = {};

	if (peer) {
		if (READ(six, flow_label))
			return 0;
		to->port = READ(sk, __sk_common.skc_dport);
		BPF_CORE_READ_INTO(&address, sk, __sk_common.skc_v6_daddr);
	} else {
		to->port = READ(inet, inet_sport);
		BPF_CORE_READ_INTO(&address, sk, __sk_common.skc_v6_rcv_saddr);
		if (!(address.word[0] | address.word[1] | address.word[2] | address.word[3]))
			BPF_CORE_READ_INTO(&address, six, saddr);
	}
	to->family = FAMILY_INET6;
	to->flow = 0;
	to->address = address;
	to->scope = 0;
	if ((__builtin_bswap32(address.word[0]) >> 16 & LINK_LOCAL_MASK) == LINK_LOCAL)
		to->scope = READ(sk, __sk_common.skc_bound_dev_if);
	return sizeof(*to);
}

static __always_inline uint32_t got_unix(uint8_t *data, struct sock *sk, bool peer)
{
	struct unix_sock *local = (void *)sk;

	if (peer)
		local = (void *)READ(local, peer);
	if (!local)
		return 0;
	struct unix_address *address = READ(local, addr);
	uint32_t length = address ? READ(address, len) : UNIX_PATH_AT;
	if (length < UNIX_PATH_AT || length > EVENT_SOCKADDR_MAX)
		return 0;
	if (!address) {
		*(uint16_t *)data = FAMILY_UNIX;
		return length;
	}
	length = at_most(length, EVENT_SOCKADDR_MAX);
	bpf_probe_read_kernel(data, length,
			      (void *)address + bpf_core_field_offset(struct unix_address, name));
	return length;
}

/* From the socket that the address is of; its length, or 0. */
__noinline uint32_t got_from_socket(struct builder *b, struct syscall_end *end)
{
	if (!b || !end)
		return 0;
	struct task_struct *task = bpf_get_current_task_btf();
	uint32_t descriptor = 0;
	uint64_t place = 0;
	uint8_t *data = section_data(b);
	uint32_t kind =
	    got_arguments(end, shape_of(end->arch, end->syscall)->address, &descriptor, &place);

	if (!data || !place || end->result < 0 || kind == ADDRESS_RECV || !is_got(kind))
		return 0;
	struct file *file = file_of(task, kind == ADDRESS_ACCEPT ? end->result : descriptor);
	if (!file || READ(file, f_inode, i_sb, s_magic) != SOCKFS_MAGIC)
		return 0;
	struct socket *socket = READ(file, private_data);
	struct sock *sk = READ(socket, sk);
	bool peer = kind != ADDRESS_NAME;
	if (!sk)
		return 0;
	switch (READ(sk, __sk_common.skc_family)) {
	case FAMILY_UNIX:
		return got_unix(data, sk, peer);
	case FAMILY_INET:
		return got_inet(data, sk, peer);
	case FAMILY_INET6:
		return got_inet6(data, sk, peer);
	}
	return 0;
}

static __always_inline void section_got(struct builder *b, struct syscall_end *end,
					struct task_state *state)
{
	uint8_t *data = section_data(b);
	uint32_t length = state->address_length;

	if (!data)
		return;
	if (control.hooks & HOOK_GOT) {
		if (!length || length > EVENT_SOCKADDR_MAX)
			return;
		__builtin_memcpy(data, state->address, EVENT_SOCKADDR_MAX);
	} else if (state->entry.kind == ENTRY_ROOM) {
		length = rooms_got(data, end, &state->entry.rooms);
		b->flags |= EVENT_CALLERS_NAMES;
	} else {
		length = got_from_socket(b, end);
	}
	if (length && length <= EVENT_SOCKADDR_MAX)
		section_close(b, SECTION_SOCKADDR, 0, length);
}

#endif
