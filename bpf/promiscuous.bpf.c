/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ANOM_PROMISCUOUS: net/core/dev.c, __dev_set_promiscuity. The function has no tracepoint, but says
 * in the kernel's log, just before and in the same task, what it tells the audit: which interface,
 * and whether it has entered or left the mode.
 */
#include "lib/call_place.h"
#include "lib/own.h"
#include "lib/shape.h"

static const char mode[] = "promiscuous mode";

SEC("tp_btf/console")
int BPF_PROG(nestaudit_console, const char *text, uint64_t length)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pt_regs *regs = (void *)bpf_task_pt_regs(task);
	enum call_place call = CALL_CLOSES;
	uint64_t end[2] = {}, expected[2];
	struct builder b;

	if (length <= sizeof(end) || length > EVENT_MESSAGE_LEN)
		return 0;
	__builtin_memcpy(expected, mode, sizeof(expected));
	bpf_probe_read_kernel(end, sizeof(end), text + length - sizeof(end));
	if (end[0] != expected[0] || end[1] != expected[1])
		return 0;
	if (!(task->flags & (PF_KTHREAD | PF_EXITING))) {
		/* A program can write the like to /dev/kmsg, but not by these syscalls. */
		call = call_place(arch_of(task), READ(regs, orig_ax));
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
