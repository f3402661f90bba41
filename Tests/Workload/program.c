/* SPDX-License-Identifier: Apache-2.0 */
/* Loads BPF programs, and lets them go: for who has CAP_BPF. */
#define _GNU_SOURCE
#include "workload.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct bpf_insn instructions[] = {
    {.code = 0xb7, .dst_reg = 0, .imm = 0}, /* r0 = 0 */
    {.code = 0x95},                         /* exit */
};

static long load(unsigned int count)
{
	union bpf_attr load = {.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
			       .insns = (unsigned long)instructions,
			       .insn_cnt = count,
			       .license = (unsigned long)"GPL"};

	return syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof(load));
}

void load_program(void)
{
	union bpf_attr map = {
	    .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 1};

	close((int)MUST_WORK(load(2)));
	close((int)MUST_WORK(syscall(SYS_bpf, BPF_MAP_CREATE, &map, sizeof(map))));
	MUST_BE(-E2BIG, load(0));
}

void load_programs(void)
{
	int program, sockets[2];

	/* Let go by a close, by another file in its place, with its socket, and at the end. */
	close((int)MUST_WORK(load(2)));
	program = (int)MUST_WORK(load(2));
	dup2(STDOUT_FILENO, program);
	close(program);
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, sockets))
		fail("socketpair: %s", strerror(errno));
	program = (int)MUST_WORK(load(2));
	MUST_BE(0, setsockopt(sockets[0], SOL_SOCKET, SO_ATTACH_BPF, &program, sizeof(program)));
	close(program);
	/* The one before it goes at once. */
	program = (int)MUST_WORK(load(2));
	MUST_BE(0, setsockopt(sockets[0], SOL_SOCKET, SO_ATTACH_BPF, &program, sizeof(program)));
	close(program);
	MUST_WORK(load(2));
	printf("%d calls\n", calls_made);
}
