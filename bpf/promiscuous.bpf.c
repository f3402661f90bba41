/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ANOM_PROMISCUOUS: net/core/dev.c, __dev_set_promiscuity. The function has no tracepoint, but says
 * in the kernel's log, just before and in the same task, what it tells the audit: which interface,
 * and whether it has entered or left the mode.
 */
#include "lib/own.h"
#include "lib/shape.h"

#define PF_EXITING 0x00000004
#define PF_KTHREAD 0x00200000

extern int LINUX_KERNEL_VERSION __kconfig;

#define VERSION(major, minor) ((major) << 16 | (minor) << 8)

enum promiscuous_call { CALL_OTHER, CALL_CHANGES, CALL_CLOSES };

/*
 * A program can write the like to /dev/kmsg. It cannot do so by these syscalls: the first change
 * the mode themselves, the others close the packet socket that had it: that is done when they are
 * over, but for close since Linux 6.6.
 */
static __always_inline enum promiscuous_call promiscuous_call(uint32_t arch, int32_t syscall)
{
	bool is_64 = arch == POLICY_ARCH_64;

	switch (syscall) {
	case 16:  /* ioctl */
	case 44:  /* sendto */
	case 46:  /* sendmsg */
	case 307: /* sendmmsg */
		return is_64 ? CALL_CHANGES : CALL_OTHER;
	case 54: /* setsockopt; ioctl */
		return CALL_CHANGES;
	case 102: /* socketcall */
	case 345:
	case 366:
	case 369:
	case 370:
		return is_64 ? CALL_OTHER : CALL_CHANGES;
	case 3: /* close */
		if (!is_64)
			return CALL_OTHER;
		return LINUX_KERNEL_VERSION >= VERSION(6, 6) ? CALL_CHANGES : CALL_CLOSES;
	case 33:  /* dup2 */
	case 59:  /* execve */
	case 292: /* dup3 */
	case 322: /* execveat */
		return is_64 ? CALL_CLOSES : CALL_OTHER;
	case 436: /* close_range */
		return CALL_CLOSES;
	case 6:
		if (is_64)
			return CALL_OTHER;
		return LINUX_KERNEL_VERSION >= VERSION(6, 6) ? CALL_CHANGES : CALL_CLOSES;
	case 11:
	case 63:
	case 330:
	case 358:
		return is_64 ? CALL_OTHER : CALL_CLOSES;
	}
	return CALL_OTHER;
}

static const char mode[] = "promiscuous mode";

SEC("tp_btf/console")
int BPF_PROG(nestaudit_console, const char *text, uint64_t length)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pt_regs *regs = (void *)bpf_task_pt_regs(task);
	enum promiscuous_call call = CALL_CLOSES;
	uint64_t end[2] = {}, expected[2];
	struct builder b;

	if (length <= sizeof(end) || length > EVENT_MESSAGE_LEN)
		return 0;
	__builtin_memcpy(expected, mode, sizeof(expected));
	bpf_probe_read_kernel(end, sizeof(end), text + length - sizeof(end));
	if (end[0] != expected[0] || end[1] != expected[1])
		return 0;
	if (!(task->flags & (PF_KTHREAD | PF_EXITING))) {
		call = promiscuous_call(arch_of(task), BPF_CORE_READ(regs, orig_ax));
		if (call == CALL_OTHER)
			return 0;
	}
	struct task_state *state = own_state(task);
	if (!state || !own_start(&b, state))
		return 0;
	uint8_t *data = section_data(&b);
	if (!data)
		return 0;
	length = at_most(length, EVENT_MESSAGE_LEN);
	bpf_probe_read_kernel(data, length, text);
	section_close(&b, SECTION_SPECIAL, SPECIAL_PROMISCUOUS, length);
	if (call == CALL_CHANGES)
		b.flags |= EVENT_OF_SYSCALL;
	if (own_end(&b, state) && call == CALL_CHANGES)
		own_syscall(state);
	return 0;
}
