/*
 * Balance by pulling: a hart that runs out of tasks takes one from the hart that has most; and,
 * seldom, one that has clearly fewer than another. A busy hart whose tasks wait while another is
 * idle pokes that one, which then pulls: an idle hart has no tick and would not notice.
 *
 * The puller holds its own queue's lock and only tries for the other's, so two that pull from each
 * other do not wait for each other; who fails goes without until the next occasion.
 */
#include "kernel/sched/runqueue.h"

#define BALANCE_NS (32 * NSEC_PER_MSEC)

/* The other hart with most tasks, at least `least`; NULL: none. Numbers read without locks: a hint.
 * */
static struct runqueue *busiest(const struct runqueue *self, unsigned least)
{
	struct runqueue *best = NULL;

	for (unsigned i = 1; i < hart_count; i++) {
		struct runqueue *rq = &runqueues[(self->index + i) % hart_count];
		unsigned load = READ_ONCE(rq->nr_running);

		if (load < least)
			continue;
		best = rq;
		least = load + 1;
	}
	return best;
}

/* A waiting task of `from` that may run on hart: real-time first, then the fair one with the latest
 * deadline, which would have waited longest. */
static struct task *candidate(struct runqueue *from, unsigned hart)
{
	unsigned level = rt_top(from);
	struct rb_node *node;
	struct task *t;

	if (level != 0) {
		t = list_first_entry(&from->rt[level], struct task, sched.rt_link);
		if (task_allowed(t, hart))
			return t;
	}
	for (node = rb_last(&from->fair); node != NULL; node = rb_prev(node)) {
		t = rb_entry(node, struct task, sched.node);
		if (task_allowed(t, hart))
			return t;
	}
	t = from->fair_first;
	return t != NULL && task_allowed(t, hart) ? t : NULL;
}

static bool pull_from(struct runqueue *rq, struct runqueue *from) __must_hold(rq->lock)
{
	struct task *t;

	if (!spin_trylock(&from->lock))
		return false;
	t = candidate(from, rq->index);
	if (t != NULL) {
		rq_dequeue(from, t);
		atomic_store_explicit(&t->hart, rq->index, memory_order_relaxed);
		fair_transfer(t, from->vtime, rq->vtime);
		rq_enqueue(rq, t);
	}
	spin_unlock(&from->lock);
	return t != NULL;
}

bool balance_pull(struct runqueue *rq)
{
	/* The hart's boot task may still be preparing it: two tasks there, and one of them waits
	 * for certain. */
	struct runqueue *from = busiest(rq, 2);

	return from != NULL && pull_from(rq, from);
}

static void idle_hart_poke(struct runqueue *rq)
{
	for (unsigned i = 1; i < hart_count; i++) {
		unsigned hart = (rq->index + i) % hart_count;

		if (!hart_mask_test(&sched_idle_mask, hart) || candidate(rq, hart) == NULL)
			continue;
		/* Only a wish: its queue is not locked here, but an idle task never goes away. */
		if (!(atomic_fetch_or(&runqueues[hart].idle->pending_work, WORK_RESCHED) &
		      WORK_RESCHED))
			arch_ipi_send(&hart_table[hart]);
		return;
	}
}

void balance_tick(struct runqueue *rq, uint64_t now)
{
	struct runqueue *from;

	if (hart_count == 1)
		return;
	if (rq->nr_running >= 2)
		idle_hart_poke(rq);
	if (time_before(now, rq->next_balance_ns))
		return;
	rq->next_balance_ns = now + BALANCE_NS;
	from = busiest(rq, rq->nr_running + 2);
	if (from != NULL && pull_from(rq, from))
		rq_resched(rq);
}
