/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls whose audit events are known beforehand.
 *
 * Every call goes through syscall(2): libc must not choose another one, nor repeat it. What a call
 * returns is checked against what it must return, so that a log is never compared with a workload
 * that went another way.
 */
#ifndef WORKLOAD_H
#define WORKLOAD_H

#include <stddef.h>

/* One call of the mix: counts it, and ends the program if it did not return what it must. */
#define MUST_BE(expected, call) check((call), (expected), #call)

/* One call that succeeds; its value is returned. */
#define MUST_WORK(call) check_success((call), #call)

void check(long result, long expected, const char *call);
long check_success(long result, const char *call);

/* How many calls were made and checked, here and in children. */
extern int calls_made;

/* Ends the program with the reason. */
void fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* Requests of io_uring, and the rule that asks the kernel's audit for those of a user. */
void ring_run(void);
void ring_rule(unsigned int uid, const char *key);

/* The parts of the parity mix; each works in the current directory and leaves it as it was. */
void mix_execve(void);
void mix_openat(void);
void mix_connect(void);
void mix_unlinkat(void);
void mix_kill(void);
void mix_signals(void);
void mix_names(void);
void mix_paths(void);
void mix_pairs(void);
void mix_mmap(void);
void mix_openat2(void);
void mix_capset(void);
void mix_queue(void);
void mix_narrow(void);
void mix_addresses(void);
void mix_capable(void);
void mix_x32(void);
void mix_ipc(void);
void mix_ipc_narrow(void);
void mix_clock(void);
void mix_narrow_paths(void);

/* System V objects of root alone, which the mix of another user then finds: made, or removed. */
void foreign_make(void);
void foreign_remove(void);

/* Many objects in an IPC namespace of its own; as root. */
void ipc_in_namespace(void);

/* Calls that take names, in a mount namespace of its own; as root. */
void mounts_in_namespace(void);

/* The module of this file and name, loaded and removed; as root, in a machine of its own. */
void load_module(const char *path, const char *name);

/* A call that is made, and then refused by seccomp: no call at all. */
void refused_by_seccomp(void);

/* Changes of the clock, each taken back; some that set it a little off only if `all`. As root. */
void clock_changes(int all);

/* For measurements: nanoseconds per call on standard output. */
void bench_getppid(long count);
void bench_open(long count, const char *path);
void bench_pace(long seconds, long rate, const char *path);

/*
 * lseek(-1, N, KIND), so many a second: each call is told from all others by its number and its
 * kind. COUNT calls, or with 0 until standard input ends; how many on standard output.
 */
void numbered(long rate, long count);

/* Opens a file so often, while another thread puts another file behind the descriptor it gets. */
void swap(long count, const char *path);

/*
 * Opens, unlinks, renames or connects to one of two names so often each, while another thread
 * rewrites the one as the other; openat2 has one of two flags so. Prints the names and their
 * inodes, which stay the same.
 */
void race(char **calls);

/* As root, once: the files with capabilities that the parity mix uses where they are. */
void capable_prepare(void);

/* Loads BPF programs; the second lets several go in several ways. */
void load_program(void);
void load_programs(void);

/* Asks a listener, who wants his answers in the audit; as root. */
void ask_listener(void);

/* Makes calls under security labels. */
void labels(int count, char **label);

/* Names, arguments and paths made to break a log. */
void hostile(void);

/* What the kernel's audit tells without a rule; and of that what seccomp logs and lets pass. */
void own(void);
void own_logged(void);

/* What programs have the kernel's audit write, sent in every way, and what it refuses; and more of
 * it in one call than anybody looks at. As root of a user namespace, with this login uid. */
void messages(const char *login);
void messages_flood(void);

/* An open that succeeds after its name has left the caller's memory. */
void unreadable(void);

/* Every syscall there can be, without an argument that means anything; as root, in a machine of its
 * own. Prints the arch, the number and the process of each. */
void every_number(void);

/* What rules are tried on, in the current directory: once made ready, then as often as one likes.
 */
void rules_prepare(void);
void rules(void);
void rules_opens(void);

#endif
