/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A successful execve. At its end the registers and the old memory are gone, so the arguments are
 * kept when the kernel has decided to go through with it (sched_prepare_exec, Linux 6.10), and the
 * event is made once the new program stands (sched_process_exec), where its result is known to be
 * 0.
 */
#include "lib/argv.h"
#include "lib/gain.h"
#include "lib/own.h"
#include "lib/places.h"
#include "lib/syscall.h"

/* Where a file keeps the work of letting it go: fs/file_table.c, fput. */
static __always_inline uint32_t task_work_at(void)
{
	struct file *file = NULL;
	struct file___6_2 *middle = NULL;

	if (bpf_core_field_exists(file->f_task_work))
		return bpf_core_field_offset(file->f_task_work);
	if (bpf_core_field_exists(middle->f_rcuhead))
		return bpf_core_field_offset(middle->f_rcuhead);
	return bpf_core_field_offset(struct file___6_1, f_u.fu_rcuhead);
}

/* A script's file was let go for its interpreter just before: fput left it on the list of the
 * task's work. */
static __always_inline void keep_script(struct exec_entry *exec, struct task_struct *task,
					struct linux_binprm *bprm)
{
	struct callback_head *work = READ(task, task_works);

	exec->scripts = 0;
	if (READ(bprm, interp) == READ(bprm, filename) || !work)
		return;
	if (!kernel_places.file_put || (uint64_t)READ(work, func) != kernel_places.file_put)
		return;
	struct file *file = (void *)work - task_work_at();
	struct inode *inode = file_inode(file);
	if (!inode)
		return;
	object_of_inode(&exec->script, inode, OBJECT_EXECUTABLE);
	exec->scripts = 1;
}

/* What a task was before its exec. */
static __always_inline int keep_exec(struct task_struct *task, struct linux_binprm *bprm)
{
	struct pt_regs *regs = (void *)bpf_task_pt_regs(task);
	uint32_t arch = arch_of(task);
	int32_t syscall = READ(regs, orig_ax);

	if (!gate_open(arch, syscall) && !control.owned)
		return 0;
	struct task_state *state = task_state_of(task);
	if (!state)
		return 0;
	arguments_of(regs, arch, state->exec.args);
	state->exec.arch = arch;
	state->exec.syscall = syscall;
	keep_script(&state->exec, task, bprm);
	exec_gain(&state->exec.caps, bprm);
	state->exec.valid = 1;
	return 0;
}

SEC("tp_btf/sched_prepare_exec")
int BPF_PROG(nestaudit_prepare_exec, struct task_struct *task, struct linux_binprm *bprm)
{
	return keep_exec(task, bprm);
}

/* In place of that tracepoint, before Linux 6.10: the new credentials are made there, just before.
 */
SEC("fexit/security_bprm_creds_from_file")
int BPF_PROG(nestaudit_creds_from_file, struct linux_binprm *bprm, struct file *file, int result)
{
	return result ? 0 : keep_exec(bpf_get_current_task_btf(), bprm);
}

/* The name that was given to execve. For execveat the kernel put "/dev/fd/N/" before it. */
static __always_inline void section_exec_name(struct builder *b, struct linux_binprm *bprm)
{
	uint8_t *data = section_data(b);
	const char *name = READ(bprm, filename);

	if (!data)
		return;
	if (READ(bprm, fdpath)) {
		char head[20] = {};
		uint32_t skip = 0;
		bpf_probe_read_kernel_str(head, sizeof(head), name);
		for (uint32_t i = 8; i < sizeof(head); i++) {
			if (head[i] == '/' || !head[i]) {
				skip = head[i] ? i + 1 : i;
				break;
			}
		}
		name += skip;
	}
	long length = bpf_probe_read_kernel_str(data, EVENT_PATH_MAX, name);
	if (length > 0 && length <= EVENT_PATH_MAX)
		section_close(b, SECTION_PATH, 0, length - 1);
}

static long vma_dentry(struct task_struct *task, struct vm_area_struct *vma, struct dentry **dentry)
{
	struct file *file = READ(vma, vm_file);

	if (file)
		*dentry = file_dentry(file);
	return 0;
}

/*
 * The dynamic loader is what the kernel mapped at AT_BASE (fs/binfmt_elf.c, create_elf_tables).
 * False if there is one, and others keep it from being looked up.
 */
