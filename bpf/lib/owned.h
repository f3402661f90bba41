/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whether a syscall that ends brings along what no rule asks for, and which of all that end are
 * asked: own.h has what was told while it lasted; a login (login.h) and, without a hook, a BPF
 * program that was loaded (program.h) are told now.
 */
#ifndef NESTAUDIT_OWNED_H
#define NESTAUDIT_OWNED_H

#include "login.h"
#include "program.h"

/* Where both are, only what they tell of is looked at. */
#define HOOKS_AT_END (HOOK_LOGIN | HOOK_PROGRAMS)

#define NUMBER(n, word) ((n) / 64 == (word) ? 1ull << ((n) % 64) : 0)
#define MAKES(word)                                                                                \
	(NUMBER(2, word) | NUMBER(85, word) | NUMBER(257, word) | NUMBER(437, word) |              \
	 NUMBER(5, word) | NUMBER(8, word) | NUMBER(295, word) | NUMBER(321, word) |               \
	 NUMBER(357, word))
#define WRITES(word)                                                                               \
	(NUMBER(1, word) | NUMBER(18, word) | NUMBER(20, word) | NUMBER(296, word) |               \
	 NUMBER(328, word) | NUMBER(4, word) | NUMBER(181, word) | NUMBER(146, word) |             \
	 NUMBER(334, word) | NUMBER(379, word))
#define WORDS(of)                                                                                  \
	{                                                                                          \
		of(0), of(1), of(2), of(3), of(4), of(5), of(6), of(7)                             \
	}

/*
 * The numbers, of both arches, as the gate has them: those that give their caller a descriptor,
 * which are the opens of login_call() and bpf, and the writes of login_call().
 */
const volatile uint64_t owned_makes[POLICY_SYSCALLS / 64] = WORDS(MAKES);
const volatile uint64_t owned_writes[POLICY_SYSCALLS / 64] = WORDS(WRITES);

static __always_inline uint32_t first_argument(struct pt_regs *regs, uint32_t arch)
{
	return arch == POLICY_ARCH_64 ? READ(regs, di) : READ(regs, bx);
}

/* Whether it does, of one that may. Not static: verified once. */
__noinline int owned_at_end(uint32_t syscall, int64_t result)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pt_regs *regs = (void *)bpf_task_pt_regs(task);
	uint32_t arch = arch_of(task);
	bool owned = false;

	if (control.owned)
		owned = own_take(bpf_task_storage_get(&tasks, task, NULL, 0));
	/* Linux 6.1 has little stack left here: nothing is kept across what comes first. */
	if (is_bpf(arch, syscall)) {
		if (result >= 0 && !(control.hooks & HOOK_PROGRAMS) &&
		    first_argument(regs, arch) == BPF_PROG_LOAD)
			owned |= program_loaded(task, result);
		return owned;
	}
	enum login_call call = login_call(arch, syscall);
	if (call == LOGIN_OPENS && result >= 0 && !(control.hooks & HOOK_LOGIN) &&
	    login_is_open(regs, arch, syscall))
		login_opened(result);
	if (call >= LOGIN_WRITES && control.logins && (result > 0 || result == -EPERM))
		owned |=
		    login_written(arch, call, first_argument(regs, arch), result) && login_tell();
	return owned;
}

/* Whether it may. The most common open is looked at here: nearly all of them only read. */
static __always_inline bool may_be_owned(struct pt_regs *regs, int32_t syscall)
{
	/* Every syscall of the machine comes by: what is seldom so is asked first, and at once. */
	if (*(uint64_t *)&control.owned &&
	    (control.owned || gate_bit((const uint64_t *)owned_writes, syscall)))
		return true;
	return gate_bit((const uint64_t *)owned_makes, syscall) &&
	       (control.hooks & HOOKS_AT_END) != HOOKS_AT_END &&
	       (syscall != 257 /* openat */ || regs->dx & 3);
}

#endif
