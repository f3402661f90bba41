/* SPDX-License-Identifier: GPL-2.0 */
/* BPF programs that come and go, by the hook on what the kernel does just before it tells its
 * audit.
 */
#include "lib/call_place.h"
#include "lib/program.h"

/* kernel/events/core.c, perf_event_bpf_event: enum perf_bpf_event_type */
#define PROG_LOAD   1
#define PROG_UNLOAD 2

#define IN_INTERRUPT                                                                               \
	0x00ff0100 /* include/linux/preempt.h: NMI, hard IRQ, a softirq that is served */

/* Which of these the kernel has depends on its version. */
struct pcpu_hot {
	int preempt_count;
} __attribute__((preserve_access_index));
extern struct pcpu_hot pcpu_hot __ksym __weak;
extern int __preempt_count __ksym __weak;

/* Whether the current task has been interrupted, and has nothing to do with it. */
static __always_inline bool in_interrupt(void)
{
	int count = 0;

	if (&pcpu_hot)
		count = ((struct pcpu_hot *)bpf_this_cpu_ptr(&pcpu_hot))->preempt_count;
	else if (&__preempt_count)
		count = *(int *)bpf_this_cpu_ptr(&__preempt_count);
	return count & IN_INTERRUPT;
}

/* An event that is no task's. */
struct nobodys_program {
	struct event_process process;
	struct event_section section;
	uint64_t value[2];
};

static __always_inline void program_tell_of_nobody(uint32_t id, enum program_op op)
{
	uint64_t flags = credit_take(ACCOUNT_HOST, EVENT_OWN, sizeof(struct nobodys_program));
	struct nobodys_program *event = NULL;

	if (flags != RING_REFUSED) {
		event = bpf_ringbuf_reserve(&ring, sizeof(*event), 0);
		if (!event)
			credit_return(ACCOUNT_HOST, sizeof(*event));
	}
	if (!event) {
		count_loss(0, control.host, ~0u, LOSS_RING_FULL);
		return;
	}
	__builtin_memset(event, 0, sizeof(*event));
	event->process.header.type = EVENT_OWN;
	event->process.header.size = sizeof(*event);
	event->process.header.time = bpf_ktime_get_boot_ns();
	event->process.auid = event->process.ses = ~0u;
	event->section.kind = SECTION_SPECIAL;
	event->section.index = SPECIAL_BPF;
	event->section.length = sizeof(event->value);
	event->value[0] = id;
	event->value[1] = op;
	bpf_ringbuf_submit(event, flags);
}

/* The task lets it go while its syscall lasts. */
static __always_inline bool is_of_syscall(struct task_struct *task)
{
	struct pt_regs *regs = (void *)bpf_task_pt_regs(task);
	uint32_t arch = arch_of(task);
	int32_t syscall = READ(regs, orig_ax);

	return !(task->flags & (PF_EXITING | PF_IO_WORKER)) && end_is_seen(arch, syscall) &&
	       (is_bpf(arch, syscall) || call_place(arch, syscall) == CALL_CHANGES);
}

static __noinline int program_event(uint32_t id, uint32_t op)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_state *state = own_state(task);
	bool owned = is_of_syscall(task);

	if (state && program_tell(state, id, op, owned ? EVENT_OF_SYSCALL : 0) && owned)
		own_syscall(state);
	return 0;
}

SEC("fentry/perf_event_bpf_event")
int BPF_PROG(nestaudit_program, struct bpf_prog *program, int type)
{
	struct task_struct *task = bpf_get_current_task_btf();
	uint32_t id = program->aux->id;
	enum program_op op = type == PROG_LOAD ? PROGRAM_LOAD : PROGRAM_UNLOAD;

	if (type != PROG_LOAD && type != PROG_UNLOAD)
		return 0;
	if (task->flags & PF_KTHREAD || in_interrupt()) {
		program_tell_of_nobody(id, op);
		return 0;
	}
	if (!memory_hold()) {
		count_unkept();
		return 0;
	}
	program_event(id, op);
	memory_release();
	return 0;
}
