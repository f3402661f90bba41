/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Names and addresses, kept as the kernel takes them from the caller's memory: what it works with,
 * whatever another thread puts there afterwards.
 */
#include "lib/touch.h"

/* Which of the syscall's paths is read from `user`; 2: none. */
static __always_inline uint32_t path_index(struct task_state *state, uint64_t user)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pt_regs *regs = (void *)bpf_task_pt_regs(task);
	uint32_t arch = arch_of(task);
	const volatile struct shape *shape = shape_of(arch, BPF_CORE_READ(regs, orig_ax));
	uint64_t args[8] = {};
	uint32_t first = shape->path[0], second = shape->path[1];

	arguments_of(regs, arch, args);
	uint64_t place = args[(first - 1) & 7], other = args[(second - 1) & 7];
	if (arch == POLICY_ARCH_32) {
		place = (uint32_t)place;
		other = (uint32_t)other;
	}
	/* The compiler evaluates a call's arguments from the last one on: of two paths at one place
	 * the second is read first. */
	if (second && user == other && !(place == other && state->taken & TAKEN_SECOND))
		return 1;
	return first && user == place ? 0 : 2;
}

static __always_inline int take_name(uint64_t user, struct filename *name)
{
	struct task_state *state = hook_state();
	uint64_t taken = (uint64_t)name;

	if (!state || taken >= (uint64_t)-4095 || state->name[0] == taken || state->name[1] == taken)
		return 0;
	uint32_t index = path_index(state, user);
	if (index > 1)
		return 0;
	taken_keep_path(state, index, BPF_CORE_READ(name, name));
	if (index)
		state->name[1] = taken;
	else
		state->name[0] = taken;
	return 0;
}

/*
 * fs/namei.c: every path that a syscall is given goes through it; where the compiler made a copy of it
 * inside getname, through that.
 */
SEC("fexit/getname_flags")
int BPF_PROG(nestaudit_getname_flags, const char *user)
{
	uint64_t result = 0;

	return bpf_get_func_ret(ctx, &result) ? 0 : take_name((uint64_t)user, (void *)result);
}

SEC("fexit/getname")
int BPF_PROG(nestaudit_getname, const char *user, struct filename *name)
{
	return take_name((uint64_t)user, name);
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
