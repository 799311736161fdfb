/*
 * One list of things to do, oldest first, and any number of kernel threads that do them. A work is
 * marked as not queued before its function is called, so the function, or anybody meanwhile, may
 * queue it again, and may free it.
 */
#include "kernel/sched/work.h"

#include "kernel/core/spinlock.h"
#include "kernel/sched/wait.h"

static struct spinlock work_lock = SPINLOCK_INIT("work", LOCK_RANK_WORK);
static struct list work_list = LIST_INIT(work_list); /* [work_lock] */
static struct waitq work_waiters = WAITQ_INIT(work_waiters);

void work_queue(struct work *w)
{
	irqflags_t irq = spin_lock_irqsave(&work_lock);
	bool was_queued = w->queued;

	if (!was_queued) {
		w->queued = true;
		list_add_tail(&w->link, &work_list);
	}
	spin_unlock_irqrestore(&work_lock, irq);
	if (!was_queued)
		waitq_wake(&work_waiters, 0);
}

static struct work *work_take(void)
{
	irqflags_t irq = spin_lock_irqsave(&work_lock);
	struct work *w = list_first_entry_or_null(&work_list, struct work, link);

	if (w != NULL) {
		list_del(&w->link);
		w->queued = false;
	}
	spin_unlock_irqrestore(&work_lock, irq);
	return w;
}

int work_thread_main(void *unused)
{
	for (;;) {
		struct work *w;

		wait_event(&work_waiters, (w = work_take()) != NULL);
		w->fn(w);
	}
	return 0; /* not reached */
}
