/* SPDX-License-Identifier: Apache-2.0 */
/* Closes descriptors for whose closing the kernel waits, in a child of its own. */
#ifndef NESTAUDIT_CLOSING_H
#define NESTAUDIT_CLOSING_H

#include <sys/syscall.h>
#include <unistd.h>

/* Closes everything from first to last, inclusive. */
static inline void nestaudit_close_between(unsigned first, unsigned last)
{
	if (first <= last)
		syscall(SYS_close_range, first, last, 0);
}

/*
 * Has a child close these, in ascending order, and end; what else the caller has open, its locks
 * among it, is none of the child's. The caller closes its own copies.
 */
static inline void nestaudit_close_in_child(const int *descriptors, unsigned count)
{
	unsigned next = 0;

	if (fork() != 0)
		return;
	for (unsigned i = 0; i < count; i++) {
		if (descriptors[i])
			nestaudit_close_between(next, (unsigned)descriptors[i] - 1);
		next = (unsigned)descriptors[i] + 1;
	}
	nestaudit_close_between(next, ~0u);
	for (unsigned i = 0; i < count; i++)
		close(descriptors[i]);
	_exit(0);
}

#endif
