/* SPDX-License-Identifier: Apache-2.0 */
/* System V objects: each call as far as the kernel looks at an object, and just before. */
#define _GNU_SOURCE
#include "workload.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { FOREIGN_KEY = 0x6e617564 };

#define BAD ((void *)8)

static struct letter {
	long type;
	char text[8];
} letter = {.type = 1, .text = "letter"};

static int own_key(void)
{
	return getpid() << 4 | 1;
}

static bool is_root(void)
{
	return geteuid() == 0;
}

/* What a caller gets who has no right to it, but for root. */
#define DENIED(error, call) (is_root() ? (void)MUST_WORK(call) : MUST_BE(-(error), call))

static void segments(void)
{
	struct shmid_ds state;
	int key = own_key();
	void *place;
	long id;

	MUST_BE(-ENOENT, syscall(SYS_shmget, key, 4096, 0600));
	id = MUST_WORK(syscall(SYS_shmget, key, 4096, 0640 | IPC_CREAT | IPC_EXCL));
	MUST_BE(-EEXIST, syscall(SYS_shmget, key, 4096, 0600 | IPC_CREAT | IPC_EXCL));
	MUST_BE(id, syscall(SYS_shmget, key, 4096, 0600 | IPC_CREAT));
	MUST_BE(id, syscall(SYS_shmget, key, 0, 0));
	MUST_BE(-EINVAL, syscall(SYS_shmget, key, 8192, 0600));
	place = (void *)MUST_WORK(syscall(SYS_shmat, id, NULL, 0));
	MUST_BE(-EINVAL, syscall(SYS_shmat, id, place, 0));
	MUST_BE(-EINVAL, syscall(SYS_shmat, id, (char *)place + 1, 0));
	MUST_BE(-EINVAL, syscall(SYS_shmat, id, (char *)place + 1, SHM_RND));
	MUST_BE(-EINVAL, syscall(SYS_shmat, id, NULL, SHM_REMAP));
	MUST_BE(-EINVAL, syscall(SYS_shmat, -1, NULL, 0));
	MUST_BE(0, syscall(SYS_shmctl, id, IPC_STAT, &state));
	MUST_BE(-EFAULT, syscall(SYS_shmctl, id, IPC_STAT, BAD));
	MUST_WORK(syscall(SYS_shmctl, 0, SHM_INFO, &state));
	MUST_WORK(syscall(SYS_shmctl, 0, IPC_INFO, &state));
	MUST_BE(id, syscall(SYS_shmctl, id & 0x7fff, SHM_STAT, &state));
	MUST_BE(id, syscall(SYS_shmctl, id & 0x7fff, 15 /* SHM_STAT_ANY */, &state));
	MUST_BE(-EINVAL, syscall(SYS_shmctl, 0x7ffe, SHM_STAT, &state));
	MUST_BE(0, syscall(SYS_shmctl, id, SHM_LOCK, NULL));
	MUST_BE(0, syscall(SYS_shmctl, id, SHM_UNLOCK, NULL));
	MUST_BE(-EFAULT, syscall(SYS_shmctl, id, IPC_SET, BAD));
	MUST_BE(-EINVAL, syscall(SYS_shmctl, id, 99, &state));
	state.shm_perm.mode = 0;
	MUST_BE(0, syscall(SYS_shmctl, id, IPC_SET, &state));
	DENIED(EACCES, syscall(SYS_shmget, key, 0, 0400));
	DENIED(EACCES, syscall(SYS_shmctl, id, IPC_STAT, &state));
	if (!is_root())
		MUST_BE(-EACCES, syscall(SYS_shmat, id, NULL, SHM_RDONLY));
	state.shm_perm.uid = -1;
	MUST_BE(-EINVAL, syscall(SYS_shmctl, id, IPC_SET, &state));
	MUST_BE(0, syscall(SYS_shmctl, id, IPC_RMID, NULL));
	MUST_BE(0, syscall(SYS_shmctl, id, IPC_RMID, NULL));
	MUST_BE(0, syscall(SYS_shmdt, place));
	MUST_BE(-EINVAL, syscall(SYS_shmctl, id, IPC_RMID, NULL));
	MUST_BE(-EINVAL, syscall(SYS_shmctl, -1, IPC_RMID, NULL));
}

