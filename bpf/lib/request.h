/* SPDX-License-Identifier: GPL-2.0 */
/*
 * EVENT_REQUEST: a request of io_uring, told as the syscall that does the same. Everything is read
 * from the kernel's own request: what the ring has of it is the caller's memory.
 */
#ifndef NESTAUDIT_REQUEST_H
#define NESTAUDIT_REQUEST_H

#include "own.h"
#include "touch.h"

#define EAGAIN            11
#define AT_FDCWD          ((uint64_t)-100)
#define REQ_F_FORCE_ASYNC (1u << 4) /* include/linux/io_uring_types.h: as IOSQE_ASYNC */
#define REQ_F_CQE_SKIP    (1u << 6)

/* include/uapi/linux/io_uring.h; those that have a name, a file or an address to be told. */
enum operation {
	OPERATION_ACCEPT = 13,
	OPERATION_CONNECT = 16,
	OPERATION_OPENAT = 18,
	OPERATION_CLOSE = 19,
	OPERATION_OPENAT2 = 28,
	OPERATION_RENAMEAT = 35,
	OPERATION_UNLINKAT = 36,
	OPERATION_MKDIRAT = 37,
	OPERATION_SYMLINKAT = 38,
	OPERATION_LINKAT = 39,
	OPERATION_FSETXATTR = 41,
	OPERATION_SETXATTR = 42,
	OPERATION_GETXATTR = 44,
};

static __always_inline bool operation_bit(const uint64_t row[POLICY_OPERATIONS / 64],
					  uint32_t operation)
{
	return row[operation / 64 & (POLICY_OPERATIONS / 64 - 1)] >> (operation & 63) & 1;
}

/* Whether the policy of a task asks for an operation. */
static __always_inline bool request_asked(struct task_state *state, uint32_t operation)
{
	uint32_t policy = state->policy;
	struct policy_entry *entry = bpf_map_lookup_elem(&policies, &policy);

	return policy == POLICY_UNDECIDED || !entry || operation_bit(entry->operations, operation);
}

/* The state of the current task, if somebody may want to know of this operation; else NULL. */
static __always_inline struct task_state *request_task(uint32_t operation)
{
	struct task_struct *task = bpf_get_current_task_btf();

	if (!operation_bit(control.operations, operation) || task->tgid == control.collector)
		return NULL;
	struct task_state *state = task_state_of(task);
	if (!state) {
		count_unkept();
		return NULL;
	}
	return request_asked(state, operation) ? state : NULL;
}

/* Takes what an operation keeps of its request; the names are not copied yet. */
static __noinline int request_read(struct request_state *to, struct io_kiocb *request)
{
	struct io_open *open = (void *)request;
	struct io_rename *rename = (void *)request;
	struct io_unlink *unlink = (void *)request;
	struct io_mkdir *mkdir = (void *)request;
	struct io_link *link = (void *)request;
	struct io_xattr *xattr = (void *)request;
	struct io_accept *accept = (void *)request;

	__builtin_memset(to, 0, sizeof(*to));
	to->request = (uint64_t)request;
	to->operation = READ(request, opcode);
	to->syscall = -1;
	switch (to->operation) {
	case OPERATION_OPENAT:
	case OPERATION_OPENAT2:
		to->syscall = 257; /* openat */
		to->args[0] = (int64_t)READ(open, dfd);
		to->name[0] = (uint64_t)READ(open, filename);
		to->args[2] = READ(open, how.flags);
		to->args[3] = READ(open, how.mode);
		to->slotted = READ(open, file_slot);
		break;
	case OPERATION_RENAMEAT:
		to->syscall = 316; /* renameat2 */
		to->args[0] = (int64_t)READ(rename, old_dfd);
		to->name[0] = (uint64_t)READ(rename, oldpath);
		to->args[2] = (int64_t)READ(rename, new_dfd);
		to->name[1] = (uint64_t)READ(rename, newpath);
		to->args[4] = READ(rename, flags);
		break;
	case OPERATION_UNLINKAT:
		to->syscall = 263; /* unlinkat */
		to->args[0] = (int64_t)READ(unlink, dfd);
		to->name[0] = (uint64_t)READ(unlink, filename);
		to->args[2] = READ(unlink, flags);
		break;
	case OPERATION_MKDIRAT:
		to->syscall = 258; /* mkdirat */
		to->args[0] = (int64_t)READ(mkdir, dfd);
		to->name[0] = (uint64_t)READ(mkdir, filename);
		to->args[2] = READ(mkdir, mode);
		break;
	case OPERATION_SYMLINKAT:
		to->syscall = 266; /* symlinkat */
		to->args[1] = (int64_t)READ(link, new_dfd);
		to->name[0] = (uint64_t)READ(link, oldpath);
		to->name[1] = (uint64_t)READ(link, newpath);
		break;
	case OPERATION_LINKAT:
		to->syscall = 265; /* linkat */
		to->args[0] = (int64_t)READ(link, old_dfd);
		to->name[0] = (uint64_t)READ(link, oldpath);
		to->args[2] = (int64_t)READ(link, new_dfd);
		to->name[1] = (uint64_t)READ(link, newpath);
		to->args[4] = READ(link, flags);
		break;
	case OPERATION_FSETXATTR:
		to->syscall = 190; /* fsetxattr */
		to->args[0] = -1;  /* its file is the request's: it need not have a descriptor */
		break;
	case OPERATION_SETXATTR:
		to->syscall = 188; /* setxattr */
		to->name[0] = (uint64_t)READ(xattr, filename);
		break;
	case OPERATION_GETXATTR:
		to->syscall = 191; /* getxattr */
		to->name[0] = (uint64_t)READ(xattr, filename);
		break;
	case OPERATION_ACCEPT:
		to->syscall = 43; /* accept */
		to->args[1] = (uint64_t)READ(accept, addr);
		to->args[2] = (uint64_t)READ(accept, addr_len);
		to->slotted = READ(accept, file_slot);
		break;
	case OPERATION_CONNECT:
		to->syscall = 42; /* connect */
	}
	return 0;
}

