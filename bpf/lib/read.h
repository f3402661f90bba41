/* SPDX-License-Identifier: GPL-2.0 */
/*
 * READ(pointer, member, …): what the kernel's memory has there, as BPF_CORE_READ. That calls a
 * helper for every pointer on the way; where the kernel lets a program say what type an address has
 * (Linux 6.2), each is a load, which costs a tenth. Memory that is not there reads as 0 in both.
 */
#ifndef NESTAUDIT_READ_H
#define NESTAUDIT_READ_H

#include "types.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

/* kernel/bpf/helpers.c */
extern void *bpf_rdonly_cast(const void *address, __u32 type) __ksym __weak;

/* kernel/bpf/verifier.c: a kernel that has this name has the function. */
enum special_kfunc_type { KF_bpf_rdonly_cast };

#define CAN_CAST bpf_core_enum_value_exists(enum special_kfunc_type, KF_bpf_rdonly_cast)

/*
 * Turned over twice, a pointer is a number to the verifier: it may be kept, compared and handed to
 * functions that are verified once, whatever it points to.
 */
#define CAST(pointer, ...)                                                                         \
	({                                                                                         \
		typeof(pointer) __cast = (pointer);                                                \
		___type(__cast, __VA_ARGS__) __there =                                             \
		    ___arrow(((typeof(__cast))bpf_rdonly_cast(                                     \
				 __cast, bpf_core_type_id_kernel(typeof(*__cast)))),               \
			     __VA_ARGS__);                                                         \
		if (__builtin_classify_type(__there) == 5)                                         \
			asm volatile("%0 = -%0\n%0 = -%0" : "+r"(__there));                        \
		__there;                                                                           \
	})

#define READ(pointer, ...)                                                                         \
	({                                                                                         \
		typeof(pointer) __from = (pointer);                                                \
		___type(__from, __VA_ARGS__) __read;                                               \
		if (CAN_CAST)                                                                      \
			__read = CAST(__from, __VA_ARGS__);                                        \
		else                                                                               \
			__read = BPF_CORE_READ(__from, __VA_ARGS__);                               \
		__read;                                                                            \
	})

/*
 * The same of a pointer whose type the verifier knows: a load everywhere. What begins at a pointer
 * that it trusts it looks for in the kernel's types by name, at every step and whenever it comes
 * by, which takes longer than all else: so that is turned over too where it can be.
 */
#define LOAD(pointer, ...)                                                                         \
	({                                                                                         \
		typeof(pointer) __known = (pointer);                                               \
		___type(__known, __VA_ARGS__) __loaded;                                            \
		if (CAN_CAST)                                                                      \
			__loaded = CAST(__known, __VA_ARGS__);                                     \
		else                                                                               \
			__loaded = ___arrow(__known, __VA_ARGS__);                                 \
		__loaded;                                                                          \
	})

/*
 * An address as a number. A function that is not static, which the verifier goes through once,
 * takes nothing of the kernel's but by its address.
 */
static __always_inline uint64_t kernel_address(const void *object)
{
	uint64_t address = 0;

	bpf_probe_read_kernel(&address, sizeof(address), &object);
	return address;
}

#endif
