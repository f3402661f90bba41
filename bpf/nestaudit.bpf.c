/* SPDX-License-Identifier: GPL-2.0 */
/* Every program in one object, so that they share their maps. */
#include "sys_enter.bpf.c"
#include "sys_exit.bpf.c"
#include "functions.bpf.c"
#include "exec.bpf.c"
#include "hooks.bpf.c"
#include "lookups.bpf.c"
#include "names.bpf.c"
#include "signal.bpf.c"
#include "task.bpf.c"
#include "cgroup.bpf.c"
#include "module.bpf.c"
#include "identify.bpf.c"
#include "abend.bpf.c"
#include "seccomp.bpf.c"
#include "login.bpf.c"
#include "promiscuous.bpf.c"
#include "clock.bpf.c"
#include "uring.bpf.c"
#include "preemption.bpf.c"

char LICENSE[] SEC("license") = "GPL";