/* Waits for a semaphore that is removed meanwhile: then nothing is left of it. */
static void removed_while_waiting(void)
{
	struct sembuf down = {.sem_op = -1};
	long id = MUST_WORK(syscall(SYS_semget, IPC_PRIVATE, 1, 0666));
	int status;
	pid_t child = fork();

	if (child < 0)
		fail("fork: %s", strerror(errno));
	if (child == 0) {
		MUST_BE(-EIDRM, syscall(SYS_semop, id, &down, 1));
		_exit(0);
	}
	while (MUST_WORK(syscall(SYS_semctl, id, 0, GETNCNT, 0)) == 0)
		usleep(1000);
	MUST_BE(0, syscall(SYS_semctl, id, 0, IPC_RMID, 0));
	if (waitpid(child, &status, 0) != child || status)
		fail("the child ended with %d", status);
}

static void semaphores(void)
{
	static struct sembuf many[600];
	struct sembuf up = {.sem_op = 1}, far = {.sem_num = 7, .sem_op = 1};
	struct sembuf down = {.sem_op = -5, .sem_flg = IPC_NOWAIT}, large = {.sem_op = 32767};
	struct timespec soon = {.tv_nsec = 1000}, wrong = {.tv_nsec = -1};
	unsigned short values[2] = {1, 2};
	struct semid_ds state;
	int key = own_key();
	long id = MUST_WORK(syscall(SYS_semget, key, 2, 0600 | IPC_CREAT | IPC_EXCL));

	MUST_BE(id, syscall(SYS_semget, key, 2, 0600 | IPC_CREAT));
	MUST_BE(-EINVAL, syscall(SYS_semget, key, 3, 0600));
	MUST_BE(-EEXIST, syscall(SYS_semget, key, 2, IPC_CREAT | IPC_EXCL));
	MUST_BE(0, syscall(SYS_semop, id, &up, 1));
	MUST_BE(-EFBIG, syscall(SYS_semop, id, &far, 1));
	MUST_BE(-E2BIG, syscall(SYS_semop, id, many, 600));
	MUST_BE(-EINVAL, syscall(SYS_semop, id, &up, 0));
	MUST_BE(-EINVAL, syscall(SYS_semop, id ^ 1 << 20, &up, 1));
	MUST_BE(-EFAULT, syscall(SYS_semop, id, BAD, 1));
	MUST_BE(-EAGAIN, syscall(SYS_semop, id, &down, 1));
	MUST_BE(-ERANGE, syscall(SYS_semop, id, &large, 1));
	down.sem_flg = 0;
	MUST_BE(-EAGAIN, syscall(SYS_semtimedop, id, &down, 1, &soon));
	MUST_BE(-EINVAL, syscall(SYS_semtimedop, id, &down, 1, &wrong));
	MUST_BE(-EFAULT, syscall(SYS_semtimedop, id, &down, 1, BAD));
	MUST_BE(0, syscall(SYS_semctl, id, 0, SETVAL, 3));
	MUST_BE(-ERANGE, syscall(SYS_semctl, id, 0, SETVAL, 40000));
	MUST_BE(-EINVAL, syscall(SYS_semctl, id, 9, SETVAL, 3));
	MUST_BE(3, syscall(SYS_semctl, id, 0, GETVAL, 0));
	MUST_BE(-EINVAL, syscall(SYS_semctl, id, 9, GETVAL, 0));
	MUST_BE(0, syscall(SYS_semctl, id, 0, GETALL, values));
	MUST_BE(0, syscall(SYS_semctl, id, 0, SETALL, values));
	MUST_BE(-EFAULT, syscall(SYS_semctl, id, 0, SETALL, BAD));
	MUST_BE(0, syscall(SYS_semctl, id, 0, IPC_STAT, &state));
	MUST_BE(id, syscall(SYS_semctl, id & 0x7fff, 0, SEM_STAT, &state));
	MUST_BE(id, syscall(SYS_semctl, id & 0x7fff, 0, 20 /* SEM_STAT_ANY */, &state));
	MUST_WORK(syscall(SYS_semctl, 0, 0, SEM_INFO, &state));
	MUST_BE(-EINVAL, syscall(SYS_semctl, id, 0, 99, 0));
	MUST_BE(-EFAULT, syscall(SYS_semctl, id, 0, IPC_SET, BAD));
	MUST_BE(0, syscall(SYS_semctl, id, 0, IPC_STAT, &state));
	state.sem_perm.mode = 01200;
	MUST_BE(0, syscall(SYS_semctl, id, 0, IPC_SET, &state));
	DENIED(EACCES, syscall(SYS_semctl, id, 0, GETVAL, 0));
	DENIED(EACCES, syscall(SYS_semget, key, 2, 0600));
	MUST_BE(0, syscall(SYS_semop, id, &up, 1));
	MUST_BE(0, syscall(SYS_semctl, id, 0, IPC_RMID, 0));
	MUST_BE(-EINVAL, syscall(SYS_semctl, id, 0, IPC_RMID, 0));
	removed_while_waiting();
}

