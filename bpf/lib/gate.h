/* SPDX-License-Identifier: GPL-2.0 */
/* One bit for each syscall: which of them are looked at, and where. */
#ifndef NESTAUDIT_GATE_H
#define NESTAUDIT_GATE_H

#include "maps.h"

/* A bit for a syscall out of a row of them. */
static __always_inline bool gate_bit(const uint64_t row[POLICY_SYSCALLS / 64], uint32_t syscall)
{
	uint32_t word = syscall / 64;

	barrier_var(word); /* keep the mask below: the verifier does not follow the comparison */
	return syscall < POLICY_SYSCALLS &&
	       row[word & (POLICY_SYSCALLS / 64 - 1)] >> (syscall % 64) & 1;
}

static __always_inline bool gate_open(uint32_t arch, uint32_t syscall)
{
	return gate_bit(control.gate[arch & (POLICY_ARCHES - 1)], syscall);
}

/* The gate of a number whatever the arch, which costs more to know than the bit. */
static __always_inline bool gate_open_any(uint32_t syscall)
{
	return gate_bit(control.gate[POLICY_ARCH_64], syscall) ||
	       gate_bit(control.gate[POLICY_ARCH_32], syscall);
}

/* Whether a syscall is told where its own function ends: functions.bpf.c. */
static __always_inline bool ends_by_function(uint32_t arch, uint32_t syscall)
{
	return gate_bit(control.functions[arch & (POLICY_ARCHES - 1)], syscall);
}

/*
 * Whether what it does over netlink is all that it does, and its result: netlink_sendmsg() ends it.
 */
static __always_inline bool ends_in_netlink(uint32_t arch, uint32_t syscall)
{
	if (arch == POLICY_ARCH_64)
		return syscall == 44 /* sendto */ || syscall == 46 /* sendmsg */;
	return syscall == 369 || syscall == 370;
}

/* Whether anybody sees it end. */
static __always_inline bool end_is_seen(uint32_t arch, uint32_t syscall)
{
	return control.every_end || gate_open(arch, syscall) || ends_by_function(arch, syscall) ||
	       ends_in_netlink(arch, syscall);
}

#endif
