/*
 * Wait queues.
 *
 * A waiter lies on its task's stack. A wake-up takes it out of the queue, as its very last access;
 * the task then sees link.next == NULL and needs no lock to leave. The wake-up itself first looks,
 * without the lock, whether anybody waits: the barrier in front of that look pairs with the one in
 * task_state_set, which a waiter passes after it has queued and before it looks at its condition.
 * So either the waker sees the waiter or the waiter sees what the waker changed.
 *
 * Non-exclusive waiters stand in front, exclusive ones behind them in the order in which they came.
 */
#include "kernel/sched/wait.h"

#include "kernel/sched/sched.h"
#include "kernel/sched/timer.h"
#include "lib/errno.h"

void waitq_init(struct waitq *q)
{
	spinlock_init(&q->lock, "waitq", LOCK_RANK_WAITQ);
	list_init(&q->entries);
}

/* Queueing. */

/* q->lock held. */
static void entry_add(struct waitq *q, struct waiter *w)
{
	if (w->exclusive)
		list_add_tail(&w->link, &q->entries);
	else
		list_add(&w->link, &q->entries);
}

void waitq_add(struct waitq *q, struct waiter *w)
{
	irqflags_t irq = spin_lock_irqsave(&q->lock);

	entry_add(q, w);
	spin_unlock_irqrestore(&q->lock, irq);
}

void waitq_remove(struct waitq *q, struct waiter *w)
{
	irqflags_t irq = spin_lock_irqsave(&q->lock);

	if (list_is_linked(&w->link))
		list_del(&w->link);
	spin_unlock_irqrestore(&q->lock, irq);
}

void wait_prepare(struct waitq *q, struct waiter *w, enum task_state state)
{
	irqflags_t irq = spin_lock_irqsave(&q->lock);

	if (!list_is_linked(&w->link))
		entry_add(q, w);
	/* Under the lock: a wake-up that takes the entry out must find a state to wake from.
	 * Otherwise the task could go to sleep, if what it was woken for did not suffice, and be in
	 * no queue. */
	task_state_set(state);
	spin_unlock_irqrestore(&q->lock, irq);
}

void wait_finish(struct waitq *q, struct waiter *w)
{
	task_state_set(TASK_RUNNING);
	if (__atomic_load_n(&w->link.next, __ATOMIC_ACQUIRE) != NULL)
		waitq_remove(q, w);
}

/* Waking. */

/* q->lock held. The last store is the one that its task looks for; w may be gone after it. */
static void entry_take_out(struct waiter *w)
{
	WRITE_ONCE(w->link.prev->next, w->link.next);
	w->link.next->prev = w->link.prev;
	w->link.prev = NULL;
	__atomic_store_n(&w->link.next, NULL, __ATOMIC_RELEASE);
}

/* q->lock held. Does it count as woken? */
static bool entry_wake(struct waiter *w, unsigned events)
{
	bool woken;

	if (w->events != 0 && events != 0 && !(w->events & events))
		return false;
	if (w->wake != NULL)
		return w->wake(w, events);
	woken = task_wake(w->task, TASK_NORMAL);
	entry_take_out(w);
	/* One that was awake has not yet gone to sleep, and will see for itself; but it may have
	 * given up waiting. */
	return woken;
}

static __noinline void wake(struct waitq *q, unsigned events, bool all)
{
	struct waiter *w, *after;
	irqflags_t irq = spin_lock_irqsave(&q->lock);

	list_for_each_entry_safe(w, after, &q->entries, link) {
		bool exclusive = w->exclusive;

		if (entry_wake(w, events) && exclusive && !all)
			break;
	}
	spin_unlock_irqrestore(&q->lock, irq);
}

/* Mostly nobody waits; that much is found out without a lock. */
static bool is_awaited(const struct waitq *q)
{
	atomic_thread_fence(memory_order_seq_cst);
	return READ_ONCE(q->entries.next) != &q->entries;
}

void waitq_wake(struct waitq *q, unsigned events)
{
	if (is_awaited(q))
		wake(q, events, false);
}

void waitq_wake_all(struct waitq *q, unsigned events)
{
	if (is_awaited(q))
		wake(q, events, true);
}

/* Sleeping. */

/* Is a signal or a group stop pending that a sleep in this state lets through? */
static bool sleep_is_broken(unsigned state)
{
	unsigned work = atomic_load_explicit(&current->pending_work, memory_order_relaxed);

	switch (state) {
	case TASK_INTERRUPTIBLE:
		return work & WORK_INTERRUPTS;
	case TASK_KILLABLE:
		return work & WORK_KILL;
	default:
		return false;
	}
}

struct sleep_timer {
	struct timer timer;
	struct task *task;
	bool expired; /* written before the wake-up, read after it */
};

static void sleep_expired(struct timer *t)
{
	struct sleep_timer *s = container_of(t, struct sleep_timer, timer);

	WRITE_ONCE(s->expired, true);
	task_wake(s->task, TASK_NORMAL);
}

static int sleep_until(uint64_t deadline_ns)
{
	struct sleep_timer s = { .task = current };

	timer_init(&s.timer, sleep_expired);
	timer_set(&s.timer, deadline_ns);
	schedule();
	timer_cancel(&s.timer); /* waits for sleep_expired, which uses this stack */
	return READ_ONCE(s.expired) ? -ETIMEDOUT : 0;
}

int task_sleep(uint64_t deadline_ns)
{
	unsigned state = atomic_load_explicit(&current->state, memory_order_relaxed);
	int err = 0;

	if (state == TASK_RUNNING)
		return 0; /* woken already */
	if (sleep_is_broken(state)) {
		task_state_set(TASK_RUNNING);
		return -EINTR;
	}
	if (deadline_ns == UINT64_MAX)
		schedule();
	else
		err = sleep_until(deadline_ns);
	return sleep_is_broken(state) ? -EINTR : err;
}
