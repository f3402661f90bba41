/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "include/glibc.h"
#include <link.h>
#include <sys/mman.h>

/* Forgets what of a file is mapped and never written to: what is needed again comes back from it.
 */
static int forget_pages(struct dl_phdr_info *file, size_t size, void *unused)
{
	uintptr_t mask = (uintptr_t)sysconf(_SC_PAGESIZE) - 1;

	(void)size;
	(void)unused;
	for (unsigned i = 0; i < file->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &file->dlpi_phdr[i];
		uintptr_t start = file->dlpi_addr + part->p_vaddr;
		uintptr_t end = (start + part->p_memsz + mask) & ~mask;

		start &= ~mask;
		if (part->p_type == PT_LOAD && !(part->p_flags & PF_W))
			madvise((void *)start, end - start, MADV_DONTNEED);
	}
	return 0;
}

void nestaudit_trim_memory(void)
{
	malloc_trim(0);
	dl_iterate_phdr(forget_pages, NULL);
}
