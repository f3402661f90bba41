/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "include/direct.h"

#include <fcntl.h>
#include <linux/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

unsigned nestaudit_direct_alignment(int file)
{
	struct statx status = {};

	if (syscall(SYS_statx, file, "", AT_EMPTY_PATH, STATX_DIOALIGN, &status) ||
	    !(status.stx_mask & STATX_DIOALIGN))
		return 0;
	return status.stx_dio_mem_align > status.stx_dio_offset_align ? status.stx_dio_mem_align
								      : status.stx_dio_offset_align;
}

int nestaudit_set_direct(int file, int is_direct)
{
	int flags = fcntl(file, F_GETFL);

	if (flags < 0)
		return -1;
	return fcntl(file, F_SETFL, is_direct ? flags | O_DIRECT : flags & ~O_DIRECT);
}

int nestaudit_settle(int file, long long count)
{
	return sync_file_range(file, 0, count,
			       SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
				   SYNC_FILE_RANGE_WAIT_AFTER);
}
