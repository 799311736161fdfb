/*
 * Sleeping mutex. state is 0 free, 1 held, 2 held and perhaps waited for. Taking a free one and
 * dropping one that nobody waits for are one atomic operation each, in line in mutex.h; here is the
 * rest.
 *
 * A waiter always takes the lock as 2, for it cannot know whether it was the last; at worst one
 * unlock looks into an empty queue. An unlock sets 0 and wakes one waiter; a newcomer may be
 * faster, then that waiter sleeps again. The kernel is not preempted, so holders are rarely away
 * for long, and this way the lock never idles.
 */
#include "kernel/sched/mutex.h"

#include "kernel/core/panic.h"
#include "lib/errno.h"

void mutex_set_free(struct mutex *m)
{
	atomic_init(&m->state, 0);
	m->holder = NULL;
	waitq_init(&m->waiters);
}

static bool take_contended(struct mutex *m)
{
	return atomic_exchange_explicit(&m->state, 2, memory_order_acquire) == 0;
}

int mutex_lock_slow(struct mutex *m, enum task_state state)
{
	struct waiter w = { .task = current, .exclusive = true };
	int err = 0;

	assert(!mutex_is_held(m));
	for (;;) {
		wait_prepare(&m->waiters, &w, state);
		if (take_contended(m)) {
			err = 0;
			break;
		}
		if (err)
			break;
		err = task_sleep(UINT64_MAX);
	}
	wait_finish(&m->waiters, &w);
	if (err == 0)
		WRITE_ONCE(m->holder, current);
	else
		/* A wake-up may have been meant for this waiter, who leaves: hand it on. */
		waitq_wake(&m->waiters, 0);
	return err;
}

void mutex_unlock_slow(struct mutex *m)
{
	waitq_wake(&m->waiters, 0);
}
