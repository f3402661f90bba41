/* SPDX-License-Identifier: GPL-2.0 */
/*
 * FANOTIFY: fs/notify/fanotify/fanotify.c, fanotify_get_response, tells the audit how a listener
 * has answered, if that asks for it, and lets the event go at once, in the task that waited.
 */
#include "lib/call_place.h"
#include "lib/own.h"
#include "lib/touch.h"

/* include/uapi/linux/fanotify.h */
#define FAN_AUDIT    0x10
#define FAN_RESPONSE 0x23 /* FAN_ALLOW, FAN_DENY, FAN_INFO: what the audit is told */

#define EVENT_ANSWERED 2 /* fs/notify/fanotify/fanotify.h, FAN_EVENT_ANSWERED */

/* What is told of the answer, into subject_memory()->own; false if nothing is. */
static __always_inline bool fanotify_answer(struct subject *subject,
					    struct fanotify_perm_event *event)
{
	uint32_t response = 0, type = BPF_CORE_READ_BITFIELD_PROBED(&event->fae, type);

	if (type != bpf_core_enum_value(enum fanotify_event_type, FANOTIFY_EVENT_TYPE_PATH_PERM))
		return false;
	bpf_probe_read_kernel(&response, bpf_core_field_size(event->response), &event->response);
	/* One that nobody waits for any more is let go by the listener. */
	if (!(response & FAN_AUDIT) || READ(event, state) != EVENT_ANSWERED)
		return false;
	subject->own[0] = response & FAN_RESPONSE;
	subject->own[1] = bpf_core_field_exists(event->audit_rule);
	if (subject->own[1]) {
		subject->own[2] = READ(event, audit_rule.hdr.type);
		subject->own[3] = READ(event, audit_rule.rule_number);
		subject->own[4] = READ(event, audit_rule.subj_trust);
		subject->own[5] = READ(event, audit_rule.obj_trust);
	}
	return true;
}

/*
 * Where no rule asks for the syscall the hooks have kept nothing of it: the name that it is at, and
 * the file that was asked about.
 */
static __noinline int fanotify_keep(struct task_state *state, struct fanotify_perm_event *event)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct nameidata *nd = READ(task, nameidata);
	struct dentry *dentry = READ(event, path.dentry);

	if (!nd || call_state(false))
		return 0;
	parts_check(state);
	take_name_as(state, 0, READ(nd, name));
	touch(state, dentry, OBJECT_FOUND, 0);
	if (shape_of(arch_of(task), syscall_now())->open)
		touch(state, READ(dentry, d_parent), OBJECT_PARENT, 0);
	return 0;
}

static __noinline int fanotify_tell(struct fanotify_perm_event *event)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pt_regs *regs = (void *)bpf_task_pt_regs(task);
	int64_t syscall = READ(regs, orig_ax);
	/* Whose end nobody sees, its record is an event of its own. */
	bool in_syscall =
	    !(task->flags & PF_IO_WORKER) && syscall >= 0 && end_is_seen(arch_of(task), syscall);
	struct subject *subject = subject_memory();

	if (!subject || !fanotify_answer(subject, event))
		return 0;
	control.answers = 1;
	struct task_state *state = own_state(task);
	if (state && own_tell(state, SPECIAL_FANOTIFY, in_syscall ? EVENT_OF_SYSCALL : 0) &&
	    in_syscall) {
		own_syscall(state);
		fanotify_keep(state, event);
	}
	return 0;
}

SEC("fentry/fanotify_free_event")
int BPF_PROG(nestaudit_fanotify, struct fsnotify_group *group, struct fsnotify_event *event)
{
	struct task_struct *task = bpf_get_current_task_btf();

	/* The kernel's own tasks have no audit context. */
	if (task->flags & PF_KTHREAD)
		return 0;
	if (!memory_hold()) {
		count_unkept();
		return 0;
	}
	fanotify_tell((void *)event);
	memory_release();
	return 0;
}
