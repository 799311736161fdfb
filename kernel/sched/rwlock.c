/*
 * Sleeping reader-writer lock. readers counts them, -1 means a writer. A writer that waits keeps
 * new readers out, so it gets its turn; readers that wait are woken together.
 *
 * The guard protects two words for a few instructions; who must wait does so on the queue. Wake-ups
 * go to all: the queue is short, and each waiter looks for itself.
 */
#include "kernel/core/panic.h"
#include "kernel/sched/mutex.h"

void rwlock_set_free(struct rwlock *l)
{
	l->readers = 0;
	l->writers_waiting = 0;
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

__lock_unchecked void rwlock_read_lock(struct rwlock *l)
{
	uintptr_t pc = (uintptr_t)__builtin_return_address(0);

	lock_check_want(l, l->id, 0, pc);
	if (unlikely(!read_try(l)))
		wait_event(&l->waiters, read_try(l));
	lock_check_got(l, l->id, 0, pc);
}

__lock_unchecked void rwlock_read_unlock(struct rwlock *l)
{
	bool last;

	lock_check_drop(l, l->id);
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

__lock_unchecked void rwlock_write_lock(struct rwlock *l)
{
	uintptr_t pc = (uintptr_t)__builtin_return_address(0);
	int err;

	lock_check_want(l, l->id, 0, pc);
	err = write_wait(l, TASK_UNINTERRUPTIBLE);
	assert(err == 0);
	lock_check_got(l, l->id, 0, pc);
}

__lock_unchecked int rwlock_write_lock_killable(struct rwlock *l)
{
	uintptr_t pc = (uintptr_t)__builtin_return_address(0);
	int err;

	lock_check_want(l, l->id, 0, pc);
	err = write_wait(l, TASK_KILLABLE);
	if (err)
		lock_check_gave_up(l);
	else
		lock_check_got(l, l->id, 0, pc);
	return err;
}

__lock_unchecked void rwlock_write_unlock(struct rwlock *l)
{
	lock_check_drop(l, l->id);
	spin_lock(&l->guard);
	assert(l->readers == -1);
	l->readers = 0;
	spin_unlock(&l->guard);
	waitq_wake_all(&l->waiters, 0);
}
