/* SPDX-License-Identifier: Apache-2.0 */
/* capset(2), which the C library does not wrap. */
#ifndef NESTAUDIT_CAPABILITIES_H
#define NESTAUDIT_CAPABILITIES_H

#include <errno.h>
#include <linux/capability.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Leaves the calling thread, and those it starts later, no capability but those of `kept`, a bit
 * for each, and no way to get one back. -errno on failure. */
static inline int nestaudit_keep_capabilities(uint64_t kept)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {
	    {.effective = (uint32_t)kept, .permitted = (uint32_t)kept},
	    {.effective = (uint32_t)(kept >> 32), .permitted = (uint32_t)(kept >> 32)},
	};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || syscall(SYS_capset, &header, data))
		return -errno;
	return 0;
}

#endif
