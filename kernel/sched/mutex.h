/*
 * Sleeping locks: mutex for one holder, rwlock (readers or one writer) for address spaces.
 */
#pragma once

#include "kernel/sched/wait.h"

struct __lock_attr(capability("mutex")) mutex {
	atomic_uint state;  /* 0 free, 1 held, 2 held and waited for */
	struct task *holder;
	enum lock_rank rank;
	const char *name;
	struct waitq waiters;
};

void mutex_init(struct mutex *m, const char *name, enum lock_rank rank);
void mutex_lock(struct mutex *m) __acquires(*m);
int mutex_lock_interruptible(struct mutex *m) __must_check; /* 0 or -EINTR */
bool mutex_trylock(struct mutex *m) __lock_attr(try_acquire_capability(true, *m));
void mutex_unlock(struct mutex *m) __releases(*m);
bool mutex_is_held(const struct mutex *m); /* by current; for assert */
#define MUTEX_INIT(var, lock_name, lock_rank)                                                      \
	{                                                                                          \
		.rank = lock_rank, .name = lock_name, .waiters = WAITQ_INIT((var).waiters)         \
	}

struct __lock_attr(capability("rwlock")) rwlock {
	struct spinlock guard;
	int readers;	     /* [guard] -1: a writer holds it */
	unsigned writers_waiting; /* [guard] new readers queue behind them */
	enum lock_rank rank;
	const char *name;
	struct waitq waiters;
};

void rwlock_init(struct rwlock *l, const char *name, enum lock_rank rank);
void rwlock_read_lock(struct rwlock *l);
void rwlock_read_unlock(struct rwlock *l);
void rwlock_write_lock(struct rwlock *l);
int rwlock_write_lock_killable(struct rwlock *l) __must_check;
void rwlock_write_unlock(struct rwlock *l);