static void queues(void)
{
	struct msqid_ds state;
	int key = own_key();
	long id = MUST_WORK(syscall(SYS_msgget, key, 0600 | IPC_CREAT));

	MUST_BE(id, syscall(SYS_msgget, key, 0600 | IPC_CREAT));
	MUST_BE(id, syscall(SYS_msgget, key, 0600));
	MUST_BE(-EEXIST, syscall(SYS_msgget, key, 0600 | IPC_CREAT | IPC_EXCL));
	MUST_BE(0, syscall(SYS_msgsnd, id, &letter, 8, 0));
	MUST_BE(-EFAULT, syscall(SYS_msgsnd, id, BAD, 8, 0));
	MUST_BE(-EINVAL, syscall(SYS_msgsnd, id, &letter, -1, 0));
	MUST_BE(-EINVAL, syscall(SYS_msgsnd, id ^ 1 << 20, &letter, 8, 0));
	MUST_BE(-E2BIG, syscall(SYS_msgrcv, id, &letter, 1, 0, 0));
	MUST_BE(-ENOMSG, syscall(SYS_msgrcv, id, &letter, 8, 5, IPC_NOWAIT));
	MUST_BE(-EINVAL, syscall(SYS_msgrcv, id, &letter, -1L, 0, 0));
	MUST_BE(8, syscall(SYS_msgrcv, id, &letter, 8, 0, 0));
	MUST_BE(0, syscall(SYS_msgsnd, id, &letter, 8, 0));
	MUST_BE(-EFAULT, syscall(SYS_msgrcv, id, BAD, 8, 0, 0));
	MUST_BE(0, syscall(SYS_msgctl, id, IPC_STAT, &state));
	MUST_BE(id, syscall(SYS_msgctl, id & 0x7fff, MSG_STAT, &state));
	MUST_BE(id, syscall(SYS_msgctl, id & 0x7fff, 13 /* MSG_STAT_ANY */, &state));
	MUST_WORK(syscall(SYS_msgctl, 0, MSG_INFO, &state));
	MUST_BE(0, syscall(SYS_msgctl, id, IPC_STAT, &state));
	state.msg_qbytes = 12;
	state.msg_perm.mode = 0622;
	MUST_BE(0, syscall(SYS_msgctl, id, IPC_SET, &state));
	MUST_BE(0, syscall(SYS_msgsnd, id, &letter, 8, 0));
	MUST_BE(-EAGAIN, syscall(SYS_msgsnd, id, &letter, 8, IPC_NOWAIT));
	state.msg_qbytes = 0x180000005;
	if (!is_root())
		MUST_BE(-EPERM, syscall(SYS_msgctl, id, IPC_SET, &state));
	state.msg_qbytes = 0x1234;
	state.msg_perm.mode = 0;
	MUST_BE(0, syscall(SYS_msgctl, id, IPC_SET, &state));
	DENIED(EACCES, syscall(SYS_msgsnd, id, &letter, 8, 0));
	DENIED(EACCES, syscall(SYS_msgrcv, id, &letter, 8, 0, 0));
	MUST_BE(0, syscall(SYS_msgctl, id, IPC_RMID, NULL));
	MUST_BE(-EINVAL, syscall(SYS_msgctl, id, IPC_RMID, NULL));
}

