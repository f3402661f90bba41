/* SPDX-License-Identifier: GPL-2.0 */
/*
 * URINGOP: requests of io_uring, where they are run (io_uring/io_uring.c, io_issue_sqe): by the
 * task in io_uring_enter, by a worker or by the thread that polls a ring. Attached only while a
 * rule asks for an operation.
 */
#include "lib/request.h"

SEC("fentry/io_issue_sqe")
int BPF_PROG(nestaudit_request_begin, struct io_kiocb *request)
{
	struct task_state *state = request_task(request->opcode);

	if (!state)
		return 0;
	parts_check(state);
	parts_end(state);
	request_read(&state->ring, request);
	if (state->ring.name[0])
		take_name_as(state, 0, (void *)state->ring.name[0]);
	if (state->ring.name[1])
		take_name_as(state, 1, (void *)state->ring.name[1]);
	if (state->ring.operation == OPERATION_CONNECT) {
		struct taken_memory *memory = taken_memory(state, true);
		if (memory && request_take_address(memory, &state->ring))
			state->taken |= TAKEN_ADDRESS;
	}
	return 0;
}

SEC("fexit/io_issue_sqe")
int BPF_PROG(nestaudit_request_end, struct io_kiocb *request, unsigned int flags, int issued)
{
	struct task_state *state = request_state();

	if (!state || state->ring.request != (uint64_t)request)
		return 0;
	bool told = request_lacks_file(&state->ring, issued);
	if (!told && memory_hold()) {
		request_tell(state, issued, issued ? issued : request->cqe.res, in_syscall());
		memory_release();
		told = true;
	}
	if (!told)
		count_loss(state->contid, state->policy, ~0u, LOSS_NO_STORAGE);
	parts_end(state);
	state->ring.request = 0;
	return 0;
}

/*
 * Without hooks: from a request's submission to its completion. Whether it was run on the way, and
 * where, is told by what happens to it in between.
 */
#define REQUESTS_MAX 4096
#define ECANCELED    125

struct kept_request {
	struct request_state ring;
	uint64_t ctx;       /* struct io_ring_ctx, and what the caller knows the request by … */
	uint64_t user_data; /* … which is all that an overflow tells */
	uint32_t is_async;  /* a worker has it */
	uint32_t pad;
	struct taken_memory taken;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, REQUESTS_MAX);
	__type(key, uint64_t);
	__type(value, struct kept_request);
} requests SEC(".maps");

/* What a request is before anything is known of it. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, uint32_t);
	__type(value, struct kept_request);
} empty_request SEC(".maps");

static __always_inline uint32_t kept_name(char path[EVENT_PATH_MAX], uint64_t name)
{
	long length =
	    bpf_probe_read_kernel_str(path, EVENT_PATH_MAX, READ((struct filename *)name, name));

	return length > 0 && length <= EVENT_PATH_MAX ? length - 1 : 0;
}

/* Tells of a request that is kept. Inlined: frames are few, and share 512 bytes. */
static __always_inline int kept_tell(struct kept_request *kept, int64_t issued, int64_t result)
{
	struct task_state *state = request_task(kept->ring.operation);

	if (!state)
		return 0;
	parts_check(state);
	parts_end(state);
	state->ring = kept->ring;
	struct taken_memory *memory = taken_memory(state, true);
	if (memory) {
		bpf_probe_read_kernel(memory, sizeof(*memory), &kept->taken);
		if (kept->ring.name[0])
			state->taken |= TAKEN_FIRST;
		if (kept->ring.name[1])
			state->taken |= TAKEN_SECOND;
		if (kept->taken.address_length)
			state->taken |= TAKEN_ADDRESS;
	}
	request_tell(state, issued, result, !kept->is_async && in_syscall());
	parts_end(state);
	state->ring.request = 0;
	return 0;
}

