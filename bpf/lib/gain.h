/* SPDX-License-Identifier: GPL-2.0 */
/* Which capabilities an exec brings: BPRM_FCAPS. */
#ifndef NESTAUDIT_GAIN_H
#define NESTAUDIT_GAIN_H

#include "owner.h"
#include "ring.h"

#define CAPS_ALL      ((1ull << 41) - 1) /* CAP_FULL_SET: CAP_LAST_CAP is 40 since Linux 5.9 */
#define SECURE_NOROOT (1u << 0)          /* include/uapi/linux/securebits.h */
#define MNT_NOSUID    0x01               /* include/linux/mount.h */

extern int LINUX_KERNEL_VERSION __kconfig;

static __always_inline void caps_of(struct event_caps *caps, struct cred *cred)
{
	BPF_CORE_READ_INTO(&caps->permitted, cred, cap_permitted);
	BPF_CORE_READ_INTO(&caps->inheritable, cred, cap_inheritable);
	BPF_CORE_READ_INTO(&caps->effective, cred, cap_effective);
	BPF_CORE_READ_INTO(&caps->ambient, cred, cap_ambient);
}

/*
 * security/commoncap.c, nonroot_raised_pE: whether the kernel's audit tells of it. What the file's
 * own capabilities decide is left open: the filesystem has to be asked for them.
 */
static __noinline int exec_gain(struct event_exec_caps *caps, struct linux_binprm *bprm)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct cred *old = READ(task, cred), *new = READ(bprm, cred);
	uint32_t root = root_of(new);
	uint32_t uid = READ(new, uid.val), euid = READ(new, euid.val);
	bool noroot = READ(old, securebits) & SECURE_NOROOT;
	/* Until 6.17 it was compared with the real one. */
	uint32_t before =
	    LINUX_KERNEL_VERSION >= (6 << 16 | 17 << 8) ? READ(old, euid.val) : READ(old, uid.val);

	caps->gain = GAIN_NONE;
	caps->pad = 0;
	caps_of(&caps->before, old);
	caps_of(&caps->after, new);
	bool full = (caps->after.effective & CAPS_ALL) == CAPS_ALL;
	if (caps->after.effective & ~caps->after.ambient) {
		if (!full || noroot || (euid != root && uid != root))
			caps->gain = GAIN_SURE;
	}
	if (!noroot && uid != root && euid == root && !full)
		caps->gain = GAIN_SURE;
	if (caps->gain || euid != before)
		return 0;
	if (caps->after.ambient & ~caps->before.ambient)
		caps->gain = GAIN_SURE;
	else if (caps->after.permitted & ~caps->before.permitted &&
		 !(READ(bprm, file, f_path.mnt, mnt_flags) & MNT_NOSUID))
		caps->gain = GAIN_WITH_FILE;
	return 0;
}

#endif
