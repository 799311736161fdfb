/*
 * The fair class: every task gets hart time in proportion to its weight.
 *
 * A task's vruntime is the time it has run, scaled by 1024 / weight: fairness means that all
 * vruntimes advance together. Each task works through requests of FAIR_SLICE_NS: a request that
 * begins at vruntime v has the virtual deadline v + FAIR_SLICE_NS * 1024 / weight, and the waiting
 * task with the earliest deadline runs next. So a heavy task has near deadlines and runs often, and
 * a task that ran little lately has early ones and gets the hart soon after it wakes.
 *
 * vtime is where the queue as a whole stands: the lower of the running task's vruntime and that of
 * the first in the tree, and never goes back. A new task starts there. One that slept comes back
 * where it left, but at most half a request behind vtime: sleep is not saved up.
 *
 * Waiting tasks are in order of deadline, the first of them in rq->fair_first and the others in the
 * tree; the running one is in neither.
 *
 * NOTE(linux): like EEVDF, without its test of eligibility; what a task can get ahead is bounded by
 * one request.
 */
#include "kernel/sched/fair.h"

#define SLICE_MIN_NS                                                                               \
	(200 * NSEC_PER_USEC) /* no interrupt sooner than this, however little is left */
#define WEIGHT_NORMAL 1024
#define WEIGHT_IDLE 3

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
	s->inv_weight = (uint32_t)(((uint64_t)WEIGHT_NORMAL << FAIR_INV_SHIFT) / s->weight);
}

static inline struct task *node_task(struct rb_node *node)
{
	return rb_entry(node, struct task, sched.node);
}

/* One whose deadline equals another's stands behind it, unless it was the first of all just now:
 * then it is not later than any, and stands before them. */
void fair_tree_insert(struct runqueue *rq, struct task *t)
{
	struct rb_node **link = &rq->fair.node, *parent = NULL;
	uint64_t deadline = t->sched.deadline;
	struct rb_node *leftmost = rb_first(&rq->fair);

	if (leftmost != NULL && !time_before(node_task(leftmost)->sched.deadline, deadline))
		link = &leftmost->left, parent = leftmost;
	while (*link != NULL) {
		parent = *link;
		link = time_before(deadline, node_task(parent)->sched.deadline) ? &parent->left
										: &parent->right;
	}
	rb_insert(&rq->fair, &t->sched.node, parent, link);
}

struct task *fair_tree_pop(struct runqueue *rq)
{
	struct task *t = rb_entry_or_null(rb_first(&rq->fair), struct task, sched.node);

	if (t != NULL)
		rb_erase(&rq->fair, &t->sched.node);
	return t;
}

void fair_dequeue(struct runqueue *rq, struct task *t)
{
	if (t == rq->fair_first)
		rq->fair_first = fair_tree_pop(rq);
	else
		rb_erase(&rq->fair, &t->sched.node);
}

void fair_place(struct runqueue *rq, struct task *t, bool is_new)
{
	struct sched_entity *s = &t->sched;
	uint64_t earliest = rq->vtime;

	if (!is_new)
		earliest -= fair_virtual(s, FAIR_SLICE_NS / 2);
	if (is_new || time_before(s->vruntime, earliest))
		s->vruntime = earliest;
	s->deadline = s->vruntime + fair_virtual(s, FAIR_SLICE_NS);
}

void fair_transfer(struct task *t, uint64_t from_vtime, uint64_t to_vtime)
{
	t->sched.vruntime += to_vtime - from_vtime;
	t->sched.deadline += to_vtime - from_vtime;
}

struct task *fair_last(struct runqueue *rq)
{
	return rb_empty(&rq->fair) ? rq->fair_first : node_task(rb_last(&rq->fair));
}

uint64_t fair_slice_left(const struct task *t)
{
	const struct sched_entity *s = &t->sched;
	uint64_t left = time_before(s->vruntime, s->deadline) ? s->deadline - s->vruntime : 0;

	return max(min(left, NSEC_PER_SEC) * s->weight / WEIGHT_NORMAL, SLICE_MIN_NS);
}
