/*
 * The fair class's part of every switch, in line; sched_fair.c explains the class. Only
 * kernel/sched includes this.
 *
 * The first waiting task, the one with the earliest deadline, stands apart in rq->fair_first; the
 * tree has the others. So with one or two tasks on a hart, the usual case by far, a switch never
 * touches the tree.
 */
#pragma once

#include "kernel/sched/runqueue.h"

#define FAIR_SLICE_NS (3 * NSEC_PER_MSEC)
#define FAIR_INV_SHIFT 22 /* inv_weight of nice 0 is 1 << FAIR_INV_SHIFT */

/* sched_fair.c, rq->lock held: enters t into the tree / takes out the tree's first, or NULL. */
void fair_tree_insert(struct runqueue *rq, struct task *t);
struct task *fair_tree_pop(struct runqueue *rq);

/* Real ns, a few seconds at most, to virtual. */
static inline uint64_t fair_virtual(const struct sched_entity *s, uint64_t ns)
{
	return ns * s->inv_weight >> FAIR_INV_SHIFT;
}

static inline void fair_enqueue(struct runqueue *rq, struct task *t)
{
	struct task *first = rq->fair_first;

	if (first == NULL || time_before(t->sched.deadline, first->sched.deadline)) {
		rq->fair_first = t;
		t = first;
	}
	if (t != NULL)
		fair_tree_insert(rq, t);
}

static inline struct task *fair_pick(struct runqueue *rq)
{
	struct task *t = rq->fair_first;

	if (t != NULL)
		rq->fair_first = rb_empty(&rq->fair) ? NULL : fair_tree_pop(rq);
	return t;
}

/* prev, which is fair and stays runnable, goes back among the waiting ones, and the first of them
 * comes: fair_enqueue and fair_pick in one, which with two tasks is an exchange of pointers. */
static inline struct task *fair_exchange(struct runqueue *rq, struct task *prev)
{
	struct task *first = rq->fair_first;

	if (first == NULL || time_before(prev->sched.deadline, first->sched.deadline))
		return prev;
	if (rb_empty(&rq->fair)) {
		rq->fair_first = prev;
	} else {
		fair_tree_insert(rq, prev);
		rq->fair_first = fair_tree_pop(rq);
	}
	return first;
}

/* The running task lets all that wait now go first: it stands behind the last of them, and no
 * further, for who yields all the time must not fall behind without bound. */
static inline void fair_yield(struct runqueue *rq, struct task *t)
{
	const struct task *last = rb_empty(&rq->fair) ? rq->fair_first : fair_last(rq);

	if (last != NULL && time_before(t->sched.deadline, last->sched.deadline))
		t->sched.deadline = last->sched.deadline;
}

/* delta real ns have been run by t, the running task. */
static inline void fair_run(struct runqueue *rq, struct task *t, uint64_t delta)
{
	struct sched_entity *s = &t->sched;
	uint64_t vtime;

	s->vruntime += fair_virtual(s, min(delta, NSEC_PER_SEC));
	vtime = s->vruntime;
	if (unlikely(!time_before(vtime, s->deadline)))
		s->deadline = vtime + fair_virtual(s, FAIR_SLICE_NS);
	if (rq->fair_first != NULL && time_before(rq->fair_first->sched.vruntime, vtime))
		vtime = rq->fair_first->sched.vruntime;
	if (time_before(rq->vtime, vtime))
		rq->vtime = vtime;
}
