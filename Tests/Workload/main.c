/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "workload.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int calls_made;

void fail(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fputs("workload: ", stderr);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	va_end(arguments);
	exit(1);
}

void check(long result, long expected, const char *call)
{
	long got = result < 0 ? -errno : result;

	calls_made++;
	if (got != expected)
		fail("%s returned %ld, not %ld", call, got, expected);
}

long check_success(long result, const char *call)
{
	calls_made++;
	if (result < 0)
		fail("%s: %s", call, strerror(errno));
	return result;
}

static void parity(int least)
{
	while (calls_made < least) {
		mix_execve();
		mix_openat();
		mix_connect();
		mix_unlinkat();
		mix_kill();
		mix_signals();
		mix_names();
		mix_paths();
		mix_pairs();
		mix_mmap();
		mix_openat2();
		mix_capset();
		mix_queue();
		mix_narrow();
		mix_addresses();
		mix_capable();
		mix_x32();
		mix_ipc();
		mix_ipc_narrow();
		mix_clock();
		mix_narrow_paths();
	}
	printf("%d calls\n", calls_made);
}

/* What only root can, without harm to the machine; in a machine of its own, all of it. */
static void privileged(int all)
{
	mix_ipc();
	mix_ipc_narrow();
	ipc_in_namespace();
	mounts_in_namespace();
	clock_changes(all);
	printf("%d calls\n", calls_made);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (!strcmp(what, "parity") && argc == 3)
		parity(atoi(argv[2]));
	else if (!strcmp(what, "getppid") && argc == 3)
		bench_getppid(atol(argv[2]));
	else if (!strcmp(what, "open") && argc == 4)
		bench_open(atol(argv[2]), argv[3]);
	else if (!strcmp(what, "pace") && argc == 5)
		bench_pace(atol(argv[2]), atol(argv[3]), argv[4]);
	else if (!strcmp(what, "numbered") && argc == 4)
		numbered(atol(argv[2]), atol(argv[3]));
	else if (!strcmp(what, "swap") && argc == 4)
		swap(atol(argv[2]), argv[3]);
	else if (!strcmp(what, "race") && argc >= 4)
		race(argv + 2);
	else if (!strcmp(what, "hostile") && argc == 2)
		hostile();
	else if (!strcmp(what, "capable") && argc == 2)
		capable_prepare();
	else if (!strcmp(what, "program") && argc == 2)
		load_program();
	else if (!strcmp(what, "programs") && argc == 2)
		load_programs();
	else if (!strcmp(what, "fanotify") && argc == 2)
		ask_listener();
	else if (!strcmp(what, "labels") && argc > 2)
		labels(argc - 2, argv + 2);
	else if (!strcmp(what, "refused") && argc == 2)
		refused_by_seccomp();
	else if (!strcmp(what, "foreign") && argc == 3)
		strcmp(argv[2], "make") ? foreign_remove() : foreign_make();
	else if (!strcmp(what, "privileged") && argc == 3)
		privileged(!strcmp(argv[2], "all"));
	else if (!strcmp(what, "module") && argc == 4)
		load_module(argv[2], argv[3]);
	else if (!strcmp(what, "numbers") && argc == 2)
		every_number();
	else if (!strcmp(what, "unreadable") && argc == 2)
		unreadable();
	else if (!strcmp(what, "prepare") && argc == 2)
		rules_prepare();
	else if (!strcmp(what, "rules") && argc == 2)
		rules();
	else if (!strcmp(what, "opens") && argc == 2)
		rules_opens();
	else if (!strcmp(what, "own") && argc == 2)
		own();
	else if (!strcmp(what, "logged") && argc == 2)
		own_logged();
	else if (!strcmp(what, "messages") && argc == 3)
		messages(argv[2]);
	else if (!strcmp(what, "flood") && argc == 2)
		messages_flood();
	else if (!strcmp(what, "ring") && argc == 2)
		ring_run();
	else if (!strcmp(what, "ring-rule") && argc == 4)
		ring_rule(atoi(argv[2]), argv[3]);
	else {
		fputs(
		    "usage: workload parity CALLS | getppid COUNT | open COUNT PATH | "
		    "pace SECONDS RATE PATH | "
		    "numbered RATE COUNT | swap COUNT PATH | race {CALL COUNT}... | hostile | "
		    "unreadable | refused | foreign make|remove | privileged little|all | "
		    "prepare | rules | opens | own | logged | capable | program | programs | "
		    "fanotify | module FILE NAME | labels LABEL… | ring | ring-rule UID KEY | "
		    "numbers | messages AUID | flood\n"
		    "All but getppid, open, pace, numbered, swap and ring-rule work in the current "
		    "directory.\n",
		    stderr);
		return 2;
	}
	return 0;
}
