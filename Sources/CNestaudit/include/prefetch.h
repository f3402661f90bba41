/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that is in another processor's cache, fetched before it is needed. Any address will do. */
#ifndef NESTAUDIT_PREFETCH_H
#define NESTAUDIT_PREFETCH_H

/* Bytes of a line of the cache, on all that nestaudit runs on. */
#define PREFETCH_LINE 64

/* To be read. */
static inline void nestaudit_prefetch(const void *place, unsigned size)
{
	for (unsigned at = 0; at < size; at += PREFETCH_LINE)
		__builtin_prefetch((const char *)place + at);
}

/* To be written over: the other processor lets go of it. */
static inline void nestaudit_prefetch_to_write(void *place, unsigned size)
{
	for (unsigned at = 0; at < size; at += PREFETCH_LINE) {
#ifdef __x86_64__
		/* The builtin would fetch to read: x86-64 does not promise this. */
		__asm__ volatile("prefetchw %0" : : "m"(((char *)place)[at]));
#else
		__builtin_prefetch((char *)place + at, 1);
#endif
	}
}

#endif
