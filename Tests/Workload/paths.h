/* SPDX-License-Identifier: Apache-2.0 */
/* The calls that take a name. */
#ifndef PATHS_H
#define PATHS_H

#include <stdbool.h>
#include <stddef.h>

/* What a call does with the thing of that name. */
enum use {
	USES,  /* needs it */
	MAKES, /* needs that it is not there */
	TAKES, /* needs it, and it is gone then */
	LOOKS, /* needs it, and leaves it as it is: those stand side by side */
};

struct operation {
	const char *call;
	enum use use;
	long (*run)(int directory, const char *name);
	char at;                /* it begins at a directory's descriptor */
	char directory;         /* the thing is a directory */
	unsigned char since[2]; /* of Linux */
};

extern const struct operation path_operations[];
extern const size_t path_operation_count;

/* To be called first, and last. */
void path_operations_prepare(void);
void path_operations_finish(void);

/* Whether this kernel has the call. */
bool path_operation_is_there(const struct operation *operation);

#endif
