/* SPDX-License-Identifier: GPL-2.0 */
/*
 * LOGIN: a task gives itself a loginuid, by /proc/PID/loginuid: kernel/audit.c, audit_set_loginuid.
 * It is told at the end of the write. What the loginuid was before is gone by then: the hook keeps
 * it, or else the open of the file does, since nobody but the task itself can change it. The writes
 * of all other tasks are not looked at.
 */
#ifndef NESTAUDIT_LOGIN_H
#define NESTAUDIT_LOGIN_H

#include "object.h"
#include "own.h"
#include "places.h"
#include "syscall.h"
#include "target.h"

#define LOGINS_MAX   16384
#define LOGIN_LENGTH 34 /* lib/kstrtox.c, kstrtouint_from_user: more is not read */

/* What a task was before it logs in. */
struct login {
	uint32_t auid;
	uint32_t ses;
	uint32_t asked;    /* the uid that it asks for … */
	uint32_t is_asked; /* … if the hook has seen that */
};

/* By the address of the thread's struct pid, which the file has too. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, LOGINS_MAX);
	__type(key, uint64_t);
	__type(value, struct login);
} logins SEC(".maps");

enum login_call {
	LOGIN_NOTHING,
	LOGIN_OPENS,
	LOGIN_WRITES,
	LOGIN_WRITES_VECTOR,
};

static __always_inline enum login_call login_call(uint32_t arch, int32_t syscall)
{
	bool is_64 = arch == POLICY_ARCH_64;

	switch (syscall) {
	case 2:   /* open */
	case 85:  /* creat */
	case 257: /* openat */
		return is_64 ? LOGIN_OPENS : LOGIN_NOTHING;
	case 5:
	case 8:
	case 295:
		return is_64 ? LOGIN_NOTHING : LOGIN_OPENS;
	case 437: /* openat2 */
		return LOGIN_OPENS;
	case 1:  /* write */
	case 18: /* pwrite64 */
		return is_64 ? LOGIN_WRITES : LOGIN_NOTHING;
	case 4:
	case 181:
		return is_64 ? LOGIN_NOTHING : LOGIN_WRITES;
	case 20:  /* writev */
	case 296: /* pwritev */
	case 328: /* pwritev2 */
		return is_64 ? LOGIN_WRITES_VECTOR : LOGIN_NOTHING;
	case 146:
	case 334:
	case 379:
		return is_64 ? LOGIN_NOTHING : LOGIN_WRITES_VECTOR;
	}
	return LOGIN_NOTHING;
}

/* Whose loginuid is behind a descriptor of the task; NULL if nobody's. */
static __always_inline struct pid *login_of(struct task_struct *task, uint32_t fd)
{
	struct files_struct *files = LOAD(task, files);
	struct file *file = NULL;

	if (!files)
		return NULL;
	struct fdtable *table = LOAD(files, fdt);
	if (fd >= LOAD(table, max_fds))
		return NULL;
	bpf_probe_read_kernel(&file, sizeof(file), LOAD(table, fd) + fd);
	uint64_t write = file ? (uint64_t)READ(file, f_op, write) : 0;
	if (!write || write != kernel_places.loginuid_write)
		return NULL;
	struct inode *inode = READ(file, f_inode);
	struct proc_inode *proc =
	    (void *)inode - bpf_core_field_offset(struct proc_inode, vfs_inode);
	return READ(proc, pid);
}

/* Keeps what the task behind a pid is. */
static __always_inline void login_keep(struct pid *pid, uint32_t auid, uint32_t ses,
				       const uint32_t *asked)
{
	uint64_t key = (uint64_t)pid;
	struct login login = {.auid = auid, .ses = ses};

	if (asked) {
		login.asked = *asked;
		login.is_asked = 1;
	}
	if (bpf_map_update_elem(&logins, &key, &login, BPF_NOEXIST) == 0)
		__sync_fetch_and_add(&control.logins, 1);
	else if (bpf_map_update_elem(&logins, &key, &login, BPF_EXIST))
		__sync_fetch_and_add(&control.uncounted, 1);
}

