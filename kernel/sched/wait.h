/*
 * Wait queues: tasks (and pollers) that wait for something to happen.
 *
 * The usual form is wait_event(): it re-checks the condition after queueing, so a wake-up between
 * check and sleep is never lost. Interruptible forms end with -EINTR when a signal is pending
 * (signal code turns it into a restart), killable ones only for a fatal signal.
 */
#pragma once

#include "kernel/core/spinlock.h"
#include "kernel/task/task.h"
#include "lib/list.h"

struct waitq {
	struct spinlock lock; /* rank WAITQ, taken irqsave */
	struct list entries;  /* [lock] struct waiter */
};

struct waiter {
	/* [q->lock] link.next NULL: out of the queue; its own task may read that without the lock.
	 */
	struct list link;
	struct task *task;
	bool exclusive; /* wake one of these at most */
	/* Called with the queue's lock held; true if it counts as woken. Default wakes task. Poll
	 * and epoll put their own. */
	bool (*wake)(struct waiter *w, unsigned events);
	unsigned events; /* poll events this waiter cares for; 0 = all */
};

/* At file scope. */
#define WAITQ_INIT(q) { SPINLOCK_INIT("waitq", LOCK_RANK_WAITQ), LIST_INIT((q).entries) }

void waitq_init(struct waitq *q);
/* Wakes all non-exclusive waiters and one exclusive. events: poll bits that became true, 0 = any.
 * Any context. */
void waitq_wake(struct waitq *q, unsigned events);
void waitq_wake_all(struct waitq *q, unsigned events);
/* Queues / unqueues by hand (poll). */
void waitq_add(struct waitq *q, struct waiter *w);
void waitq_remove(struct waitq *q, struct waiter *w);
/* Queues w and sets current's state; then check the condition, task_sleep(), and finish. A wake-up
 * takes w out of the queue, unless it has a wake function of its own. */
void wait_prepare(struct waitq *q, struct waiter *w, enum task_state state);
void wait_finish(struct waitq *q, struct waiter *w);

/* Sleeps until the scheduler wakes current (state was set by wait_prepare or task_state_set), or
 * until deadline_ns of CLOCK_MONOTONIC (UINT64_MAX: no limit). -EINTR when a signal that the state
 * lets through is pending, -ETIMEDOUT, or 0. */
int task_sleep(uint64_t deadline_ns) __must_check;

#define wait_event_state(q, cond, state, deadline_ns)                                              \
	({                                                                                         \
		struct waiter __w = { .task = current };                                           \
		int __ret = 0;                                                                     \
		might_sleep();                                                                     \
		for (;;) {                                                                         \
			/* cond counts more than the error: what came with the signal is taken */  \
			if (cond) {                                                                \
				__ret = 0;                                                         \
				break;                                                             \
			}                                                                          \
			if (__ret)                                                                 \
				break;                                                             \
			wait_prepare(q, &__w, state);                                              \
			if (cond) {                                                                \
				__ret = 0;                                                         \
				break;                                                             \
			}                                                                          \
			__ret = task_sleep(deadline_ns);                                           \
		}                                                                                  \
		wait_finish(q, &__w);                                                              \
		__ret;                                                                             \
	})

/* Until cond holds. 0, or -EINTR. */
#define wait_event_interruptible(q, cond) wait_event_state(q, cond, TASK_INTERRUPTIBLE, UINT64_MAX)
/* 0, -EINTR, or -ETIMEDOUT at that moment of CLOCK_MONOTONIC. */
#define wait_event_timeout(q, cond, deadline_ns)                                                   \
	wait_event_state(q, cond, TASK_INTERRUPTIBLE, deadline_ns)
#define wait_event_killable(q, cond) wait_event_state(q, cond, TASK_KILLABLE, UINT64_MAX)
#define wait_event(q, cond) ((void)wait_event_state(q, cond, TASK_UNINTERRUPTIBLE, UINT64_MAX))
