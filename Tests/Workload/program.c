/* SPDX-License-Identifier: Apache-2.0 */
/* Loads BPF programs: for who has CAP_BPF. */
#define _GNU_SOURCE
#include "workload.h"

#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

void load_program(void)
{
	const struct bpf_insn instructions[] = {
	    {.code = 0xb7, .dst_reg = 0, .imm = 0}, /* r0 = 0 */
	    {.code = 0x95},                         /* exit */
	};
	union bpf_attr load = {.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
			       .insns = (unsigned long)instructions,
			       .insn_cnt = 2,
			       .license = (unsigned long)"GPL"};
	union bpf_attr map = {
	    .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 1};

	close((int)MUST_WORK(syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof(load))));
	close((int)MUST_WORK(syscall(SYS_bpf, BPF_MAP_CREATE, &map, sizeof(map))));
	load.insn_cnt = 0;
	MUST_BE(-E2BIG, syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof(load)));
}