/* Whether `length` bytes at a place in the kernel are those of `mine`, behind which are zeros. */
static __noinline bool address_is_at(struct taken_memory *mine, uint64_t place, uint32_t length)
{
	for (uint32_t i = 0; i < EVENT_SOCKADDR_MAX / 8; i++) {
		uint64_t word = 0, own = 0;
		uint32_t rest = length > i * 8 ? length - i * 8 : 0;
		if (!rest)
			break;
		if (bpf_probe_read_kernel(&word, sizeof(word), (void *)place + i * 8))
			return false;
		__builtin_memcpy(&own, mine->address + i * 8, sizeof(own));
		if (rest < 8)
			word &= (1ull << 8 * rest) - 1;
		if (word != own)
			return false;
	}
	return true;
}

/*
 * Takes the address that a connect was given. The kernel has its own copy in one of two places,
 * and no type says which: it is read from the caller's memory, and held against both. One that has
 * been rewritten since is none. Before Linux 6.7 there is no copy yet, and move_addr_to_kernel
 * tells of it.
 */
static __always_inline bool request_take_address(struct taken_memory *to,
						 struct request_state *ring)
{
	struct io_connect *connect = (void *)ring->request;
	struct io_kiocb *request = (void *)ring->request;

	if (ring->operation != OPERATION_CONNECT || bpf_core_type_exists(struct io_async_connect) ||
	    !bpf_core_type_exists(struct io_async_msghdr))
		return false;
	uint64_t length = READ(connect, addr_len);
	uint64_t copy = (uint64_t)READ(request, async_data);
	if (!copy || !length || length > EVENT_SOCKADDR_MAX)
		return false;
	length = at_most(length, EVENT_SOCKADDR_MAX);
	__builtin_memset(to->address, 0, sizeof(to->address));
	if (bpf_probe_read_user(to->address, length, READ(connect, addr)))
		return false;
	to->address_length = length;
	return address_is_at(to, copy, length) ||
	       address_is_at(to, copy + bpf_core_field_offset(struct io_async_msghdr, addr),
			     length);
}

/* Whether a request was not run because its descriptor is none: the audit has not heard of it. */
static __always_inline bool request_lacks_file(struct request_state *ring, int64_t result)
{
	struct io_kiocb *request = (void *)ring->request;

	return result == -EBADF && !ring->name[0] && ring->operation != OPERATION_CLOSE &&
	       !READ(request, file);
}

/* Whether the task is in a syscall: once that has ended the register has its result. */
static __always_inline bool in_syscall(void)
{
	struct pt_regs *regs = (void *)bpf_task_pt_regs(bpf_get_current_task_btf());

	return (int32_t)READ(regs, orig_ax) >= 0 && (int64_t)READ(regs, ax) == -ENOSYS;
}

/*
 * Tells of the request that the task runs.
 * `issued`: what running it has returned; `result`: what it comes to.
 */
static __noinline int request_tell(struct task_state *state, int64_t issued, int64_t result,
				   bool is_within)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct syscall_end *end = syscall_end_memory();
	struct subject *subject = subject_memory();
	uint32_t cause = is_within ? LOSS_PART : LOSS_RING_FULL;
	struct builder b;

	if (!end || !subject)
		return 0;
	process_key_ids(&subject->key, task);
	if (!syscall_announce(state, ~0u, cause))
		return 0;
	end->arch = POLICY_ARCH_64;
	end->syscall = state->ring.syscall;
	end->result = result;
	end->flags = is_within ? EVENT_OF_SYSCALL : 0;
	for (uint32_t i = 0; i < 6; i++)
		end->args[i] = state->ring.args[i];
	if (!syscall_start(&b, state, end, ~0u))
		return 0;
	builder_retype(&b, EVENT_REQUEST);
	struct event_request *told = (void *)section_data(&b);
	if (!told)
		return 0;
	told->operation = state->ring.operation;
	told->pad = 0;
	told->issued = issued;
	section_close(&b, SECTION_REQUEST, 0, sizeof(*told));
	sections_of_shape(&b, state, end);
	if (state->ring.operation == OPERATION_FSETXATTR) {
		struct io_kiocb *request = (void *)state->ring.request;
		struct file *file = READ(request, file);
		if (file)
			section_object(&b, 0, file_dentry(file), OBJECT_DESCRIPTOR);
	}
	if (is_got(address_kind(end)) && !state->ring.slotted)
		section_got(&b, end, state);
	section_cwd(&b, task);
	if (!builder_submit(&b))
		count_loss(state->contid, state->policy, ~0u, cause);
	if (is_within)
		own_syscall(state);
	return 0;
}

#endif
