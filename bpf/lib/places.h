/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where the kernel has what it is known by. It is asked once, by a program: libbpf would read the
 * names of all that is in the kernel, which takes longer than to load a program.
 */
#ifndef NESTAUDIT_PLACES_H
#define NESTAUDIT_PLACES_H

#include "maps.h"

/* The address that a name stands for in the kernel, 0 if for none; for BPF_PROG_TYPE_SYSCALL. */
#define PLACE_OF(name)                                                                             \
	({                                                                                         \
		static const char text[] = name;                                                   \
		uint64_t place = 0;                                                                \
		bpf_kallsyms_lookup_name(text, sizeof(text), 0, &place) ? 0 : place;               \
	})

/* Found by nestaudit_find_places; 0: the kernel has none, or does not tell. */
struct kernel_places {
	uint64_t apparmor_sizes; /* security/apparmor/lsm.c, apparmor_blob_sizes */
	uint64_t audit_receive;  /* kernel/audit.c: what its end of a socket is known by */
	uint64_t file_put;       /* fs/file_table.c, ____fput: what lets go of a file */
	uint64_t loginuid_write; /* fs/proc/base.c, proc_loginuid_write */
};
struct kernel_places kernel_places SEC(".data.places");

#endif