static void refuse_shmctl(void)
{
	struct sock_filter code[] = {
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_shmctl, 0, 1),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = {.len = sizeof(code) / sizeof(*code), .filter = code};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter))
		fail("no seccomp: %s", strerror(errno));
}

void refused_by_seccomp(void)
{
	struct shmid_ds state;
	long id = MUST_WORK(syscall(SYS_shmget, IPC_PRIVATE, 4096, 0600));
	void *place = (void *)MUST_WORK(syscall(SYS_shmat, id, NULL, 0));

	MUST_BE(0, syscall(SYS_shmctl, id, IPC_RMID, NULL));
	MUST_BE(0, syscall(SYS_shmctl, id, IPC_STAT, &state));
	refuse_shmctl();
	MUST_BE(-EPERM, syscall(SYS_shmctl, id, IPC_STAT, &state));
	MUST_BE(0, syscall(SYS_shmdt, place));
}

void foreign_make(void)
{
	if (shmget(FOREIGN_KEY, 4096, 0600 | IPC_CREAT) < 0 ||
	    semget(FOREIGN_KEY, 1, 0600 | IPC_CREAT) < 0 ||
	    msgget(FOREIGN_KEY, 0600 | IPC_CREAT) < 0)
		fail("no objects: %s", strerror(errno));
}

void foreign_remove(void)
{
	shmctl(shmget(FOREIGN_KEY, 0, 0), IPC_RMID, NULL);
	semctl(semget(FOREIGN_KEY, 0, 0), 0, IPC_RMID);
	msgctl(msgget(FOREIGN_KEY, 0), IPC_RMID, NULL);
}

/* What is another user's. */
static void foreign(void)
{
	struct msqid_ds state = {.msg_qbytes = 5, .msg_perm.uid = 1234, .msg_perm.mode = 0604};
	struct sembuf up = {.sem_op = 1};
	long id = shmget(FOREIGN_KEY, 0, 0);

	if (is_root() || id < 0)
		return;
	MUST_BE(-EACCES, syscall(SYS_shmget, FOREIGN_KEY, 0, 0600));
	MUST_BE(-EACCES, syscall(SYS_shmat, id, NULL, 0));
	MUST_BE(-EPERM, syscall(SYS_shmctl, id, IPC_RMID, NULL));
	MUST_BE(-EPERM, syscall(SYS_shmctl, id, SHM_LOCK, NULL));
	id = MUST_WORK(syscall(SYS_semget, FOREIGN_KEY, 0, 0));
	MUST_BE(-EACCES, syscall(SYS_semop, id, &up, 1));
	MUST_BE(-EPERM, syscall(SYS_semctl, id, 0, IPC_RMID, 0));
	id = MUST_WORK(syscall(SYS_msgget, FOREIGN_KEY, 0));
	MUST_BE(-EPERM, syscall(SYS_msgctl, id, IPC_SET, &state));
}

/* So many that the kernel's tables of ids and keys grow; they go with their namespace. */
static void many(void)
{
	enum { QUEUES = 66 };
	long ids[QUEUES];

	for (int i = 0; i < QUEUES; i++)
		ids[i] = MUST_WORK(syscall(SYS_msgget, own_key() + 16 * i, 0600 | IPC_CREAT));
	for (int i = 0; i < QUEUES; i += 13)
		MUST_BE(ids[i], syscall(SYS_msgget, own_key() + 16 * i, 0600 | IPC_CREAT));
	MUST_BE(0, syscall(SYS_msgctl, ids[QUEUES - 1], IPC_RMID, NULL));
}

void ipc_in_namespace(void)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		if (unshare(CLONE_NEWIPC))
			fail("unshare: %s", strerror(errno));
		many();
		segments();
		_exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || status)
		fail("the child in another namespace has failed");
}

void mix_ipc(void)
{
	segments();
	semaphores();
	queues();
	foreign();
}
