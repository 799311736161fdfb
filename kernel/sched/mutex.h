/*
 * Sleeping locks: mutex for one holder, rwlock (readers or one writer) for address spaces.
 */
#pragma once

#include "kernel/core/panic.h"
#include "kernel/sched/wait.h"

struct __lock_type("mutex") mutex {
	atomic_uint state;  /* 0 free, 1 held, 2 held and waited for */
	/* Written by whoever has it. Others look without it, and only for themselves, whom none but
	 * they write here. */
	struct task *holder;
	struct lock_id id;
	struct waitq waiters;
};

#define MUTEX_INIT(var, lock_name, lock_rank)                                                      \
	{                                                                                          \
		.id = LOCK_ID(lock_name, lock_rank), .waiters = WAITQ_INIT((var).waiters)          \
	}

#define mutex_init(m, name, rank)                                                                  \
	do {                                                                                       \
		mutex_set_free(m);                                                                 \
		lock_id_init(&(m)->id, name, rank);                                                \
	} while (0)
void mutex_set_free(struct mutex *m); /* for mutex_init */

static __always_inline void mutex_lock(struct mutex *m) __acquires(*m);
/* 0 or -EINTR. */
static __always_inline int mutex_lock_interruptible(struct mutex *m) __must_check
	__acquires_if(0, *m);
static __always_inline bool mutex_trylock(struct mutex *m)
	__acquires_if(true, *m);
static __always_inline void mutex_unlock(struct mutex *m) __releases(*m);

/* Not for callers: the paths on which somebody waits. */
int mutex_lock_slow(struct mutex *m, enum task_state state);
void mutex_unlock_slow(struct mutex *m);

static inline bool mutex_take(struct mutex *m)
{
	unsigned free = 0;

	if (unlikely(!atomic_compare_exchange_strong_explicit(
		    &m->state, &free, 1, memory_order_acquire, memory_order_relaxed)))
		return false;
	WRITE_ONCE(m->holder, current);
	return true;
}

__lock_unchecked static __always_inline void mutex_lock(struct mutex *m)
{
	lock_check_want(m, m->id, 0, 0);
	if (!mutex_take(m))
		(void)mutex_lock_slow(m, TASK_UNINTERRUPTIBLE);
	lock_check_got(m, m->id, 0, 0);
}

__lock_unchecked static __always_inline int mutex_lock_interruptible(struct mutex *m)
{
	int err = 0;

	lock_check_want(m, m->id, 0, 0);
	if (!mutex_take(m))
		err = mutex_lock_slow(m, TASK_INTERRUPTIBLE);
	if (err)
		lock_check_gave_up(m);
	else
		lock_check_got(m, m->id, 0, 0);
	return err;
}

__lock_unchecked static __always_inline bool mutex_trylock(struct mutex *m)
{
	if (!mutex_take(m))
		return false;
	lock_check_got(m, m->id, LOCK_TRIED, 0);
	return true;
}

__lock_unchecked static __always_inline void mutex_unlock(struct mutex *m)
{
	lock_check_drop(m, m->id);
	WRITE_ONCE(m->holder, NULL);
	if (unlikely(atomic_exchange_explicit(&m->state, 0, memory_order_release) == 2))
		mutex_unlock_slow(m);
}

/* By current; for assert. */
static inline bool mutex_is_held(const struct mutex *m)
{
	return READ_ONCE(m->holder) == current;
}

static inline void mutex_assert_held(const struct mutex *m) __asserts_held(*m)
{
	debug_assert(mutex_is_held(m));
}

struct __lock_type("rwlock") rwlock {
	struct spinlock guard;
	int readers;	     /* [guard] -1: a writer holds it */
	unsigned writers_waiting; /* [guard] new readers queue behind them */
	struct lock_id id;
	struct waitq waiters;
};

#define RWLOCK_INIT(var, lock_name, lock_rank)                                                     \
	{                                                                                          \
		.guard = SPINLOCK_INIT(lock_name " guard", LOCK_RANK_WAITQ),                       \
		.id = LOCK_ID(lock_name, lock_rank), .waiters = WAITQ_INIT((var).waiters)          \
	}

#define rwlock_init(l, name, rank)                                                                 \
	do {                                                                                       \
		rwlock_set_free(l);                                                                \
		spinlock_init(&(l)->guard, name " guard", LOCK_RANK_WAITQ);                        \
		lock_id_init(&(l)->id, name, rank);                                                \
	} while (0)
void rwlock_set_free(struct rwlock *l); /* for rwlock_init */

void rwlock_read_lock(struct rwlock *l) __acquires_shared(*l);
void rwlock_read_unlock(struct rwlock *l) __releases_shared(*l);
void rwlock_write_lock(struct rwlock *l) __acquires(*l);
/* 0 or -EINTR. */
int rwlock_write_lock_killable(struct rwlock *l) __must_check
	__acquires_if(0, *l);
void rwlock_write_unlock(struct rwlock *l) __releases(*l);
/* Somebody holds it to read. */
static inline void rwlock_assert_read(const struct rwlock *l) __asserts_held_shared(*l)
{
	debug_assert(l->readers > 0);
}
