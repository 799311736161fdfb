/*
 * Sleeping reader-writer lock. readers counts them, -1 means a writer. A writer that waits keeps
 * new readers out, so it gets its turn; readers that wait are woken together.
 *
 * The guard protects two words for a few instructions; who must wait does so on the queue. Wake-ups
 * go to all: the queue is short, and each waiter looks for itself.
 */
#include "kernel/core/panic.h"
#include "kernel/sched/mutex.h"

void rwlock_init(struct rwlock *l, const char *name, enum lock_rank rank)
{
	spinlock_init(&l->guard, name, LOCK_RANK_WAITQ);
	l->readers = 0;
	l->writers_waiting = 0;
	l->rank = rank;
	l->name = name;
	waitq_init(&l->waiters);
}

static bool read_try(struct rwlock *l)
{
	bool ok;

	spin_lock(&l->guard);
	ok = l->readers >= 0 && l->writers_waiting == 0;
	if (ok)
		l->readers++;
	spin_unlock(&l->guard);
	return ok;
}

static bool write_try(struct rwlock *l)
{
	bool ok;

	spin_lock(&l->guard);
	ok = l->readers == 0;
	if (ok)
		l->readers = -1;
	spin_unlock(&l->guard);
	return ok;
}

static void writers_waiting_add(struct rwlock *l, int n)
{
	spin_lock(&l->guard);
	l->writers_waiting += (unsigned)n;
	spin_unlock(&l->guard);
}

void rwlock_read_lock(struct rwlock *l)
{
	assert_may_sleep();
	lock_rank_push(l, l->rank, l->name);
	if (unlikely(!read_try(l)))
		wait_event(&l->waiters, read_try(l));
}

void rwlock_read_unlock(struct rwlock *l)
{
	bool last;

	lock_rank_pop(l);
	spin_lock(&l->guard);
	assert(l->readers > 0);
	last = --l->readers == 0;
	spin_unlock(&l->guard);
	if (last)
		waitq_wake_all(&l->waiters, 0);
}

static int write_wait(struct rwlock *l, enum task_state state)
{
	int err;

	if (write_try(l))
		return 0;
	writers_waiting_add(l, 1);
	err = wait_event_state(&l->waiters, write_try(l), state, UINT64_MAX);
	writers_waiting_add(l, -1);
	if (err)
		waitq_wake_all(&l->waiters, 0); /* readers may have waited for this writer only */
	return err;
}

void rwlock_write_lock(struct rwlock *l)
{
	int err;

	assert_may_sleep();
	lock_rank_push(l, l->rank, l->name);
	err = write_wait(l, TASK_UNINTERRUPTIBLE);
	assert(err == 0);
}

int rwlock_write_lock_killable(struct rwlock *l)
{
	int err;

	assert_may_sleep();
	lock_rank_push(l, l->rank, l->name);
	err = write_wait(l, TASK_KILLABLE);
	if (err)
		lock_rank_pop(l);
	return err;
}

void rwlock_write_unlock(struct rwlock *l)
{
	lock_rank_pop(l);
	spin_lock(&l->guard);
	assert(l->readers == -1);
	l->readers = 0;
	spin_unlock(&l->guard);
	waitq_wake_all(&l->waiters, 0);
}
