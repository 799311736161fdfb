/*
 * Completions usually lie on the stack of the one who waits. So the waker sets `done` and wakes
 * inside the queue's lock, and the waiter takes that lock once more before it goes: then the waker
 * is through with the object.
 */
#include "kernel/sched/completion.h"

#include "kernel/sched/sched.h"

void completion_init(struct completion *c)
{
	c->done = false;
	waitq_init(&c->waiters);
}

void completion_done(struct completion *c)
{
	struct waiter *w, *after;
	irqflags_t irq = spin_lock_irqsave(&c->waiters.lock);

	WRITE_ONCE(c->done, true);
	list_for_each_entry_safe(w, after, &c->waiters.entries, link)
		task_wake(w->task, TASK_NORMAL);
	spin_unlock_irqrestore(&c->waiters.lock, irq);
}

static void waker_is_through(struct completion *c)
{
	irqflags_t irq = spin_lock_irqsave(&c->waiters.lock);

	spin_unlock_irqrestore(&c->waiters.lock, irq);
}

void completion_wait(struct completion *c)
{
	wait_event(&c->waiters, READ_ONCE(c->done));
	waker_is_through(c);
}

int completion_wait_killable(struct completion *c)
{
	int err = wait_event_killable(&c->waiters, READ_ONCE(c->done));

	if (err == 0)
		waker_is_through(c);
	return err;
}
