/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel's audit tells without a rule: deaths, seccomp, logins, promiscuous interfaces. */
#define _GNU_SOURCE
#include "workload.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/seccomp.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <pthread.h>
#include <unistd.h>

/* Runs a part in a process of its own, which must end as expected: the signal, or minus its status.
 */
static void in_child(void (*part)(void), int expected)
{
	int status, ended;
	pid_t child = fork();

	if (child < 0)
		fail("fork: %s", strerror(errno));
	if (child == 0) {
		struct rlimit none = {0, 0};

		setrlimit(RLIMIT_CORE, &none);
		/* What the program is linked with may handle some. */
		for (int number = 1; number < 32; number++)
			signal(number, SIG_DFL);
		part();
		_exit(0);
	}
	waitpid(child, &status, 0);
	ended = WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status);
	calls_made++;
	if (ended != expected)
		fail("a child ended by %d, not %d", ended, expected);
}

static void ignore(int signal)
{
}

/* Deaths: what dumps core is told, unless it is asked for by SIGQUIT. */
static void die_of_a_fault(void)
{
	static volatile int *volatile nowhere;

	*nowhere = 0;
}

static void die_of_an_instruction(void)
{
	__builtin_trap();
}

static void die_of_abort(void)
{
	prctl(PR_SET_NAME, "two words");
	syscall(SYS_kill, getpid(), SIGABRT);
}

static void die_of_quit(void)
{
	syscall(SYS_kill, getpid(), SIGQUIT);
}

static void die_of_alarm(void)
{
	struct itimerval soon = {.it_value = {0, 1000}};

	setitimer(ITIMER_REAL, &soon, NULL);
	pause();
}

static void survive(void)
{
	signal(SIGSEGV, ignore);
	syscall(SYS_kill, getpid(), SIGSEGV);
	signal(SIGABRT, SIG_IGN);
	syscall(SYS_kill, getpid(), SIGABRT);
}

static void *fault(void *argument)
{
	prctl(PR_SET_NAME, "thread");
	die_of_a_fault();
	return argument;
}

static void die_of_a_thread(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, fault, NULL);
	pthread_join(thread, NULL);
}

/* Seccomp. `what` becomes of getppid. */
static void filter(unsigned int what, unsigned int flags)
{
	struct sock_filter code[] = {
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
	    BPF_STMT(BPF_RET | BPF_K, what),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {4, code};

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program))
		fail("seccomp: %s", strerror(errno));
}

static void kill_process(void)
{
	filter(SECCOMP_RET_KILL_PROCESS | 7, 0);
	syscall(SYS_getppid, 1, 2, 3);
}

static void kill_only_thread(void)
{
	filter(SECCOMP_RET_KILL_THREAD, 0);
	syscall(SYS_getppid);
}

static void *ask_parent(void *argument)
{
	prctl(PR_SET_NAME, "asks");
	syscall(SYS_getppid);
	return argument;
}

static void kill_one_thread(void)
{
	pthread_t thread;

	filter(SECCOMP_RET_KILL_THREAD, 0);
	pthread_create(&thread, NULL, ask_parent, NULL);
	pthread_join(thread, NULL);
	_exit(3);
}

static void kill_all_threads(void)
{
	pthread_t thread;

	filter(SECCOMP_RET_KILL_PROCESS, 0);
	pthread_create(&thread, NULL, ask_parent, NULL);
	pthread_join(thread, NULL);
}

static void kill_strictly(void)
{
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
	syscall(SYS_getpid);
}

static void kill_narrowly(void)
{
	/* What has the number of getppid in the other arch: an iopl that nobody makes. */
	int result;

	filter(SECCOMP_RET_KILL_PROCESS, 0);
	asm volatile("int $0x80"
		     : "=a"(result)
		     : "a"(SYS_getppid), "b"(0), "c"(0), "d"(0)
		     : "memory");
}

static void trap(void)
{
	signal(SIGSYS, ignore);
	filter(SECCOMP_RET_TRAP, SECCOMP_FILTER_FLAG_LOG);
	syscall(SYS_getppid);
	/* Made by the program, and nothing that seccomp has done. */
	siginfo_t forged = {.si_signo = SIGSYS, .si_code = 1 /* SYS_SECCOMP */};

	syscall(SYS_rt_sigqueueinfo, getpid(), SIGSYS, &forged);
}

static void trap_quietly(void)
{
	signal(SIGSYS, ignore);
	filter(SECCOMP_RET_TRAP, 0);
	syscall(SYS_getppid);
}

/* Logins, each of a thread that has none: the second of one is refused. */
static int loginuid(const char *path)
{
	int file = open(path, O_WRONLY | O_CLOEXEC);

	if (file < 0)
		fail("%s: %s", path, strerror(errno));
	return file;
}