static __noinline bool loader_dentry(struct task_struct *task, struct dentry **loader)
{
	struct mm_struct *mm = READ(task, mm);
	unsigned long base = 0;
	struct dentry *dentry = NULL;

	for (uint32_t i = 0; i < 26; i++) {
		unsigned long entry[2] = {};
		bpf_probe_read_kernel(entry, sizeof(entry), &mm->saved_auxv[2 * i]);
		if (entry[0] == 0)
			break;
		if (entry[0] == 7 /* AT_BASE */) {
			base = entry[1];
			break;
		}
	}
	if (base)
		bpf_find_vma(task, base, vma_dentry, &dentry, 0);
	*loader = dentry;
	return dentry || !base;
}

/* PATH items in the kernel's order: the file, a script's interpreter, the loader. */
static __noinline int sections_exec(struct builder *b, struct exec_entry *exec,
				    struct linux_binprm *bprm)
{
	struct task_struct *task = bpf_get_current_task_btf();
	bool script = READ(bprm, interp) != READ(bprm, filename);
	struct dentry *dentry = READ(bprm, file, f_path.dentry);
	struct dentry *loader = NULL;

	section_exec_name(b, bprm);
	if (!script) {
		section_object(b, 0, dentry, OBJECT_EXECUTABLE);
	} else {
		uint8_t *data = section_data(b);
		if (exec->valid && exec->scripts && data) {
			__builtin_memcpy(data, &exec->script, sizeof(exec->script));
			section_close(b, SECTION_OBJECT, 0, sizeof(exec->script));
		}
		section_object(b, 1, dentry, OBJECT_INTERPRETER);
		data = section_data(b);
		if (data) {
			long length =
			    bpf_probe_read_kernel_str(data, EVENT_PATH_MAX, READ(bprm, interp));
			if (length > 0 && length <= EVENT_PATH_MAX)
				section_close(b, SECTION_OBJECT_NAME, 1, length - 1);
		}
	}
	loader_dentry(task, &loader);
	section_object(b, 2, loader, OBJECT_LOADER);
	uint8_t *data = section_data(b);
	if (exec->valid && exec->caps.gain && data) {
		__builtin_memcpy(data, &exec->caps, sizeof(exec->caps));
		section_close(b, SECTION_EXEC_CAPS, 0, sizeof(exec->caps));
	}
	section_cwd(b, task);
	return 0;
}

/* A script's file has been let go, and with it its place. */
static __always_inline void exec_names(struct subject *subject, struct task_struct *task,
				       struct linux_binprm *bprm)
{
	bool script = READ(bprm, interp) != READ(bprm, filename);
	struct dentry *loader = NULL;

	subject->is_exec = 1;
	subject->exec[0] = 0;
	if (!script && loader_dentry(task, &loader))
		subject->exec[0] = (uint64_t)READ(bprm, file, f_path.dentry);
	subject->exec[1] = (uint64_t)loader;
}

static __noinline int exec_capture(struct task_state *state, struct linux_binprm *bprm)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pt_regs *regs = (void *)bpf_task_pt_regs(task);
	struct syscall_end *end = syscall_end_memory();
	bool owned = own_take(state);
	struct builder b;

	if (!end)
		return 0;
	if (state->exec.valid) {
		end->arch = state->exec.arch;
		end->syscall = state->exec.syscall;
		__builtin_memcpy(end->args, state->exec.args, sizeof(state->exec.args));
	} else {
		end->arch = arch_of(task);
		end->syscall = READ(regs, orig_ax);
		end->flags = EVENT_NO_ARGS;
	}
	if (!gate_open(end->arch, end->syscall) && !owned)
		return 0;
	uint32_t muted;
	if (!policy_open(state, end->arch, end->syscall, &muted) && !owned)
		return 0;
	struct subject *subject = syscall_subject(task, state, end);
	if (!subject)
		return 0;
	exec_names(subject, task, bprm);
	uint32_t wants = match_policy(state->policy, cell_of(end), muted);
	if (owned) {
		end->flags |= EVENT_OWNED;
		wants = ~0u;
	}
	if (!wants || !syscall_announce(state, wants, LOSS_RING_FULL))
		return 0;
	end->argc = READ(bprm, argc);
	int64_t bytes = argv_submit(state, task);
	if (bytes < 0) {
		count_loss(state->contid, state->policy, wants, LOSS_RING_FULL);
		return 0;
	}
	end->argv_bytes = bytes;
	if (!syscall_start(&b, state, end, wants))
		return 0;
	sections_exec(&b, &state->exec, bprm);
	syscall_submit(&b, state, wants);
	return 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(nestaudit_process_exec, struct task_struct *task, pid_t old, struct linux_binprm *bprm)
{
	struct task_state *state = task_state_of(task);

	if (!state) {
		count_unkept();
		return 0;
	}
	container_birth(state, task);
	if (task->tgid != control.collector)
		exec_capture(state, bprm);
	state->exec.valid = 0;
	parts_end(state);
	return 0;
}
