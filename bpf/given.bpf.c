/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Numbers that a caller gives in memory, kept as the kernel has copied them: another thread can put
 * others there afterwards. The kernel tells its audit of them in the same functions.
 */
#include "lib/touch.h"

/* Keeps `size` bytes, at most those of given[], that the kernel has copied to `from`; NULL: none,
 * which are zeros. */
static __always_inline int keep_given(const void *from, const uint32_t size)
{
	struct task_state *state = call_state(false);

	if (!state)
		return 0;
	__builtin_memset(state->given, 0, sizeof(state->given));
	if (!from || !bpf_probe_read_kernel(state->given, size, from))
		state->taken |= TAKEN_GIVEN;
	return 0;
}

/* fs/open.c: struct open_how. Other opens come by here with one that the kernel has made. */
SEC("fentry/do_sys_openat2")
int BPF_PROG(nestaudit_open_how, int directory, const char *name, const void *how)
{
	return syscall_now() == 437 /* openat2 */ ? keep_given(how, 24) : 0;
}

/* ipc/mqueue.c: the first four members of struct mq_attr. */
SEC("fentry/do_mq_open")
int BPF_PROG(nestaudit_mq_open, const char *name, int flags, unsigned short mode, const void *attr)
{
	return keep_given(attr, 32);
}

SEC("fentry/do_mq_getsetattr")
int BPF_PROG(nestaudit_mq_getsetattr, int queue, const void *attr)
{
	return keep_given(attr, 32);
}

/* struct timespec64 */
SEC("fentry/do_mq_timedsend")
int BPF_PROG(nestaudit_mq_send, int queue, const char *message, uint64_t length,
	     unsigned int priority, const void *timeout)
{
	return keep_given(timeout, 16);
}

SEC("fentry/do_mq_timedreceive")
int BPF_PROG(nestaudit_mq_receive, int queue, const char *message, uint64_t length,
	     unsigned int *priority, const void *timeout)
{
	return keep_given(timeout, 16);
}

/* struct sigevent, as far as its number. */
SEC("fentry/do_mq_notify")
int BPF_PROG(nestaudit_mq_notify, int queue, const void *event)
{
	return keep_given(event, 16);
}
