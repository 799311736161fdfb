/*
 * System V semaphores.
 */
#pragma once

#include "kernel/abi/sem.h"
#include "kernel/ipc/ipc_ns.h"
#include "lib/list.h"

/* One of a set. All [set lock]. */
struct semaphore {
	int value;	  /* 0 ... SEMVMX */
	struct pid *pid;  /* who operated on it last: counted; NULL: nobody yet */
	unsigned odd_zero; /* waiters in zero that a value other than 0 may let through */
	uint16_t next_dirty; /* place + 1 in the list of those to settle; 0: last */
	uint8_t changed;  /* SEM_RAISED, SEM_LOWERED: since it was settled */
	struct list more; /* struct sem_waiter: wait for a higher value */
	struct list zero; /* wait for 0 */
};

struct sem_set {
	struct ipc_object head;	 /* its lock is "the set's lock" */
	unsigned count;		 /* [i] */
	unsigned first_dirty;	 /* [lock] place + 1; 0: all are settled */
	int64_t otime;		 /* [lock] */
	struct list undos;	 /* [lock] struct sem_undo */
	struct semaphore sems[]; /* [lock] */
};

/* semget: an id or -errno. */
int sem_get(struct ipc_ns *ns, int key, int count, int flags);

/* semop: all of the operations or none; sleeps until the deadline (CLOCK_MONOTONIC) for what can't
 * be done yet. 0, -EAGAIN, -EINTR, -EIDRM, -ERANGE, -EFBIG, -EACCES, -EINVAL, -ENOMEM. */
int sem_operate(struct ipc_ns *ns, int id, const struct abi_sembuf *ops, unsigned count,
		uint64_t deadline_ns);

/* semctl's commands. */
int sem_remove(struct ipc_ns *ns, int id) __must_check;
int sem_set_perm(struct ipc_ns *ns, int id, const struct abi_ipc_perm *perm) __must_check;
int sem_stat(struct ipc_ns *ns, int id, int cmd, struct abi_semid_ds *out) __must_check;
int sem_info(struct ipc_ns *ns, int cmd, struct abi_seminfo *out);
int sem_ask(struct ipc_ns *ns, int id, int num, int cmd);
int sem_value_set(struct ipc_ns *ns, int id, int num, int value) __must_check;
/* A set with a reference, for the two below; access as for ipc_permission. */
int sem_open(struct ipc_ns *ns, int id, int access, struct sem_set **out) __must_check;
void sem_set_put(struct sem_set *set);
/* set->count values. 0 or -EIDRM. */
int sem_values_get(struct sem_set *set, uint16_t *values) __must_check;
int sem_values_set(struct sem_set *set, const uint16_t *values) __must_check;

/* A namespace without users. */
void sysv_sem_ns_destroy(struct ipc_ns *ns);
