/* SPDX-License-Identifier: GPL-2.0 */
/*
 * SECCOMP: what kernel/seccomp.c, seccomp_log, tells the audit. The hook on audit_seccomp sees all
 * of it; without it there is the signal that is forced upon the task, or its end.
 */
#ifndef NESTAUDIT_SECCOMP_H
#define NESTAUDIT_SECCOMP_H

#include "own.h"
#include "target.h"

#define SECCOMP_MODE_FILTER 2
#define SECCOMP_MODE_DEAD   3 /* kernel/seccomp.c: it is being killed */

#define SECCOMP_RET_KILL_PROCESS 0x80000000u
#define SECCOMP_RET_KILL_THREAD  0u
#define SECCOMP_RET_TRAP         0x00030000u
#define SECCOMP_RET_ACTION       0xffff0000u

#define FILTERS_MAX      32
#define INSTRUCTIONS_MAX 1024 /* of each filter: with more, nothing is said of them */

#define BPF_RET_K 0x06
#define BPF_RET_A 0x16

#define X32_SYSCALL_BIT 0x40000000

static __always_inline int seccomp_tell(struct task_state *state, uint64_t signal, int64_t syscall,
					bool is_known, uint32_t action)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pt_regs *regs = (void *)bpf_task_pt_regs(task);
	uint32_t arch = arch_of(task);
	struct subject *subject = subject_memory();

	if (!subject)
		return 0;
	subject->own[0] = signal;
	subject->own[1] = arch == POLICY_ARCH_64 ? AUDIT_ARCH_X86_64 : AUDIT_ARCH_I386;
	subject->own[2] = syscall;
	subject->own[3] = arch == POLICY_ARCH_32 || (int64_t)READ(regs, orig_ax) & X32_SYSCALL_BIT;
	subject->own[4] = READ(regs, ip);
	subject->own[5] = is_known;
	subject->own[6] = action;
	return own_tell(state, SPECIAL_SECCOMP, 0);
}

/* What the filters of a task may return. */
struct seccomp_survey {
	struct seccomp_filter *filter;
	struct sock_filter *instructions;
	uint32_t length;
	uint32_t kills_process, kills_thread; /* 1: some filter has such a return */
	uint32_t unknown;                     /* 1: some return is not known */
	uint32_t logs, filters;               /* filters, and those with SECCOMP_FILTER_FLAG_LOG */
};

static long survey_instruction(uint32_t index, struct seccomp_survey *s)
{
	struct sock_filter instruction = {};

	if (index >= s->length)
		return 1;
	bpf_probe_read_kernel(&instruction, sizeof(instruction), s->instructions + index);
	if (instruction.code == BPF_RET_A)
		s->unknown = 1;
	if (instruction.code != BPF_RET_K)
		return 0;
	uint32_t action = instruction.k & SECCOMP_RET_ACTION;
	/* What the kernel does not know kills the process too, with a code of its own. */
	if (action == SECCOMP_RET_KILL_PROCESS)
		s->kills_process = 1;
	else if (action == SECCOMP_RET_KILL_THREAD)
		s->kills_thread = 1;
	else if (action & 0x8000ffff || action > 0x7fff0000)
		s->unknown = 1;
	return 0;
}

static long survey_filter(uint32_t index, struct seccomp_survey *s)
{
	struct seccomp_filter *filter = s->filter;

	if (!filter)
		return 1;
	struct sock_fprog_kern *program = READ(filter, prog, orig_prog);
	s->filters++;
	s->logs += READ(filter, log);
	s->instructions = READ(program, filter);
	s->length = READ(program, len);
	if (!program || s->length > INSTRUCTIONS_MAX)
		s->unknown = 1;
	else
		bpf_loop(INSTRUCTIONS_MAX, survey_instruction, s, 0);
	s->filter = READ(filter, prev);
	return 0;
}

/*
 * A SIGSYS of seccomp's is forced upon the current task. Which of the two actions kills it is told
 * by its threads, or by what its filters can return at all.
 */
static __noinline int seccomp_signal(struct task_struct *task)
{
	struct pt_regs *regs = (void *)bpf_task_pt_regs(task);
	int32_t syscall = READ(regs, orig_ax);
	struct seccomp_survey survey = {.filter = READ(task, seccomp.filter)};
	bool dies = READ(task, seccomp.mode) == SECCOMP_MODE_DEAD;
	uint32_t logged = control.seccomp;

	/* A program can send itself the like. */
	if (!dies && sends_signal(arch_of(task), syscall))
		return 0;
	struct task_state *state = own_state(task);
	if (!state)
		return 0;
	bpf_loop(FILTERS_MAX, survey_filter, &survey, 0);
	if (!dies) {
		if (survey.logs && survey.logs == survey.filters && logged & SECCOMP_LOG_TRAP)
			seccomp_tell(state, 0, syscall, true, SECCOMP_RET_TRAP);
		return 0;
	}
	state->trapped = 1;
	bool process =
	    READ(task, signal, live.counter) > 1 || (!survey.unknown && !survey.kills_thread);
	bool thread = !process && !survey.unknown && !survey.kills_process;
	uint32_t mask = process  ? SECCOMP_LOG_KILL_PROCESS
			: thread ? SECCOMP_LOG_KILL_THREAD
				 : SECCOMP_LOG_KILL_PROCESS | SECCOMP_LOG_KILL_THREAD;
	if (logged & mask)
		seccomp_tell(state, 31 /* SIGSYS */, syscall, process || thread,
			     process ? SECCOMP_RET_KILL_PROCESS : SECCOMP_RET_KILL_THREAD);
	return 0;
}

/* A thread ends of which seccomp has made an end without a signal. */
static __noinline int seccomp_exit(struct task_struct *task)
{
	struct pt_regs *regs = (void *)bpf_task_pt_regs(task);
	struct task_state *state = own_state(task);

	if (state && !state->trapped && control.seccomp & SECCOMP_LOG_KILL_THREAD)
		seccomp_tell(state, READ(task, exit_code) & 0x7f, (int32_t)READ(regs, orig_ax),
			     true, SECCOMP_RET_KILL_THREAD);
	return 0;
}

#endif
