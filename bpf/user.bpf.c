/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is sent to the kernel's audit: with hooks where it is received. A tracepoint tells of no
 * message before the kernel lets it go, in the task that has sent it, with its bytes as they were.
 */
#include "lib/places.h"
#include "lib/user.h"

#define AF_NETLINK    16 /* include/linux/socket.h */
#define NETLINK_AUDIT 9  /* include/uapi/linux/netlink.h */

SEC("fentry/audit_receive")
int BPF_PROG(nestaudit_audit_receive, struct sk_buff *skb)
{
	if (!memory_hold()) {
		count_unkept();
		return 0;
	}
	user_messages(skb);
	memory_release();
	return 0;
}

/* Every packet of the machine that is done with comes by: two loads for nearly all. */
SEC("tp_btf/consume_skb")
int BPF_PROG(nestaudit_consume_skb, struct sk_buff *skb)
{
	struct sock *sk = skb->sk;

	if (!sk || sk->sk_protocol != NETLINK_AUDIT || sk->__sk_common.skc_family != AF_NETLINK)
		return 0;
	uint64_t receives = (uint64_t)READ((struct netlink_sock *)sk, netlink_rcv);
	if (!receives || receives != kernel_places.audit_receive)
		return 0;
	user_messages(skb);
	return 0;
}
