/* SPDX-License-Identifier: GPL-2.0 */
/* What was before a syscall: kept when it begins, told when it ends. */
#ifndef NESTAUDIT_KEPT_H
#define NESTAUDIT_KEPT_H

#include "clock.h"
#include "ipc.h"
#include "path.h"

/* The working directory before a chdir. */
struct former_cwd {
	uint32_t length;
	uint32_t pad;
	char text[EVENT_PATH_MAX];
};
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct former_cwd);
} former_cwds SEC(".maps");

static __noinline bool keep_cwd(struct task_struct *task)
{
	struct former_cwd *former =
	    bpf_task_storage_get(&former_cwds, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	struct path_memory *memory = path_memory();
	struct fs_struct *fs = READ(task, fs);

	if (!former || !memory || !fs)
		return false;
	uint32_t start = path_walk((uint64_t)&fs->pwd, 1);
	former->length = 1;
	former->text[0] = '/';
	if (start < PATH_END) {
		uint32_t length = PATH_END - start;
		bpf_probe_read_kernel(former->text, length, memory->text + start);
		former->length = length;
	}
	return true;
}

static __always_inline void section_former_cwd(struct builder *b)
{
	struct former_cwd *former =
	    bpf_task_storage_get(&former_cwds, bpf_get_current_task_btf(), NULL, 0);
	uint8_t *data = section_data(b);

	if (!former || !data)
		return;
	uint64_t length = at_most(former->length, EVENT_PATH_MAX);
	bpf_probe_read_kernel(data, length, former->text);
	section_close(b, SECTION_CWD, 0, length);
}

static __always_inline void section_numbers(struct builder *b, struct special *s, uint32_t type,
					    const uint32_t count)
{
	section_close(b, SECTION_SPECIAL, type, count * sizeof(s->value[0]));
}

__noinline int sections_ipc(struct builder *b, struct syscall_end *end, struct ipc_entry *entry)
{
	if (!b || !end || !entry)
		return 0;
	struct special *s = (void *)section_data(b);

	if (!s || !ipc_was_heard(entry, end->result))
		return 0;
	s->value[0] = entry->uid;
	s->value[1] = entry->gid;
	s->value[2] = entry->mode;
	section_numbers(b, s, SPECIAL_IPC, 3);
	s = (void *)section_data(b);
	if (s && entry->given && ipc_given(s, entry))
		section_numbers(b, s, SPECIAL_IPC_SET_PERM, 4);
	return 0;
}

__noinline int sections_clock(struct builder *b, struct syscall_end *end, struct clock_entry *old)
{
	if (!b || !end || !old)
		return 0;
	struct special *s = (void *)section_data(b);
	struct clock_call call = {};
	struct clock_entry new;
	uint32_t modes = 0;

	clock_call_of(&call, end);
	if (!s || (call.sets ? end->result != 0 : end->result < 0 && end->result != -EFAULT))
		return 0;
	if (call.timex)
		bpf_probe_read_user(&modes, sizeof(modes), (void *)call.timex);
	clock_read(&new);
	if (clock_adjusted(s, old, &new, modes))
		section_numbers(b, s, SPECIAL_TIME_ADJNTPVAL, 12);
	s = (void *)section_data(b);
	if (s && (call.sets || modes & ADJ_SETOFFSET) && clock_injected(s, old, &new))
		section_numbers(b, s, SPECIAL_TIME_INJOFFSET, 2);
	return 0;
}

/* Appends what was kept of the syscall that ends. */
static __always_inline void sections_kept(struct builder *b, struct syscall_end *end,
					  struct task_state *state)
{
	if (state->entry.kind == ENTRY_IPC)
		sections_ipc(b, end, &state->entry.ipc);
	if (state->entry.kind == ENTRY_CLOCK)
		sections_clock(b, end, &state->entry.clock);
}

#endif
