/* SPDX-License-Identifier: Apache-2.0 */
/* Cgroups by their ids, whatever their paths are. */
#ifndef NESTAUDIT_CGROUP_H
#define NESTAUDIT_CGROUP_H

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Opens the directory of a cgroup with CAP_DAC_READ_SEARCH. `root` is an open directory of the
 * hierarchy, not by O_PATH. -errno on failure, -ESTALE if there is no such cgroup any more
 * (fs/kernfs/mount.c, kernfs_fh_to_dentry). */
static inline int nestaudit_open_cgroup(int root, uint64_t id)
{
	struct {
		unsigned bytes;
		int type; /* FILEID_KERNFS */
		uint64_t id;
	} handle = {.bytes = sizeof(handle.id), .type = 0xfe, .id = id};
	long opened =
	    syscall(SYS_open_by_handle_at, root, &handle, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return opened < 0 ? -errno : (int)opened;
}

#endif