static void login(void)
{
	int file = loginuid("/proc/self/loginuid");

	MUST_BE(-EINVAL, syscall(SYS_write, file, "x", 1));
	MUST_BE(4, syscall(SYS_write, file, "1234", 4));
	close(file);
	file = loginuid("/proc/self/loginuid");
	MUST_BE(-EPERM, syscall(SYS_write, file, "+0777\n", 6));
	close(file);
}

static void *login_vector(void *argument)
{
	char path[64];
	struct iovec vector = {"0000000000000000000000000000077", 31};
	int file;

	snprintf(path, sizeof(path), "/proc/%d/task/%ld/loginuid", getpid(), syscall(SYS_gettid));
	file = loginuid(path);
	MUST_BE(31, syscall(SYS_writev, file, &vector, 1));
	close(file);
	return argument;
}

static void login_by_thread(void)
{
	pthread_t thread;
	int file;

	pthread_create(&thread, NULL, login_vector, NULL);
	pthread_join(thread, NULL);
	file = loginuid("/proc/self/loginuid");
	MUST_BE(-EINVAL, syscall(SYS_pwrite64, file, "5", 1, 1));
	MUST_BE(1, syscall(SYS_pwrite64, file, "5", 1, 0));
	close(file);
}

static void login_for_another(void)
{
	char path[64];
	int file;
	pid_t child = fork();

	if (child == 0) {
		pause();
		_exit(0);
	}
	snprintf(path, sizeof(path), "/proc/%d/loginuid", child);
	file = loginuid(path);
	MUST_BE(-EPERM, syscall(SYS_write, file, "9", 1));
	close(file);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

/* Promiscuous mode, in a network of one's own. */
static void flags(int socket_, short value)
{
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = value};

	MUST_BE(0, ioctl(socket_, SIOCSIFFLAGS, &request));
}

static void promiscuous_by_message(unsigned int value)
{
	struct {
		struct nlmsghdr header;
		struct ifinfomsg info;
	} message = {{sizeof(message), RTM_NEWLINK, NLM_F_REQUEST, 1, 0},
		     {.ifi_index = 1, .ifi_flags = value, .ifi_change = IFF_PROMISC}};
	struct sockaddr_nl address = {.nl_family = AF_NETLINK};
	int socket_ = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	MUST_BE((long)sizeof(message), syscall(SYS_sendto, socket_, &message, sizeof(message), 0,
					       &address, sizeof(address)));
	close(socket_);
}

static void promiscuous(void)
{
	int socket_, packets;
	struct packet_mreq request = {.mr_ifindex = 1, .mr_type = PACKET_MR_PROMISC};

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET))
		fail("unshare: %s", strerror(errno));
	socket_ = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	flags(socket_, IFF_UP | IFF_PROMISC);
	flags(socket_, IFF_UP);
	promiscuous_by_message(IFF_PROMISC);
	promiscuous_by_message(0);
	packets = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	MUST_BE(0,
		setsockopt(packets, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &request, sizeof(request)));
	close(packets);
	packets = socket(AF_PACKET, SOCK_RAW, 0);
	MUST_BE(0,
		setsockopt(packets, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &request, sizeof(request)));
}

void own(void)
{
	in_child(die_of_a_fault, SIGSEGV);
	in_child(die_of_an_instruction, SIGILL);
	in_child(die_of_abort, SIGABRT);
	in_child(die_of_quit, SIGQUIT);
	in_child(die_of_alarm, SIGALRM);
	in_child(survive, 0);
	in_child(die_of_a_thread, SIGSEGV);
	in_child(kill_process, SIGSYS);
	in_child(kill_only_thread, SIGSYS);
	in_child(kill_one_thread, -3);
	in_child(kill_all_threads, SIGSYS);
	in_child(kill_strictly, SIGKILL);
	in_child(kill_narrowly, SIGSYS);
	in_child(trap, 0);
	in_child(trap_quietly, 0);
	in_child(login, 0);
	in_child(login_by_thread, 0);
	in_child(login_for_another, 0);
	in_child(promiscuous, 0);
	printf("%d calls\n", calls_made);
}

/* What seccomp logs and lets pass. */
static void pass_logged(void)
{
	filter(SECCOMP_RET_LOG, 0);
	syscall(SYS_getppid);
}

static void refuse_logged(void)
{
	filter(SECCOMP_RET_ERRNO | EACCES, SECCOMP_FILTER_FLAG_LOG);
	MUST_BE(-EACCES, syscall(SYS_getppid));
}

static void refuse_quietly(void)
{
	filter(SECCOMP_RET_ERRNO | EACCES, 0);
	MUST_BE(-EACCES, syscall(SYS_getppid));
}

void own_logged(void)
{
	in_child(pass_logged, 0);
	in_child(refuse_logged, 0);
	in_child(refuse_quietly, 0);
	printf("%d calls\n", calls_made);
}
