/* SPDX-License-Identifier: Apache-2.0 */
#include "CNestaudit.h"

#pragma clang diagnostic ignored "-Wc23-extensions" /* #embed */
static const unsigned char object[] __attribute__((aligned(16))) = {
#embed "nestaudit.bpf.o"
};

const void *nestaudit_bpf_object(size_t *size)
{
	*size = sizeof(object);
	return object;
}
