/*
 * What semop, semctl and the undo at exit share; for kernel/ipc's own files. The set's lock is held
 * in all of these.
 */
#pragma once

#include "kernel/ipc/sysv_sem.h"

/* A semop that sleeps; on its task's stack. */
struct sem_waiter {
	struct list link; /* in more or zero of the semaphore that blocks it */
	struct task *task;
	const struct abi_sembuf *ops;
	unsigned count;
	unsigned blocking;	/* which of ops can't be done */
	bool odd;		/* counted in odd_zero there */
	struct sem_undo *undo;	/* for those of ops with SEM_UNDO */
	struct pid *pid;
	atomic_int status;	/* SEM_WAITING until somebody else has finished it */
};
#define SEM_WAITING 1

/* Gives a semaphore a value and notes that who waits for it may go on. */
void sem_change(struct sem_set *set, unsigned num, int value);
/* Lets everybody go on who can now: after any number of changes. */
void sem_settle(struct sem_set *set);
/* Ends all waiting with an error. */
void sem_expel(struct sem_set *set, int err);
/* Out of the table, everybody woken; both locks are held and dropped, with the table's
 * reference. */
void sem_set_finish(struct sem_set *set);
