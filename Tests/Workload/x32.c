/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers of the x32 arch, on kernels without it. */
#define _GNU_SOURCE
#include "workload.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define X32_BIT 0x40000000 /* arch/x86/include/uapi/asm/unistd.h, __X32_SYSCALL_BIT */
#define MARK    0x58333200 /* a rule for all syscalls asks for this second argument */

void mix_x32(void)
{
	MUST_BE(-EINVAL, syscall(SYS_getpriority, 99, MARK));
	MUST_BE(-ENOSYS, syscall(X32_BIT | SYS_getpriority, 99, MARK));
	MUST_BE(-ENOSYS, syscall(X32_BIT | SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY));
	MUST_BE(-ENOSYS, syscall(5000, 99, MARK));
}
