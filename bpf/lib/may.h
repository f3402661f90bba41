/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whether the current task may search a directory, or write to it, as far as ids, mode and
 * capabilities tell: fs/namei.c, generic_permission.
 */
#ifndef NESTAUDIT_MAY_H
#define NESTAUDIT_MAY_H

#include "path.h"

/* include/linux/fs.h */
#define MAY_EXEC    1u
#define MAY_WRITE   2u
#define SB_POSIXACL (1u << 16)

/* include/uapi/linux/capability.h */
#define CAP_DAC_OVERRIDE    1
#define CAP_DAC_READ_SEARCH 2

/* Filesystems that ask more than the mode, but the mode first. */
#define OVERLAYFS_SUPER_MAGIC 0x794c7630
#define BTRFS_SUPER_MAGIC     0x9123683e

enum may_answer {
	MAY_NOT,
	MAY_SO,
	MAY_PERHAPS, /* an access control list, the filesystem or a namespace has a say */
};

/* Whether ids are shown through a map of the mount's own. */
static __always_inline bool mount_maps_ids(struct mount *mount)
{
	struct mnt_idmap *none = NULL;

	if (!bpf_core_field_exists(mount->mnt.mnt_idmap) ||
	    !bpf_core_field_exists(none->uid_map.nr_extents))
		return true;
	return READ(mount, mnt.mnt_idmap, uid_map.nr_extents);
}

static __always_inline enum may_answer is_in_group(struct cred *cred, uint32_t gid)
{
	struct group_info *groups = READ(cred, group_info);
	uint32_t count = READ(groups, ngroups);

	if (READ(cred, fsgid.val) == gid)
		return MAY_SO;
	if (count > EVENT_GROUPS_MAX)
		return MAY_PERHAPS;
	for (uint32_t i = 0; i < EVENT_GROUPS_MAX && i < count; i++) {
		uint32_t group = 0;
		bpf_probe_read_kernel(&group, sizeof(group), &groups->gid[i]);
		if (group == gid)
			return MAY_SO;
	}
	return MAY_NOT;
}

/* What the inode's mode says of the bits of `wanted`. */
static __always_inline enum may_answer mode_allows(struct inode *inode, struct cred *cred,
						   uint32_t wanted)
{
	uint32_t mode = READ(inode, i_mode);

	if (READ(inode, i_uid.val) == READ(cred, fsuid.val))
		return (mode >> 6 & wanted) == wanted;
	/* A list is not asked for what the group cannot have. */
	if (mode & 070 && bpf_core_field_exists(inode->i_acl) && READ(inode, i_acl) &&
	    READ(inode, i_sb, s_flags) & SB_POSIXACL)
		return MAY_PERHAPS;
	bool group = (mode >> 3 & wanted) == wanted, others = (mode & wanted) == wanted;
	if (group == others)
		return group;
	enum may_answer member = is_in_group(cred, READ(inode, i_gid.val));
	if (member == MAY_PERHAPS)
		return member;
	return member == MAY_SO ? group : others;
}

/* enum may_answer, for the directory's struct inode and the struct mount it was found by. Not
 * static: the verifier goes through it once. */
__noinline uint64_t may_use(uint64_t directory, uint64_t mount, uint32_t wanted)
{
	struct cred *cred = LOAD(bpf_get_current_task_btf(), cred);
	struct inode *inode = (void *)directory;
	uint64_t magic = READ(inode, i_sb, s_magic);
	uint64_t capable = 1ull << CAP_DAC_OVERRIDE;

	if (mount_maps_ids((void *)mount) ||
	    (READ(inode, i_op, permission) && magic != OVERLAYFS_SUPER_MAGIC &&
	     magic != BTRFS_SUPER_MAGIC))
		return MAY_PERHAPS;
	enum may_answer answer = mode_allows(inode, cred, wanted);
	if (answer != MAY_NOT)
		return answer;
	if (wanted == MAY_EXEC)
		capable |= 1ull << CAP_DAC_READ_SEARCH;
	if (!(READ(cred, cap_effective.val) & capable))
		return MAY_NOT;
	return READ(cred, user_ns, level) ? MAY_PERHAPS : MAY_SO;
}

#endif
