/*
 * Changing how and where a task is scheduled. A waiting task is taken out of its queue, changed,
 * and entered again; the running one is changed as it runs and its hart told to look again; one
 * that sleeps is just changed.
 */
#include "kernel/sched/runqueue.h"
#include "lib/errno.h"

static bool policy_valid(int policy, int rt_priority, int nice)
{
	if (nice < -20 || nice > 19)
		return false;
	switch (policy) {
	case SCHED_FIFO:
	case SCHED_RR:
		return rt_priority >= 1 && rt_priority < RT_LEVELS;
	case SCHED_NORMAL:
	case SCHED_BATCH:
	case SCHED_IDLE:
		return rt_priority == 0;
	default:
		return false;
	}
}

/* A task that was real-time has no place in virtual time: it starts like a new one. */
static void policy_apply(struct runqueue *rq, struct task *t, int policy, int rt_priority, int nice)
{
	bool was_rt = task_is_rt(t);

	fair_weight_set(&t->sched, (uint8_t)policy, (int8_t)nice);
	t->sched.rt_priority = (uint8_t)rt_priority;
	t->sched.slice_end_ns = 0;
	if (rt_priority == 0)
		fair_place(rq, t, was_rt);
}

int sched_policy_set(struct task *t, int policy, int rt_priority, int nice)
{
	struct runqueue *rq;
	irqflags_t irq;
	bool waiting;

	if (!policy_valid(policy, rt_priority, nice))
		return -EINVAL;
	rq = task_rq_lock(t, &irq);
	spin_assert_held(&rq->lock);
	waiting = t->sched.queued && rq->running != t;
	if (waiting)
		rq_dequeue(rq, t);
	policy_apply(rq, t, policy, rt_priority, nice);
	if (waiting) {
		rq_enqueue(rq, t);
		rq_check_preempt(rq, t);
	} else if (rq->running == t) {
		rq_resched(rq);
	}
	task_rq_unlock(rq, irq);
	return 0;
}

static bool mask_usable(const struct hart_mask *mask)
{
	for (unsigned word = 0; word < ARRAY_SIZE(mask->bits); word++)
		if (mask->bits[word] & READ_ONCE(sched_online.bits[word]))
			return true;
	return false;
}

int sched_affinity_set(struct task *t, const struct hart_mask *mask)
{
	struct runqueue *rq;
	bool push = false;
	irqflags_t irq;

	if (!mask_usable(mask))
		return -EINVAL;
	rq = task_rq_lock(t, &irq);
	spin_assert_held(&rq->lock);
	t->affinity = *mask;
	if (t->sched.queued && !task_allowed(t, rq->index)) {
		if (rq->running == t) {
			rq_resched(rq); /* leave() sees to it */
		} else {
			rq_dequeue(rq, t);
			push = true;
		}
	}
	task_rq_unlock(rq, irq);
	if (push)
		sched_push(t);
	else if (t == current)
		sched_checkpoint();
	return 0;
}
