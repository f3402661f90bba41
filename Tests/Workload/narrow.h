/* SPDX-License-Identifier: Apache-2.0 */
/* Calls of the 32-bit arch: arch/x86/entry/syscalls/syscall_32.tbl has the numbers. */
#ifndef NARROW_H
#define NARROW_H

#include <stddef.h>
#include <stdint.h>

/* What a call is given: unused words are 0. */
struct narrow {
	uint32_t number, arguments[6];
};

/* By int 0x80; as syscall(2) returns. */
long narrow_call(struct narrow call);

#define NARROW(number, ...) narrow_call((struct narrow){number, {__VA_ARGS__}})

/* Memory below 4 GiB, for what such a call is given by its address. */
void *low_memory(size_t size);

static inline uint32_t at(const void *place)
{
	return (uint32_t)(uintptr_t)place;
}

#endif
