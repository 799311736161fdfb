/*
 * The fair class: every task gets hart time in proportion to its weight.
 *
 * A task's vruntime is the time it has run, scaled by 1024 / weight: fairness means that all
 * vruntimes advance together. Each task works through requests of SLICE_NS: a request that begins
 * at vruntime v has the virtual deadline v + SLICE_NS * 1024 / weight, and the waiting task with
 * the earliest deadline runs next. So a heavy task has near deadlines and runs often, and a task
 * that ran little lately has early ones and gets the hart soon after it wakes.
 *
 * vtime is where the queue as a whole stands: the lower of the running task's vruntime and that of
 * the first in the tree, and never goes back. A new task starts there. One that slept comes back
 * where it left, but at most half a request behind vtime: sleep is not saved up.
 *
 * The tree holds the waiting tasks by deadline; the running one is not in it.
 *
 * NOTE(linux): like EEVDF, without its test of eligibility; what a task can get ahead is bounded by
 * one request.
 */
#include "kernel/sched/runqueue.h"

#define SLICE_NS (3 * NSEC_PER_MSEC)
#define SLICE_MIN_NS                                                                               \
	(200 * NSEC_PER_USEC) /* no interrupt sooner than this, however little is left */
#define WEIGHT_NORMAL 1024
#define WEIGHT_IDLE 3
#define INV_SHIFT 22 /* inv_weight of WEIGHT_NORMAL is 1 << INV_SHIFT */

/* 1024 / 1.25^nice: one step of nice is about a tenth of a hart against one competitor. */
static const uint32_t nice_weight[40] = {
	88818, 71054, 56843, 45475, 36380, 29104, 23283, 18626, 14901, 11921,
	9537,  7629,  6104,  4883,  3906,  3125,  2500,	 2000,	1600,  1280,
	1024,  819,   655,   524,   419,   336,	  268,	 215,	172,   137,
	110,   88,    70,    56,    45,	   36,	  29,	 23,	18,    15,
};

void fair_weight_set(struct sched_entity *s, uint8_t policy, int8_t nice)
{
	s->policy = policy;
	s->nice = nice;
	s->weight = policy == SCHED_IDLE ? WEIGHT_IDLE : nice_weight[nice + 20];
	s->inv_weight = (uint32_t)(((uint64_t)WEIGHT_NORMAL << INV_SHIFT) / s->weight);
}

/* Real ns, a few seconds at most, to virtual. */
static inline uint64_t to_virtual(const struct sched_entity *s, uint64_t ns)
{
	return ns * s->inv_weight >> INV_SHIFT;
}

static inline struct task *node_task(struct rb_node *node)
{
	return rb_entry(node, struct task, sched.node);
}

static inline struct task *fair_first(struct runqueue *rq)
{
	return rb_entry_or_null(rb_first(&rq->fair), struct task, sched.node);
}

void fair_enqueue(struct runqueue *rq, struct task *t)
{
	struct rb_node **link = &rq->fair.node, *parent = NULL;
	uint64_t deadline = t->sched.deadline;

	while (*link != NULL) {
		parent = *link;
		link = time_before(deadline, node_task(parent)->sched.deadline) ? &parent->left
										: &parent->right;
	}
	rb_insert(&rq->fair, &t->sched.node, parent, link);
}

void fair_dequeue(struct runqueue *rq, struct task *t)
{
	rb_erase(&rq->fair, &t->sched.node);
}

struct task *fair_pick(struct runqueue *rq)
{
	struct task *t = fair_first(rq);

	if (t != NULL)
		rb_erase(&rq->fair, &t->sched.node);
	return t;
}

static void vtime_advance(struct runqueue *rq, uint64_t vruntime)
{
	struct task *first = fair_first(rq);

	if (first != NULL && time_before(first->sched.vruntime, vruntime))
		vruntime = first->sched.vruntime;
	if (time_before(rq->vtime, vruntime))
		rq->vtime = vruntime;
}

void fair_run(struct runqueue *rq, struct task *t, uint64_t delta)
{
	struct sched_entity *s = &t->sched;

	s->vruntime += to_virtual(s, min(delta, NSEC_PER_SEC));
	if (!time_before(s->vruntime, s->deadline))
		s->deadline = s->vruntime + to_virtual(s, SLICE_NS);
	vtime_advance(rq, s->vruntime);
}

void fair_place(struct runqueue *rq, struct task *t, bool is_new)
{
	struct sched_entity *s = &t->sched;
	uint64_t earliest = rq->vtime;

	if (!is_new)
		earliest -= to_virtual(s, SLICE_NS / 2);
	if (is_new || time_before(s->vruntime, earliest))
		s->vruntime = earliest;
	s->deadline = s->vruntime + to_virtual(s, SLICE_NS);
}

void fair_transfer(struct task *t, uint64_t from_vtime, uint64_t to_vtime)
{
	t->sched.vruntime += to_vtime - from_vtime;
	t->sched.deadline += to_vtime - from_vtime;
}

/* Behind the last one now waiting, and no further: who yields all the time must not fall behind
 * without bound. */
void fair_yield(struct runqueue *rq, struct task *t)
{
	struct rb_node *last = rb_last(&rq->fair);

	if (last != NULL && time_before(t->sched.deadline, node_task(last)->sched.deadline))
		t->sched.deadline = node_task(last)->sched.deadline;
}

uint64_t fair_slice_left(const struct task *t)
{
	const struct sched_entity *s = &t->sched;
	uint64_t left = time_before(s->vruntime, s->deadline) ? s->deadline - s->vruntime : 0;

	return max(min(left, NSEC_PER_SEC) * s->weight / WEIGHT_NORMAL, SLICE_MIN_NS);
}
