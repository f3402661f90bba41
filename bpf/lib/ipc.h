/* SPDX-License-Identifier: GPL-2.0 */
/*
 * IPC and IPC_SET_PERM: the System V object that a syscall is for. It is looked up when the syscall
 * begins; with which errors the kernel had not come as far as audit_ipc_obj() is known from
 * ipc/util.c, shm.c, sem.c and msg.c.
 */
#ifndef NESTAUDIT_IPC_H
#define NESTAUDIT_IPC_H

#include "special.h"
#include "sysv.h"

/* The calls, by their numbers on x86-64; semtimedop is a semop. */
enum ipc_number {
	IPC_SHMGET = 29,
	IPC_SHMAT = 30,
	IPC_SHMCTL = 31,
	IPC_SEMGET = 64,
	IPC_SEMOP = 65,
	IPC_SEMCTL = 66,
	IPC_MSGGET = 68,
	IPC_MSGSND = 69,
	IPC_MSGRCV = 70,
	IPC_MSGCTL = 71,
};

#define IPC_CREAT   01000
#define IPC_EXCL    02000
#define IPC_RMID    0
#define IPC_SET     1
#define IPC_STAT    2
#define IPC_64      0x100 /* in the command of a 32-bit caller: the structures are the new ones */
#define IPC_VERSION 16    /* bits of ipc()'s call below its version */

#define SHM_RND   020000
#define SHM_REMAP 040000
#define MSG_COPY  040000

/* How what IPC_SET sets lies in memory. */
enum ipc_layout {
	IPC_LAYOUT_WIDE,
	IPC_LAYOUT_NARROW,
	IPC_LAYOUT_OLD, /* 32-bit, with ids of 16 bits */
	IPC_LAYOUTS = 3,
	IPC_LAYOUT_MSG = 4,      /* of a queue, with its size */
	IPC_LAYOUT_INDIRECT = 8, /* the address is at the address */
};

/* A call as x86-64 has it. */
struct ipc_call {
	uint64_t args[5];
	uint32_t number; /* enum ipc_number, or another: none of these */
	bool narrow;
	bool multiplexed; /* by ipc() */
	bool old;         /* msgrcv: buffer and type are in memory */
};

#define UNHEARD(error) (1ull << (error))

static __always_inline uint32_t ipc_number_32(uint32_t syscall)
{
	switch (syscall) {
	case 393:
		return IPC_SEMGET;
	case 394:
		return IPC_SEMCTL;
	case 395:
		return IPC_SHMGET;
	case 396:
		return IPC_SHMCTL;
	case 397:
		return IPC_SHMAT;
	case 399:
		return IPC_MSGGET;
	case 400:
		return IPC_MSGSND;
	case 401:
		return IPC_MSGRCV;
	case 402:
		return IPC_MSGCTL;
	case 420:
		return IPC_SEMOP;
	}
	return 0;
}

/* ipc/syscall.c, compat_ksys_ipc. */
static __always_inline void ipc_demultiplex(struct ipc_call *call, const uint64_t args[6])
{
	uint32_t version = (uint32_t)args[0] >> IPC_VERSION;
	uint32_t first = args[1], second = args[2], third = args[3], pointer = args[4];

	call->multiplexed = true;
	call->args[0] = first;
	call->args[1] = second;
	call->args[2] = third;
	switch (args[0] & ((1 << IPC_VERSION) - 1)) {
	case 1:
	case 4: /* SEMOP, SEMTIMEDOP */
		call->number = IPC_SEMOP;
		break;
	case 2:
		call->number = IPC_SEMGET;
		break;
	case 3:
		call->number = pointer ? IPC_SEMCTL : 0;
		call->args[3] = pointer;
		break;
	case 11:
		call->number = IPC_MSGSND;
		break;
	case 12:
		call->number = IPC_MSGRCV;
		call->args[1] = pointer;
		call->args[4] = third;
		call->old = !version;
		break;
	case 13:
		call->number = IPC_MSGGET;
		break;
	case 14:
		call->number = IPC_MSGCTL;
		call->args[2] = pointer;
		break;
	case 21:
		call->number = version == 1 ? 0 : IPC_SHMAT;
		call->args[1] = pointer;
		call->args[2] = second;
		break;
	case 23:
		call->number = IPC_SHMGET;
		break;
	case 24:
		call->number = IPC_SHMCTL;
		call->args[2] = pointer;
		break;
	}
}