/* Keeps a request; whether nothing will tell of it any more if it succeeds. */
static __noinline bool request_keep(struct io_kiocb *request)
{
	uint64_t key = (uint64_t)request;
	uint32_t zero = 0;
	struct task_state *state = request_task(READ(request, opcode));
	struct kept_request *empty = bpf_map_lookup_elem(&empty_request, &zero);

	if (!state || !empty)
		return false;
	bpf_map_update_elem(&requests, &key, empty, BPF_ANY);
	struct kept_request *kept = bpf_map_lookup_elem(&requests, &key);
	if (!kept) {
		count_loss(state->contid, state->policy, ~0u, LOSS_NO_STORAGE);
		return false;
	}
	request_read(&kept->ring, request);
	kept->ctx = (uint64_t)READ(request, ctx);
	kept->user_data = READ(request, cqe.user_data);
	if (kept->ring.name[0])
		kept->taken.length[0] = kept_name(kept->taken.path[0], kept->ring.name[0]);
	if (kept->ring.name[1])
		kept->taken.length[1] = kept_name(kept->taken.path[1], kept->ring.name[1]);
	if (!request_take_address(&kept->taken, &kept->ring))
		kept->taken.address_length = 0;
	uint32_t flags = READ(request, flags);
	kept->is_async = !!(flags & REQ_F_FORCE_ASYNC);
	return flags & REQ_F_CQE_SKIP;
}

/* Tells of a kept request that is done: was it run? */
static __always_inline int request_done(uint64_t key, int64_t result, bool is_seen)
{
	struct kept_request *kept = bpf_map_lookup_elem(&requests, &key);

	if (!kept)
		return 0;
	if (!is_seen)
		kept->ring.slotted = 1;
	if (result != -ECANCELED && !request_lacks_file(&kept->ring, result))
		kept_tell(kept, 0, result);
	bpf_map_delete_elem(&requests, &key);
	return 0;
}

static __always_inline int request_submitted(struct io_kiocb *request)
{
	return request_keep(request) ? request_done((uint64_t)request, 0, false) : 0;
}

SEC("tp_btf/io_uring_submit_req")
int BPF_PROG(nestaudit_submit_req, struct io_kiocb *request)
{
	return request_submitted(request);
}

/* Its name before Linux 6.4. */
SEC("tp_btf/io_uring_submit_sqe")
int BPF_PROG(nestaudit_submit_sqe, struct io_kiocb *request)
{
	return request_submitted(request);
}

/* It goes to a worker: was it tried before? */
SEC("tp_btf/io_uring_queue_async_work")
int BPF_PROG(nestaudit_request_queued, struct io_kiocb *request)
{
	uint64_t key = (uint64_t)request;
	struct kept_request *kept = bpf_map_lookup_elem(&requests, &key);

	if (!kept)
		return 0;
	if (!kept->is_async)
		kept_tell(kept, -EAGAIN, -EAGAIN);
	kept->is_async = 1;
	return 0;
}

/* It was tried, and waits for its file. */
SEC("tp_btf/io_uring_poll_arm")
int BPF_PROG(nestaudit_request_waits, struct io_kiocb *request)
{
	uint64_t key = (uint64_t)request;
	struct kept_request *kept = bpf_map_lookup_elem(&requests, &key);

	if (kept)
		kept_tell(kept, -EAGAIN, -EAGAIN);
	return 0;
}

SEC("tp_btf/io_uring_complete")
int BPF_PROG(nestaudit_request_completed, void *ctx_of, struct io_kiocb *request)
{
	if (!request)
		return 0;
	return request_done((uint64_t)request, READ(request, cqe.res), true);
}

struct overflow {
	uint64_t ctx;
	uint64_t user_data;
	uint64_t request;
};

static long overflow_match(void *map, const uint64_t *key, struct kept_request *kept,
			   struct overflow *of)
{
	if (kept->ctx != of->ctx || kept->user_data != of->user_data)
		return 0;
	of->request = *key;
	return 1;
}

/* Its completion has no room in the ring; nothing says which request it is of. */
SEC("tp_btf/io_uring_cqe_overflow")
int BPF_PROG(nestaudit_request_overflow, void *ctx_of, unsigned long long user_data, int result)
{
	struct overflow of = {.ctx = (uint64_t)ctx_of, .user_data = user_data};

	bpf_for_each_map_elem(&requests, overflow_match, &of, 0);
	return of.request ? request_done(of.request, result, true) : 0;
}
