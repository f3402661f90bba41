/* SPDX-License-Identifier: Apache-2.0 */
/* Writing past the page cache. */
#ifndef NESTAUDIT_DIRECT_H
#define NESTAUDIT_DIRECT_H

/*
 * Of what memory, length and place in a file have to be multiples for O_DIRECT, in bytes; 0 if the
 * file system has no such writes or the kernel does not tell (before Linux 6.1).
 */
unsigned nestaudit_direct_alignment(int file);

/* Has what follows go past the page cache (O_DIRECT), or through it; 0, or -1 and errno. */
int nestaudit_set_direct(int file, int is_direct);

/* Puts what the page cache has of the first `count` bytes onto the disk, and waits for it. */
int nestaudit_settle(int file, long long count);

#endif