static __always_inline void ipc_call_of(struct ipc_call *call, uint32_t arch, uint32_t syscall,
					const uint64_t args[6])
{
	call->narrow = arch == POLICY_ARCH_32;
	if (call->narrow && syscall == 117) {
		ipc_demultiplex(call, args);
		return;
	}
	call->number = call->narrow ? ipc_number_32(syscall) : syscall == 220 ? IPC_SEMOP : syscall;
	for (uint32_t i = 0; i < 5; i++)
		call->args[i] = call->narrow ? (uint32_t)args[i] : args[i];
}

static __always_inline uint32_t ipc_type(uint32_t number)
{
	if (number < IPC_SEMGET)
		return SYSV_SHM;
	return number < IPC_MSGGET ? SYSV_SEM : SYSV_MSG;
}

/* An object that is made is not heard of. */
static __always_inline struct kern_ipc_perm *
ipc_kept_get(struct ipc_entry *entry, struct ipc_call *call, struct ipc_ids *ids)
{
	uint32_t flags = call->number == IPC_MSGGET ? call->args[1] : call->args[2];
	uint32_t key = call->args[0];

	if (!key || (flags & IPC_CREAT && flags & IPC_EXCL))
		return NULL;
	entry->unheard = ~UNHEARD(EACCES);
	return sysv_of_key(ids, key);
}

/* ipc/shm.c, do_shmat: what is looked at before the segment. */
static __always_inline bool ipc_attaches(uint64_t address, uint32_t flags)
{
	if (address & PAGE_REST && !(flags & SHM_RND))
		return false;
	return address & ~(uint64_t)PAGE_REST || !(flags & SHM_REMAP);
}

static __always_inline void ipc_keep_given(struct ipc_entry *entry, struct ipc_call *call,
					   uint32_t command)
{
	uint32_t layout = IPC_LAYOUT_WIDE;

	entry->unheard |= UNHEARD(EFAULT);
	if (call->narrow)
		layout =
		    call->multiplexed && !(command & IPC_64) ? IPC_LAYOUT_OLD : IPC_LAYOUT_NARROW;
	if (call->number == IPC_MSGCTL)
		layout |= IPC_LAYOUT_MSG;
	if (call->number == IPC_SEMCTL && call->multiplexed)
		layout |= IPC_LAYOUT_INDIRECT;
	entry->layout = layout;
	entry->given = call->number == IPC_SEMCTL ? call->args[3] : call->args[2];
}

/* Whether a command of semctl, msgctl or shmctl is for an object, and how it names it. */
enum ipc_naming { IPC_BY_NOTHING, IPC_BY_ID, IPC_BY_INDEX };
static __always_inline enum ipc_naming ipc_naming(struct ipc_entry *entry, uint32_t number,
						  uint32_t command)
{
	if (command == IPC_RMID || command == IPC_SET || command == IPC_STAT)
		return IPC_BY_ID;
	switch (number) {
	case IPC_SHMCTL:
		if (command == 11 || command == 12) /* SHM_LOCK, SHM_UNLOCK */
			return IPC_BY_ID;
		/* SHM_STAT, SHM_STAT_ANY */
		return command == 13 || command == 15 ? IPC_BY_INDEX : IPC_BY_NOTHING;
	case IPC_MSGCTL: /* MSG_STAT, MSG_STAT_ANY */
		return command == 11 || command == 13 ? IPC_BY_INDEX : IPC_BY_NOTHING;
	}
	if (command == 16) /* SETVAL */
		entry->unheard |= UNHEARD(EINVAL) | UNHEARD(ERANGE);
	if (command >= 11 && command <= 17) /* GETPID … SETALL */
		return IPC_BY_ID;
	/* SEM_STAT, SEM_STAT_ANY */
	return command == 18 || command == 20 ? IPC_BY_INDEX : IPC_BY_NOTHING;
}

static __always_inline struct kern_ipc_perm *
ipc_kept_control(struct ipc_entry *entry, struct ipc_call *call, struct ipc_ids *ids)
{
	uint32_t command = call->number == IPC_SEMCTL ? call->args[2] : call->args[1];
	uint32_t plain = command;
	int32_t id = call->args[0];
	char byte;

	/* ipc() fetches the last argument of semctl from memory first. */
	if (call->multiplexed && call->number == IPC_SEMCTL &&
	    bpf_probe_read_user(&byte, 1, (void *)call->args[3]))
		entry->unheard = UNHEARD(EFAULT);
	if (call->narrow && (call->multiplexed || call->number != IPC_SHMCTL))
		plain &= ~IPC_64;
	switch (ipc_naming(entry, call->number, plain)) {
	case IPC_BY_ID:
		if (plain == IPC_SET)
			ipc_keep_given(entry, call, command);
		return sysv_of_id(ids, id);
	case IPC_BY_INDEX:
		entry->unheard |= UNHEARD(EINVAL);
		return id < 0 ? NULL : sysv_of_index(ids, id);
	case IPC_BY_NOTHING:
		break;
	}
	return NULL;
}