static __always_inline void login_forget(struct task_struct *task)
{
	uint64_t key = (uint64_t)LOAD(task, thread_pid);

	if (control.logins && bpf_map_delete_elem(&logins, &key) == 0)
		__sync_fetch_and_add(&control.logins, -1);
}

/* Whether an open asks to write. */
static __always_inline bool login_is_open(struct pt_regs *regs, uint32_t arch, int32_t syscall)
{
	uint64_t flags = 0;

	switch (syscall) {
	case 8:
	case 85: /* creat */
		return true;
	case 437: /* openat2 */
		bpf_probe_read_user(&flags, sizeof(flags), (void *)READ(regs, dx));
		break;
	case 257: /* openat */
	case 295:
		flags = READ(regs, dx);
		break;
	default:
		flags = arch == POLICY_ARCH_64 ? READ(regs, si) : READ(regs, cx);
	}
	return flags & 3;
}

static __noinline int login_opened(uint32_t fd)
{
	struct pid *pid = login_of(bpf_get_current_task_btf(), fd);
	struct hlist_node *link = pid ? READ(pid, tasks[PIDTYPE_PID].first) : NULL;

	if (!link)
		return 0;
	struct task_struct *task = task_of_link(link, PIDTYPE_PID);
	login_keep(pid, READ(task, loginuid.val), READ(task, sessionid), NULL);
	return 0;
}

struct login_text {
	char byte[LOGIN_LENGTH + 2];
};

/* The uid that a refused write asks for; negative if that cannot be told. */
static __noinline int64_t login_asked(uint32_t arch, uint32_t call)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pt_regs *regs = (void *)bpf_task_pt_regs(task);
	struct login_text text = {};
	uint64_t address, length, value = 0;

	if (call != LOGIN_WRITES || READ(task, cred, user_ns, level))
		return -1;
	if (arch == POLICY_ARCH_64) {
		address = READ(regs, si);
		length = READ(regs, dx);
	} else {
		address = (uint32_t)READ(regs, cx);
		length = (uint32_t)READ(regs, dx);
	}
	length = at_most(length, LOGIN_LENGTH);
	if (bpf_probe_read_user(&text, length, (void *)address))
		return -1;
	for (uint32_t i = 0; i < LOGIN_LENGTH; i++) {
		if (i == 0 && text.byte[i] == '+')
			continue;
		if (text.byte[i] < '0' || text.byte[i] > '9')
			break;
		value = value * 10 + (text.byte[i] - '0');
	}
	return (uint32_t)value;
}

/*
 * A write of a task that may log in has ended. What else fails does so before the kernel's audit
 * hears of it: fs/proc/base.c, proc_loginuid_write. Whether it was a login, which then is in
 * subject_memory()->own.
 */
static __noinline int login_written(uint32_t arch, uint32_t call, uint32_t fd, int64_t result)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct subject *subject = subject_memory();
	uint64_t key = (uint64_t)LOAD(task, thread_pid);
	struct login *before = bpf_map_lookup_elem(&logins, &key);
	int64_t asked = 0;

	if (!subject || !before || (uint64_t)login_of(task, fd) != key)
		return 0;
	if (before->is_asked)
		asked = before->asked;
	else if (result < 0)
		asked = login_asked(arch, call);
	if (asked < 0)
		return 0;
	subject->own[0] = result > 0 ? task->loginuid.val : asked;
	subject->own[1] = result > 0 ? task->sessionid : ~0u;
	subject->own[2] = result > 0;
	subject->own[3] = before->auid;
	subject->own[4] = before->ses;
	if (before->is_asked)
		login_forget(task);
	else
		login_keep((void *)key, task->loginuid.val, task->sessionid, NULL);
	return 1;
}

static __noinline int login_tell(void)
{
	struct task_state *state = own_state(bpf_get_current_task_btf());

	return state && own_tell(state, SPECIAL_LOGIN, EVENT_OF_SYSCALL);
}

#endif
