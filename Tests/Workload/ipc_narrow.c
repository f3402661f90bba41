/* SPDX-License-Identifier: Apache-2.0 */
/* System V objects by the calls of the 32-bit arch: those of their own, and all in one. */
#define _GNU_SOURCE
#include "narrow.h"
#include "workload.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/sem.h>
#include <unistd.h>

/* arch/x86/entry/syscalls/syscall_32.tbl */
enum {
	NARROW_IPC = 117,
	NARROW_SEMGET = 393,
	NARROW_SEMCTL = 394,
	NARROW_SHMGET = 395,
	NARROW_SHMCTL = 396,
	NARROW_SHMAT = 397,
	NARROW_MSGGET = 399,
	NARROW_MSGSND = 400,
	NARROW_MSGRCV = 401,
	NARROW_MSGCTL = 402,
	NARROW_SEMTIMEDOP_TIME64 = 420,
};

/* What ipc() does: include/uapi/linux/ipc.h. */
enum {
	IPC_SEMOP = 1,
	IPC_SEMGET = 2,
	IPC_SEMCTL = 3,
	IPC_SEMTIMEDOP = 4,
	IPC_MSGSND = 11,
	IPC_MSGRCV = 12,
	IPC_MSGGET = 13,
	IPC_MSGCTL = 14,
	IPC_SHMAT = 21,
	IPC_SHMGET = 23,
	IPC_SHMCTL = 24,
	IPC_NEW = 0x100,
};

/* Of a 32-bit caller, old and new. */
static struct low {
	union {
		struct {
			uint32_t key;
			uint16_t uid, gid, cuid, cgid, mode, seq;
			uint32_t first, last, times[3], large[2];
			uint16_t bytes, messages, size;
		} old;
		struct {
			uint32_t key, uid, gid, cuid, cgid;
			uint16_t mode, pad;
			uint32_t rest[3];
			uint32_t times[6], bytes, messages, size;
		} new;
		uint32_t words[64];
	};
	struct {
		uint32_t type;
		char text[8];
	} letter;
	struct sembuf up;
	uint32_t pointer, kludge[2], attached;
	uint64_t timeout[2];
} * low;

#define ONE(call, ...) NARROW(NARROW_IPC, call, __VA_ARGS__)

static void narrow_multiplexed(void)
{
	uint32_t state = at(low->words), key = getpid() << 4 | 1;
	long id = MUST_WORK(ONE(IPC_SHMGET, key, 4096, 0600 | IPC_CREAT));

	MUST_BE(id, ONE(IPC_SHMGET, key, 0, 0600));
	MUST_BE(0, ONE(IPC_SHMAT, id, 0, at(&low->attached), 0));
	munmap((void *)(uintptr_t)low->attached, 4096);
	MUST_BE(-EFAULT, ONE(IPC_SHMAT, id, 0, 8, 0));
	MUST_BE(-EINVAL, ONE(1 << 16 | IPC_SHMAT, id, 0, at(&low->attached), 0));
	MUST_BE(0, ONE(IPC_SHMCTL, id, IPC_STAT | IPC_NEW, 0, state));
	low->new.mode = 0640;
	MUST_BE(0, ONE(IPC_SHMCTL, id, IPC_SET | IPC_NEW, 0, state));
	memset(low->words, 0, sizeof(low->words));
	low->old.uid = low->old.gid = 64998;
	low->old.mode = 0604;
	MUST_BE(0, ONE(IPC_SHMCTL, id, IPC_SET, 0, state));
	MUST_BE(0, ONE(IPC_SHMCTL, id, IPC_RMID, 0, 0));

	id = MUST_WORK(ONE(IPC_SEMGET, key, 1, 0600 | IPC_CREAT));
	MUST_BE(0, ONE(IPC_SEMOP, id, 1, 0, at(&low->up)));
	low->words[0] = 0;
	low->words[1] = 1000;
	low->up.sem_op = -9;
	MUST_BE(-EAGAIN, ONE(IPC_SEMTIMEDOP, id, 1, 0, at(&low->up), state));
	low->up.sem_op = 1;
	low->pointer = state;
	memset(low->words, 0, sizeof(low->words));
	low->new.uid = low->new.gid = 70000;
	low->new.mode = 0660;
	MUST_BE(0, ONE(IPC_SEMCTL, id, 0, IPC_SET | IPC_NEW, at(&low->pointer)));
	MUST_BE(-EFAULT, ONE(IPC_SEMCTL, id, 0, IPC_SET | IPC_NEW, 8));
	MUST_BE(-EFAULT, ONE(IPC_SEMCTL, id, 0, IPC_RMID, 8));
	MUST_BE(-EINVAL, ONE(IPC_SEMCTL, id, 0, IPC_SET, 0));
	MUST_BE(0, ONE(IPC_SEMCTL, id, 0, IPC_RMID, at(&low->pointer)));

	id = MUST_WORK(ONE(IPC_MSGGET, key, 0600 | IPC_CREAT));
	MUST_BE(0, ONE(IPC_MSGSND, id, 8, 0, at(&low->letter)));
	low->kludge[0] = at(&low->letter);
	low->kludge[1] = 0;
	MUST_BE(8, ONE(IPC_MSGRCV, id, 8, 0, at(low->kludge)));
	MUST_BE(-EFAULT, ONE(IPC_MSGRCV, id, 8, 0, 8));
	MUST_BE(-ENOMSG, ONE(1 << 16 | IPC_MSGRCV, id, 8, IPC_NOWAIT, at(&low->letter), 0));
	memset(low->words, 0, sizeof(low->words));
	low->old.uid = low->old.gid = 64999;
	low->old.mode = 0600;
	low->old.size = 0x234;
	MUST_BE(0, ONE(IPC_MSGCTL, id, IPC_SET, 0, state));
	memset(low->words, 0, sizeof(low->words));
	low->new.uid = low->new.gid = 64999;
	low->new.mode = 0444;
	low->new.size = 0x345;
	MUST_BE(0, ONE(IPC_MSGCTL, id, IPC_SET | IPC_NEW, 0, state));
	MUST_BE(0, ONE(IPC_MSGCTL, id, IPC_RMID, 0, 0));
	MUST_BE(-EINVAL, ONE(IPC_MSGCTL, id, IPC_RMID, 0, 0));
	MUST_BE(-ENOSYS, ONE(99, id, 0, 0, 0));
}