/* What a call that uses an object answers where it has not found it yet. */
static __always_inline uint64_t ipc_unheard_use(struct ipc_call *call)
{
	char byte;

	switch (call->number) {
	case IPC_SEMOP:
		return UNHEARD(E2BIG) | UNHEARD(EFAULT) | UNHEARD(EFBIG) | UNHEARD(ENOMEM) |
		       UNHEARD(EINVAL);
	case IPC_MSGSND:
		return UNHEARD(EFAULT) | UNHEARD(ENOMEM) | UNHEARD(EINVAL);
	case IPC_MSGRCV:
		if (call->args[4] & MSG_COPY ||
		    (call->old && bpf_probe_read_user(&byte, 1, (void *)call->args[1])))
			return UNHEARD(EFAULT) | UNHEARD(ENOMEM) | UNHEARD(EINVAL);
		return UNHEARD(EINVAL);
	}
	return 0;
}

/* Keeps what the object of a call is now; false if it has none. */
static __noinline bool ipc_keep(struct ipc_entry *entry, struct ipc_call *call)
{
	struct ipc_ids *ids = sysv_ids(ipc_type(call->number));
	struct kern_ipc_perm *found = NULL;

	entry->unheard = 0;
	entry->given = 0;
	if (!ids)
		return false;
	switch (call->number) {
	case IPC_SHMGET:
	case IPC_SEMGET:
	case IPC_MSGGET:
		found = ipc_kept_get(entry, call, ids);
		break;
	case IPC_SHMCTL:
	case IPC_SEMCTL:
	case IPC_MSGCTL:
		found = ipc_kept_control(entry, call, ids);
		break;
	case IPC_SHMAT:
		if (!ipc_attaches(call->args[1], call->args[2]))
			break;
		found = sysv_of_id(ids, call->args[0]);
		break;
	case IPC_SEMOP:
	case IPC_MSGSND:
	case IPC_MSGRCV:
		entry->unheard = ipc_unheard_use(call);
		found = sysv_of_id(ids, call->args[0]);
		break;
	}
	if (!found)
		return false;
	entry->uid = READ(found, uid.val);
	entry->gid = READ(found, gid.val);
	entry->mode = READ(found, mode);
	return true;
}

/* struct msqid64_ds, compat_msqid64_ds, compat_msqid_ds: msg_qbytes. */
static __always_inline bool ipc_given_size(struct special *s, uint64_t address, uint32_t layout)
{
	switch (layout & IPC_LAYOUTS) {
	case IPC_LAYOUT_WIDE:
		return bpf_probe_read_user(&s->value[0], 8, (void *)(address + 88)) == 0;
	case IPC_LAYOUT_NARROW:
		return bpf_probe_read_user(&s->value[0], 4, (void *)(address + 68)) == 0;
	}
	return bpf_probe_read_user(&s->value[0], 2, (void *)(address + 48)) == 0;
}

/* What IPC_SET was given: qbytes, uid, gid, mode; false if it cannot be read. */
static __always_inline bool ipc_given(struct special *s, struct ipc_entry *entry)
{
	uint64_t address = entry->given;
	uint32_t indirect = 0;

	if (entry->layout & IPC_LAYOUT_INDIRECT) {
		if (bpf_probe_read_user(&indirect, sizeof(indirect), (void *)address))
			return false;
		address = indirect;
	}
	s->value[0] = 0;
	if (entry->layout & IPC_LAYOUT_MSG && !ipc_given_size(s, address, entry->layout))
		return false;
	s->value[0] = (int32_t)s->value[0]; /* ipc/msg.c, msgctl_down: an int */
	if (!special_read(s, address, 24))
		return false;
	if ((entry->layout & IPC_LAYOUTS) == IPC_LAYOUT_OLD) {
		s->value[1] = s->half[2];
		s->value[2] = s->half[3];
		s->value[3] = s->half[6];
	} else {
		s->value[1] = (uint32_t)s->narrow[1];
		s->value[2] = (uint32_t)s->narrow[2];
		s->value[3] = s->half[10];
	}
	return true;
}

/* Whether the kernel's audit has heard of the object by the time the call answered this. */
static __always_inline bool ipc_was_heard(struct ipc_entry *entry, int64_t result)
{
	uint64_t error = -result;

	return result >= 0 || error >= 64 || !(entry->unheard >> error & 1);
}

#endif
