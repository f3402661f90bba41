/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Names and addresses, kept as the kernel takes them from the caller's memory: what it works with,
 * whatever another thread puts there afterwards.
 */
#include "lib/touch.h"

/*
 * fs/namei.c: every path that a syscall is given goes through it; where the compiler made a copy of
 * it inside getname, through that. Where it made one inside a syscall, nestaudit_parent takes the
 * path.
 */
SEC("fexit/getname_flags")
int BPF_PROG(nestaudit_getname_flags)
{
	struct task_state *state = hook_state();
	uint64_t name = 0;

	if (state && bpf_get_func_ret(ctx, &name) == 0)
		take_name(state, (void *)name);
	return 0;
}

SEC("fexit/getname")
int BPF_PROG(nestaudit_getname, const char *user, struct filename *name)
{
	struct task_state *state = hook_state();

	if (state)
		take_name(state, name);
	return 0;
}

/* Of two paths: which is which is not told by where they came from, that may be the same place. */
static __always_inline int take_names(struct filename *first, struct filename *second)
{
	struct task_state *state = hook_state();

	if (!state)
		return 0;
	take_name_as(state, 0, first);
	take_name_as(state, 1, second);
	return 0;
}

SEC("fentry/do_renameat2")
int BPF_PROG(nestaudit_rename_names, int old, struct filename *from, int new, struct filename *to)
{
	return take_names(from, to);
}

SEC("fentry/do_linkat")
int BPF_PROG(nestaudit_link_names, int old, struct filename *from, int new, struct filename *to)
{
	return take_names(from, to);
}

SEC("fentry/do_symlinkat")
int BPF_PROG(nestaudit_symlink_names, struct filename *from, int new, struct filename *to)
{
	return take_names(from, to);
}

/* A mount's source need not be a path: it is copied as text (fs/namespace.c, do_mount). */
SEC("fentry/security_sb_mount")
int BPF_PROG(nestaudit_mount, const char *source)
{
	struct task_state *state = hook_state();

	if (state && source)
		taken_keep_path(state, 0, source);
	return 0;
}

/* net/socket.c: so does every address. */
SEC("fexit/move_addr_to_kernel")
int BPF_PROG(nestaudit_address, void *user, int length, void *address, int result)
{
	struct task_state *state = hook_state();

	if (state && result == 0 && length > 0 && length <= EVENT_SOCKADDR_MAX)
		taken_keep_address(state, address, length);
	return 0;
}
