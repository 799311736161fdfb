/*
 * The real-time classes: a list per priority, and a bitmap of the lists that are not empty. The
 * highest waiting priority runs, before any fair task. FIFO runs until it sleeps or yields; RR goes
 * to the end of its list when its slice is over. Who was preempted stays at the head.
 *
 * A real-time task that loops must not keep everybody else off its hart for ever, the shell that
 * could end it among them. So of each second the class has RT_SHARE_NS; what is left belongs to
 * fair tasks, if any waits.
 *
 * LIMIT: a waiting real-time task is not pushed to a hart that runs something lesser, except when
 * it wakes.
 */
#include "kernel/sched/runqueue.h"

void rt_enqueue(struct runqueue *rq, struct task *t, bool at_head)
{
	unsigned level = t->sched.rt_priority;

	if (at_head)
		list_add(&t->sched.rt_link, &rq->rt[level]);
	else
		list_add_tail(&t->sched.rt_link, &rq->rt[level]);
	rq->rt_bitmap[level / 64] |= BIT(level % 64);
}

void rt_dequeue(struct runqueue *rq, struct task *t)
{
	unsigned level = t->sched.rt_priority;

	list_del(&t->sched.rt_link);
	if (list_empty(&rq->rt[level]))
		rq->rt_bitmap[level / 64] &= ~BIT(level % 64);
}

unsigned rt_top(const struct runqueue *rq)
{
	if (rq->rt_bitmap[1] != 0)
		return 64 + bits_last(rq->rt_bitmap[1]);
	return rq->rt_bitmap[0] != 0 ? bits_last(rq->rt_bitmap[0]) : 0;
}

struct task *rt_pick(struct runqueue *rq)
{
	unsigned level = rt_top(rq);
	struct task *t;

	if (level == 0)
		return NULL;
	t = list_first_entry(&rq->rt[level], struct task, sched.rt_link);
	rt_dequeue(rq, t);
	return t;
}

#define RT_PERIOD_NS NSEC_PER_SEC
#define RT_SHARE_NS (950 * NSEC_PER_MSEC)

bool rt_is_spent(struct runqueue *rq, uint64_t now)
{
	if (!time_before(now, rq->rt_period_ns + RT_PERIOD_NS)) {
		rq->rt_period_ns = now;
		rq->rt_used_ns = 0;
	}
	return rq->rt_used_ns >= RT_SHARE_NS && rq->fair_first != NULL;
}
