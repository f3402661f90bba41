/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The address of who sent what was received: net/socket.c, move_addr_to_user. The kernel's audit is
 * told the whole of it if there is any room; the caller gets what finds room, and how long it is,
 * which overwrites how much room there was. That is kept when the syscall begins.
 */
#ifndef NESTAUDIT_ROOM_H
#define NESTAUDIT_ROOM_H

#include "address.h"

enum room_shape { ROOM_NONE, ROOM_ARGUMENT, ROOM_MESSAGE, ROOM_MESSAGES };

/* Where a syscall has the room. */
struct room_call {
	uint32_t shape;  /* enum room_shape */
	uint32_t count;  /* ROOM_MESSAGES */
	uint64_t place;  /* of the address, or of the first message */
	uint64_t length; /* ROOM_ARGUMENT: of its length */
};

static __always_inline enum room_shape room_shape_of(struct syscall_end *end)
{
	if (end->arch == POLICY_ARCH_64)
		return end->syscall == 45    ? ROOM_ARGUMENT
		       : end->syscall == 47  ? ROOM_MESSAGE
		       : end->syscall == 299 ? ROOM_MESSAGES
					     : ROOM_NONE;
	switch (end->syscall) {
	case 102: /* socketcall */
		switch (argument(end, 1)) {
		case SYS_RECVFROM:
			return ROOM_ARGUMENT;
		case SYS_RECVMSG:
			return ROOM_MESSAGE;
		case SYS_RECVMMSG:
			return ROOM_MESSAGES;
		}
		return ROOM_NONE;
	case 371: /* recvfrom */
		return ROOM_ARGUMENT;
	case 372: /* recvmsg */
		return ROOM_MESSAGE;
	case 337: /* recvmmsg */
	case 417: /* recvmmsg_time64 */
		return ROOM_MESSAGES;
	}
	return ROOM_NONE;
}

static __always_inline void room_call_of(struct room_call *call, struct syscall_end *end)
{
	uint64_t second = argument(end, 2), fifth = argument(end, 5), sixth = argument(end, 6);
	uint32_t count = argument(end, 3);

	call->shape = room_shape_of(end);
	if (shape_of(end->arch, end->syscall)->address == ADDRESS_CALL) {
		uint32_t args[SOCKETCALL_ARGS] = {};
		if (!socketcall_args(end, args))
			call->shape = ROOM_NONE;
		second = args[1];
		count = args[2];
		fifth = args[4];
		sixth = args[5];
	}
	call->place = call->shape == ROOM_ARGUMENT ? fifth : second;
	call->length = sixth;
	call->count = call->shape == ROOM_MESSAGES ? count : 1;
}

/* The address of a message and how long it is, or may be. */
static __always_inline bool room_address(struct room_call *call, struct syscall_end *end,
					 uint32_t index, uint64_t *address, int32_t *length)
{
	uint64_t stride = end->arch == POLICY_ARCH_32 ? 32 : 64;

	if (call->shape != ROOM_ARGUMENT)
		return message_address(end, call->place + index * stride, address, length) &&
		       *address;
	*address = call->place;
	return call->place && !bpf_probe_read_user(length, sizeof(*length), (void *)call->length);
}

struct rooms_walk {
	struct room_call *call;
	struct room_entry *entry;
	uint64_t address;
	uint64_t length; /* of the address */
};

static long rooms_keep_step(uint32_t index, struct rooms_walk *w)
{
	struct syscall_end *end = syscall_end_found();
	uint64_t address = 0;
	int32_t length = 0;

	if (!end || index >= w->call->count || index >= ROOMS_MAX)
		return 1;
	if (!room_address(w->call, end, index, &address, &length) || length < 0)
		length = 0;
	w->entry->room[index] = length < EVENT_SOCKADDR_MAX ? length : EVENT_SOCKADDR_MAX;
	return 0;
}

/* Keeps it of a syscall that begins; false if it wants no address. */
static __noinline bool rooms_keep(struct room_entry *entry, struct syscall_end *end)
{
	struct room_call call;
	struct rooms_walk walk = {.call = &call, .entry = entry};

	room_call_of(&call, end);
	if (call.shape == ROOM_NONE)
		return false;
	bpf_loop(ROOMS_MAX, rooms_keep_step, &walk, 0);
	return true;
}

/* The kernel's audit keeps the last address that it is told. */
static long rooms_find_step(uint32_t index, struct rooms_walk *w)
{
	struct syscall_end *end = syscall_end_found();
	uint64_t address = 0;
	int32_t length = 0;

	if (!end || index >= w->call->count || index >= ROOMS_MAX)
		return 1;
	uint32_t room = w->entry->room[index];
	if (!room || !room_address(w->call, end, index, &address, &length) || length <= 0)
		return 0;
	w->address = address;
	w->length = (uint32_t)length <= room ? length : 0;
	return 0;
}

/*
 * The address that a syscall has received, from the caller's memory to `data`; its length, 0 if
 * there is none or not all of it found room.
 */
static __noinline uint32_t rooms_got(uint8_t *data, struct syscall_end *end,
				     struct room_entry *entry)
{
	struct room_call call;
	struct rooms_walk walk = {.call = &call, .entry = entry};

	room_call_of(&call, end);
	if (end->result < 0 || call.shape == ROOM_NONE)
		return 0;
	if (call.shape == ROOM_MESSAGES)
		call.count = end->result;
	if (call.count > ROOMS_MAX)
		return 0;
	bpf_loop(ROOMS_MAX, rooms_find_step, &walk, 0);
	uint32_t length = at_most(walk.length, EVENT_SOCKADDR_MAX);
	if (!length || bpf_probe_read_user(data, length, (void *)walk.address))
		return 0;
	return length;
}

#endif