static void narrow_direct(void)
{
	uint32_t state = at(low->words), key = getpid() << 4 | 1;
	long id = MUST_WORK(NARROW(NARROW_SHMGET, key, 4096, 0600 | IPC_CREAT));

	MUST_BE(id, NARROW(NARROW_SHMGET, key, 0, 0));
	munmap((void *)MUST_WORK(NARROW(NARROW_SHMAT, id, 0, 0)), 4096);
	memset(low->words, 0, sizeof(low->words));
	low->new.uid = low->new.gid = 64997;
	low->new.mode = 0640;
	MUST_BE(0, NARROW(NARROW_SHMCTL, id, IPC_SET, state));
	MUST_BE(-EINVAL, NARROW(NARROW_SHMCTL, id, IPC_SET | IPC_NEW, state));
	MUST_BE(0, NARROW(NARROW_SHMCTL, id, IPC_RMID, 0));

	id = MUST_WORK(NARROW(NARROW_SEMGET, key, 1, 0600 | IPC_CREAT));
	low->timeout[0] = 1;
	low->timeout[1] = 0;
	MUST_BE(0, NARROW(NARROW_SEMTIMEDOP_TIME64, id, at(&low->up), 1, at(low->timeout)));
	MUST_BE(1, NARROW(NARROW_SEMCTL, id, 0, GETVAL, 0));
	MUST_BE(0, NARROW(NARROW_SEMCTL, id, 0, IPC_SET, state));
	MUST_BE(0, NARROW(NARROW_SEMCTL, id, 0, IPC_RMID, 0));

	id = MUST_WORK(NARROW(NARROW_MSGGET, key, 0600 | IPC_CREAT));
	MUST_BE(0, NARROW(NARROW_MSGSND, id, at(&low->letter), 8, 0));
	MUST_BE(8, NARROW(NARROW_MSGRCV, id, at(&low->letter), 8, 0, 0));
	low->new.size = 77;
	MUST_BE(0, NARROW(NARROW_MSGCTL, id, IPC_SET, state));
	MUST_BE(0, NARROW(NARROW_MSGCTL, id, IPC_RMID, 0));
}

void mix_ipc_narrow(void)
{
	low = low_memory(sizeof(*low));
	low->letter.type = 1;
	low->up.sem_op = 1;
	narrow_multiplexed();
	narrow_direct();
	munmap(low, sizeof(*low));
}
