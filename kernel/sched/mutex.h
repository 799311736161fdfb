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

#define MUTEX_INIT(var, lock_name, lock_rank)                                                      \
	{                                                                                          \
		.rank = lock_rank, .name = lock_name, .waiters = WAITQ_INIT((var).waiters)         \
	}

void mutex_init(struct mutex *m, const char *name, enum lock_rank rank);
static inline void mutex_lock(struct mutex *m) __acquires(*m);
static inline int mutex_lock_interruptible(struct mutex *m) __must_check; /* 0 or -EINTR */
static inline bool mutex_trylock(struct mutex *m) __lock_attr(try_acquire_capability(true, *m));
static inline void mutex_unlock(struct mutex *m) __releases(*m);

/* Not for callers: the paths on which somebody waits. */
int mutex_lock_slow(struct mutex *m, enum task_state state);
void mutex_unlock_slow(struct mutex *m);

static inline bool mutex_take(struct mutex *m)
{
	unsigned free = 0;

	if (unlikely(!atomic_compare_exchange_strong_explicit(
		    &m->state, &free, 1, memory_order_acquire, memory_order_relaxed)))
		return false;
	m->holder = current;
	return true;
}

__lock_internal static inline void mutex_lock(struct mutex *m)
{
	lock_rank_push(m, m->rank, m->name);
	if (!mutex_take(m))
		(void)mutex_lock_slow(m, TASK_UNINTERRUPTIBLE);
}

__lock_internal static inline int mutex_lock_interruptible(struct mutex *m)
{
	int err = 0;

	lock_rank_push(m, m->rank, m->name);
	if (!mutex_take(m))
		err = mutex_lock_slow(m, TASK_INTERRUPTIBLE);
	if (err)
		lock_rank_pop(m);
	return err;
}

__lock_internal static inline bool mutex_trylock(struct mutex *m)
{
	if (!mutex_take(m))
		return false;
	lock_rank_push(m, m->rank, m->name);
	return true;
}

__lock_internal static inline void mutex_unlock(struct mutex *m)
{
	lock_rank_pop(m);
	m->holder = NULL;
	if (unlikely(atomic_exchange_explicit(&m->state, 0, memory_order_release) == 2))
		mutex_unlock_slow(m);
}

/* By current; for assert. */
static inline bool mutex_is_held(const struct mutex *m)
{
	return m->holder == current;
}

struct __lock_attr(capability("rwlock")) rwlock {
	struct spinlock guard;
	int readers;	     /* [guard] -1: a writer holds it */
	unsigned writers_waiting; /* [guard] new readers queue behind them */
	enum lock_rank rank;
	const char *name;
	struct waitq waiters;
};

#define RWLOCK_INIT(var, lock_name, lock_rank)                                                     \
	{                                                                                          \
		.guard = SPINLOCK_INIT(lock_name, LOCK_RANK_WAITQ),                                \
		.rank = lock_rank, .name = lock_name, .waiters = WAITQ_INIT((var).waiters)         \
	}

void rwlock_init(struct rwlock *l, const char *name, enum lock_rank rank);
void rwlock_read_lock(struct rwlock *l);
void rwlock_read_unlock(struct rwlock *l);
void rwlock_write_lock(struct rwlock *l);
int rwlock_write_lock_killable(struct rwlock *l) __must_check;
void rwlock_write_unlock(struct rwlock *l);
