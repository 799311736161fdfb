/*
 * Waiting for the first of several words: a waiter in the table for each, all of one task.
 *
 * They are queued one after the other, each under its bucket's lock while its word still has its
 * value; whatever comes between is no worse than between the caller's look at its words and the
 * call. If one can't be queued the earlier ones are taken back, and one that has been woken
 * meanwhile is the answer: its waker counted it.
 *
 * The state to sleep in is set before each is queued and before each is looked at, so a waker that
 * comes later makes the task runnable, and it does not sleep.
 */
#include "kernel/ipc/futex_table.h"

#include "kernel/abi/futex.h"
#include "kernel/alloc/slab.h"
#include "kernel/sched/sched.h"
#include "kernel/sched/wait.h"

/* Queues them in order; *queued: how many are, also when one of them can't be. */
static int queue_all(struct futex_waiter *waiters, const struct futex_word *words, unsigned count,
		     unsigned *queued)
{
	int err = 0;

	for (unsigned i = 0; i < count && err == 0; i++)
		err = futex_key(words[i].addr, words[i].shared, &waiters[i].key);
	for (*queued = 0; *queued < count && err == 0; *queued += err == 0)
		err = futex_waiter_queue(&waiters[*queued], words[*queued].addr,
					 words[*queued].val);
	return err;
}

/* Takes back the first so many. The last of those that somebody has woken, or -1. */
__lock_unchecked static int take_back(struct futex_waiter *waiters, unsigned queued)
{
	struct futex_bucket *b;
	int woken = -1;

	for (unsigned i = 0; i < queued; i++) {
		b = futex_waiter_lock(&waiters[i]);
		if (b == NULL) {
			woken = (int)i;
			continue;
		}
		list_del(&waiters[i].link);
		spin_unlock(&b->lock);
	}
	return woken;
}

__lock_unchecked static bool is_any_woken(struct futex_waiter *waiters, unsigned count)
{
	struct futex_bucket *b;

	for (unsigned i = 0; i < count; i++) {
		b = futex_waiter_lock(&waiters[i]);
		if (b == NULL)
			return true;
		spin_unlock(&b->lock);
	}
	return false;
}

/* Until one is woken, a signal or the deadline. */
static int sleep_for_any(struct futex_waiter *waiters, unsigned count, uint64_t deadline_ns)
{
	int err;

	do {
		err = task_sleep(deadline_ns);
		task_state_set(TASK_INTERRUPTIBLE);
	} while (err == 0 && !is_any_woken(waiters, count));
	return err;
}

int futex_wait_any(const struct futex_word *words, unsigned count, uint64_t deadline_ns)
{
	struct futex_waiter *waiters = kcalloc(count, sizeof(*waiters));
	unsigned queued;
	uint32_t seen;
	int err, woken;

	if (waiters == NULL)
		return -ENOMEM;
	for (unsigned i = 0; i < count; i++) {
		waiters[i].task = current;
		waiters[i].bits = FUTEX_BITSET_MATCH_ANY;
	}
	do {
		err = queue_all(waiters, words, count, &queued);
		if (err == 0)
			err = sleep_for_any(waiters, count, deadline_ns);
		task_state_set(TASK_RUNNING);
		woken = take_back(waiters, queued);
		if (woken >= 0 || err != -EFAULT || queued == count)
			break;
		err = user_load32(&seen, words[queued].addr); /* faults the page in */
	} while (err == 0);
	kfree(waiters);
	return woken >= 0 ? woken : err;
}
