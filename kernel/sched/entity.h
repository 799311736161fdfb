/*
 * What the scheduler keeps in every task; included by kernel/task/task.h and nobody else.
 */
#pragma once

#include "lib/list.h"
#include "lib/rbtree.h"

/* Linux's policies (kernel/abi/sched.h has the numbers). */
struct sched_entity {
	/* [R] = the run queue's lock of the hart that the task is on */
	struct rb_node node;	/* [R] in the fair tree, by deadline */
	struct list rt_link;	/* [R] in a real-time list */
	uint64_t vruntime;	/* [R] weighted run time, ns */
	uint64_t deadline;	/* [R] virtual */
	uint64_t slice_end_ns;	/* [R] */
	uint64_t exec_start_ns; /* [R] when it last began to run */
	uint64_t sum_exec_ns;	/* [R] real run time ever */
	uint32_t weight;	/* [R] from nice */
	uint8_t policy;		/* [R] */
	uint8_t rt_priority;	/* [R] 1..99, 0 = not real-time */
	int8_t nice;		/* [R] -20..19 */
	bool queued;		/* [R] in a queue or running */
	bool reset_on_fork;
};
