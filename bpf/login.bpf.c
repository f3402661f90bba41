/* SPDX-License-Identifier: GPL-2.0 */
/* What a task was before it logs in, and as whom it asks to. */
#include "lib/login.h"

SEC("fentry/audit_set_loginuid")
int nestaudit_set_loginuid(uint64_t *arguments)
{
	struct task_struct *task = bpf_get_current_task_btf();
	uint32_t asked = arguments[0];

	login_keep(LOAD(task, thread_pid), task->loginuid.val, task->sessionid, &asked);
	return 0;
}
