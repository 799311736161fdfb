/*
 * Timers: a tree per hart, by expiry, and the hart's one alarm.
 *
 * A timer always names a queue, the one it is in or was in last, and that queue's lock guards it.
 * To arm it on another hart both locks are taken. While its function runs the timer stays with its
 * queue, so that whoever cancels finds it there and can wait: queue->running says which one runs.
 * The function may free its timer, so nothing of the timer is touched after the call.
 *
 *	idle ---- timer_set ----> queued ---- expiry ----> running ----> idle (or queued again, by
 * itself) ^                |
 *	            +-- timer_cancel-+
 *
 * The alarm is set lazily. alarm_ns is when it will ring; whoever needs it earlier sets it, and who
 * needs it later, or no longer, leaves it: it rings once for nothing. So a hart that switches tasks
 * thousands of times a second programs it every few milliseconds. An idle hart is interrupted by
 * timers only.
 */
#include "kernel/sched/timer.h"

#include "arch/clock.h"
#include "kernel/alloc/page.h"
#include "kernel/alloc/slab.h"
#include "kernel/core/panic.h"
#include "kernel/core/upcall.h"
#include "kernel/sched/hart_fence.h"
#include "kernel/sched/runqueue.h"
#include "lib/errno.h"

struct timer_queue {
	struct spinlock lock;
	struct rb_root timers;	/* [lock] */
	struct timer *running;	/* [lock] */
} __aligned(64);

static struct timer_queue *queues; /* [i] one per hart */

static inline struct timer_queue *queue_here(void)
{
	return &queues[hart_index()];
}

int timers_init(void)
{
	queues = kcalloc(hart_count, sizeof(*queues));
	if (queues == NULL)
		return -ENOMEM;
	for (unsigned i = 0; i < hart_count; i++) {
		spinlock_init(&queues[i].lock, "timers", LOCK_RANK_TIMER);
	}
	return 0;
}

void timer_init(struct timer *t, void (*fn)(struct timer *t))
{
	*t = (struct timer){ .fn = fn };
}

/* The alarm. */

void alarm_set(struct runqueue *rq, uint64_t ns)
{
	rq->alarm_ns = ns;
	arch_timer_program(clock_ns_to_ticks(ns));
}

static uint64_t first_expiry(const struct timer_queue *q)
{
	const struct timer *t = rb_entry_or_null(rb_first(&q->timers), struct timer, node);

	return t != NULL ? t->expires_ns : UINT64_MAX;
}

/* Arming and cancelling. */

__lock_unchecked static struct timer_queue *queue_lock(struct timer *t, irqflags_t *irq)
{
	*irq = irq_save();
	for (;;) {
		int hart = READ_ONCE(t->hart);
		struct timer_queue *q = &queues[hart];

		spin_lock(&q->lock);
		if (likely(hart == t->hart))
			return q;
		spin_unlock(&q->lock);
	}
}

/* Takes t out of its queue and, unless its function runs, makes it belong to this hart's. Returns
 * the queue it belongs to now, locked. */
__lock_unchecked static struct timer_queue *queue_claim(struct timer *t, irqflags_t *irq)
{
	struct timer_queue *q = queue_lock(t, irq), *here = queue_here();

	if (rb_is_linked(&t->node))
		rb_erase(&q->timers, &t->node);
	if (q == here || q->running == t)
		return q;
	/* It is in no queue, and nobody else arms it meanwhile: timer.h asks that of its owner. */
	WRITE_ONCE(t->hart, (int)hart_index());
	spin_unlock(&q->lock);
	spin_lock(&here->lock);
	return here;
}

static void queue_insert(struct timer_queue *q, struct timer *t)
{
	struct rb_node **link = &q->timers.node, *parent = NULL;

	while (*link != NULL) {
		parent = *link;
		link = t->expires_ns < rb_entry(parent, struct timer, node)->expires_ns
			       ? &parent->left
			       : &parent->right;
	}
	rb_insert(&q->timers, &t->node, parent, link);
}

void timer_set(struct timer *t, uint64_t expires_ns)
{
	irqflags_t irq;
	struct timer_queue *q = queue_claim(t, &irq);
	bool first;

	spin_assert_held(&q->lock);
	t->expires_ns = expires_ns;
	queue_insert(q, t);
	first = rb_first(&q->timers) == &t->node;
	spin_unlock(&q->lock);
	if (q == queue_here())
		alarm_need(rq_here(), expires_ns);
	else if (first)
		arch_ipi_send(&hart_table[q - queues]); /* its upcall_ipi looks at the queue */
	irq_restore(irq);
}

bool timer_try_cancel(struct timer *t)
{
	irqflags_t irq;
	struct timer_queue *q = queue_lock(t, &irq);
	bool was_set = rb_is_linked(&t->node);

	spin_assert_held(&q->lock);
	if (was_set)
		rb_erase(&q->timers, &t->node);
	was_set = was_set && q->running != t;
	spin_unlock_irqrestore(&q->lock, irq);
	return was_set;
}

bool timer_cancel(struct timer *t)
{
	bool was_set = false;

	for (;;) {
		irqflags_t irq;
		struct timer_queue *q = queue_lock(t, &irq);
		bool running = q->running == t;

		spin_assert_held(&q->lock);
		if (rb_is_linked(&t->node)) {
			rb_erase(&q->timers, &t->node);
			was_set = true;
		}
		spin_unlock_irqrestore(&q->lock, irq);
		if (!running)
			return was_set;
		hart_relax();
	}
}

/* Expiry. */

/* Interrupts off. Timers that are set for a moment already past, by the functions too, run in the
 * same go. */
static void timers_run(struct timer_queue *q, uint64_t now)
{
	spin_lock(&q->lock);
	while (first_expiry(q) <= now) {
		struct timer *t = rb_entry(rb_first(&q->timers), struct timer, node);

		rb_erase(&q->timers, &t->node);
		q->running = t;
		spin_unlock(&q->lock);
		t->fn(t);
		spin_lock(&q->lock);
		q->running = NULL;
	}
	spin_unlock(&q->lock);
}

void upcall_timer(void)
{
	struct timer_queue *q = queue_here();
	struct runqueue *rq = rq_here();
	uint64_t now = clock_mono_ns(), next;

	/* Sets made from here on compare with "never"; what they arm is taken into account below.
	 * */
	rq->alarm_ns = UINT64_MAX;
	timers_run(q, now);
	next = sched_tick(now);
	spin_lock(&q->lock);
	next = min(next, first_expiry(q));
	spin_unlock(&q->lock);
	alarm_set(rq, next);
}

/* Poked: by rq_resched, whose wish lies in pending_work, because a timer was queued here, or
 * because memory is short. */
void upcall_ipi(void)
{
	struct timer_queue *q = queue_here();
	uint64_t first;

	hart_fence_answer();
	spin_lock(&q->lock);
	first = first_expiry(q);
	spin_unlock(&q->lock);
	alarm_need(rq_here(), first);
	page_drain_check();
}
