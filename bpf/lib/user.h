/* SPDX-License-Identifier: GPL-2.0 */
/*
 * EVENT_USER: what a program has the audit write: kernel/audit.c, audit_receive. It is taken from
 * the kernel's own copy of what was sent, by whatever call and over whoever's socket.
 */
#ifndef NESTAUDIT_USER_H
#define NESTAUDIT_USER_H

#include "own.h"

/* include/uapi/linux/audit.h */
#define AUDIT_USER            1005
#define AUDIT_FIRST_USER_MSG  1100
#define AUDIT_USER_TTY        1124
#define AUDIT_LAST_USER_MSG   1199
#define AUDIT_FIRST_USER_MSG2 2100
#define AUDIT_LAST_USER_MSG2  2999
#define AUDIT_TTY_ENABLE      1

#define CAP_AUDIT_WRITE    29 /* include/uapi/linux/capability.h */
#define NETLINK_SKB_DST    8  /* include/linux/netlink.h: the sender has named the receiver */
#define USERNS_LEVELS      33 /* kernel/user_namespace.c, create_user_ns: 32, and the first */
#define USER_MESSAGES_MAX  64 /* of one call that are told; of more one loss is counted */
#define MESSAGE_TEXT_PARTS 3

/* include/uapi/linux/netlink.h */
struct nlmsghdr {
	uint32_t nlmsg_len;
	uint16_t nlmsg_type;
	uint16_t nlmsg_flags;
	uint32_t nlmsg_seq;
	uint32_t nlmsg_pid;
};

static __always_inline bool is_user_message(uint32_t type)
{
	return type == AUDIT_USER ||
	       (type >= AUDIT_FIRST_USER_MSG && type <= AUDIT_LAST_USER_MSG) ||
	       (type >= AUDIT_FIRST_USER_MSG2 && type <= AUDIT_LAST_USER_MSG2);
}

/*
 * Whether credentials give CAP_AUDIT_WRITE in a user namespace: security/commoncap.c, cap_capable.
 * Not static: verified once.
 */
__noinline uint64_t user_capable(uint64_t credentials, uint64_t namespace)
{
	struct cred *cred = (void *)credentials;
	struct user_namespace *own = READ(cred, user_ns), *ns = (void *)namespace;
	int level = READ(own, level);
	uint64_t effective = 0;

	BPF_CORE_READ_INTO(&effective, cred, cap_effective);
	for (uint32_t i = 0; i < USERNS_LEVELS && ns; i++) {
		if (ns == own)
			return effective >> CAP_AUDIT_WRITE & 1;
		if (READ(ns, level) <= level)
			return 0;
		struct user_namespace *parent = READ(ns, parent);
		if (parent == own && READ(ns, owner.val) == READ(cred, euid.val))
			return 1;
		ns = parent;
	}
	return 0;
}

struct privilege_walk {
	struct pid *pid;
	uint64_t sender;
	uint64_t opener; /* who has opened the socket; 0: he is not asked */
	uint64_t privileged;
};

static long privilege_step(uint32_t index, struct privilege_walk *w)
{
	struct pid *pid = w->pid;
	struct upid number = {};

	bpf_probe_read_kernel(&number, sizeof(number), &pid->numbers[index & 63]);
	struct pid_namespace *ns = number.ns;
	uint64_t owner = (uint64_t)READ(ns, user_ns);
	if (user_capable(w->sender, owner) && (!w->opener || user_capable(w->opener, owner)))
		w->privileged |= 1ull << (index & 63);
	return 0;
}

/* event_message.privileged of the current task: net/netlink/af_netlink.c, netlink_capable. */
static __noinline uint64_t user_privileged(struct sk_buff *skb)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct netlink_skb_parms *parms = (void *)&skb->cb;
	struct privilege_walk walk = {
	    .pid = READ(task, thread_pid),
	    .sender = (uint64_t)READ(task, cred),
	};
	uint32_t level = READ(task, thread_pid, level);

	if (level >= EVENT_PIDNS_LEVELS)
		return 0;
	if (!(READ(parms, flags) & NETLINK_SKB_DST))
		walk.opener = (uint64_t)READ(parms, sk, sk_socket, file, f_cred);
	bpf_loop(level + 1, privilege_step, &walk, 0);
	return walk.privileged;
}

/* Appends a text in parts. */
static __always_inline void sections_text(struct builder *b, uint64_t text, uint64_t length)
{
	for (uint32_t part = 0; part < MESSAGE_TEXT_PARTS; part++) {
		uint8_t *data = section_data(b);
		uint64_t bytes = at_most(length, EVENT_PATH_MAX);
		if (!data || !bytes || bpf_probe_read_kernel(data, bytes, (void *)text))
			return;
		section_close(b, SECTION_MESSAGE_TEXT, part, bytes);
		text += bytes;
		length -= bytes;
	}
}

/* Tells of one message with `length` bytes of text. Not static: verified once. */
__noinline int user_tell(uint64_t privileged, uint64_t text, uint32_t length, uint32_t type)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct task_state *state = own_state(task);
	struct builder b;
	char last = 0;

	/* kernel/audit.c, audit_receive_msg: the last byte is taken for the end of the text. */
	bpf_probe_read_kernel(&last, 1, (void *)text + length - 1);
	if (type != AUDIT_USER_TTY || !last)
		length--;
	if (!state || !own_start(&b, state))
		return 0;
	builder_retype(&b, EVENT_USER);
	struct event_message *message = (void *)section_data(&b);
	if (!message)
		return 0;
	message->privileged = privileged;
	message->type = type;
	message->pad = 0;
	section_close(&b, SECTION_MESSAGE, 0, sizeof(*message));
	sections_text(&b, text, at_most(length, EVENT_TEXT_MAX));
	return own_end(&b, state);
}

struct message_walk {
	uint64_t at;
	uint64_t privileged;
	uint32_t left;
	uint32_t tty;
};

static long message_step(uint32_t index, struct message_walk *w)
{
	struct nlmsghdr head = {};

	if (w->left < sizeof(head) || bpf_probe_read_kernel(&head, sizeof(head), (void *)w->at) ||
	    head.nlmsg_len < sizeof(head) || head.nlmsg_len > w->left)
		return 1;
	uint32_t length = head.nlmsg_len - sizeof(head);
	/* Without a character to print, and where the terminal is not audited, it is refused. */
	if (is_user_message(head.nlmsg_type) && length >= 2 &&
	    (head.nlmsg_type != AUDIT_USER_TTY || w->tty))
		user_tell(w->privileged, w->at + sizeof(head), length, head.nlmsg_type);
	uint32_t whole = (head.nlmsg_len + 3) & ~3u;
	w->at += whole;
	w->left = whole < w->left ? w->left - whole : 0;
	return 0;
}

/* Tells of all messages that the current task sends to the kernel's audit in one call. */
static __always_inline void user_messages(struct sk_buff *skb)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct message_walk walk = {
	    .at = (uint64_t)READ(skb, data),
	    .left = READ(skb, len),
	    .tty = READ(task, signal, audit_tty) & AUDIT_TTY_ENABLE,
	};
	struct task_state *state = own_state(task);

	if (!state)
		return;
	walk.privileged = user_privileged(skb);
	if (!walk.privileged)
		return;
	if (bpf_loop(USER_MESSAGES_MAX, message_step, &walk, 0) == USER_MESSAGES_MAX &&
	    walk.left >= sizeof(struct nlmsghdr))
		count_loss(state->contid, state->policy, ~0u, LOSS_RING_FULL);
}

#endif
