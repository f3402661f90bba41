/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a descriptor of the caller leads to, in the numbers that events have. stat(2) has others: on
 * overlayfs and btrfs the device is not the one of the filesystem's super block.
 */
#include "lib/object.h"

SEC("syscall")
int nestaudit_identify(struct file_identity *identity)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct file *file = file_of(task, identity->descriptor);

	identity->known = 0;
	if (!file)
		return 0;
	struct inode *inode = file_inode(file);
	if (!inode)
		return 0;
	identity->ino = READ(inode, i_ino);
	identity->ctime = inode_ctime(inode);
	identity->dev = READ(inode, i_sb, s_dev);
	identity->mode = READ(inode, i_mode);
	identity->known = 1;
	return 0;
}
