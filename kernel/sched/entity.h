/*
 * What the scheduler keeps in every task; included by kernel/task/task.h and nobody else.
 */
#pragma once

#include "lib/list.h"
#include "lib/rbtree.h"

/* Linux's policies (kernel/abi/sched.h has the numbers). [R] = guarded by the lock of the run queue
 * that task->hart names. */
struct sched_entity {
	struct rb_node node;	/* [R] in the fair tree, by deadline; not while running */
	struct list rt_link;	/* [R] in a real-time list; not while running */
	uint64_t vruntime;	/* [R] weighted run time, ns, on the queue's scale */
	uint64_t deadline;      /* [R] virtual time by which the present request should be served */
	uint64_t slice_end_ns;	/* [R] running: when to look whether others should run */
	uint64_t exec_start_ns; /* [R] running: up to when its time is accounted */
	uint64_t sum_exec_ns;	/* [R] real run time ever */
	uint64_t sum_told_ns;	/* [R] part of it that upcall_cpu_time has heard of */
	uint32_t weight;	/* [R] from nice */
	uint32_t inv_weight;	/* [R] 2^32 / weight: virtual ns = real ns * inv_weight >> 22 */
	uint8_t policy;		/* [R] */
	uint8_t rt_priority;	/* [R] 1..99, 0 = not real-time */
	int8_t nice;		/* [R] -20..19 */
	bool queued;		/* [R] in a queue or running */
	bool in_user; /* [R] where the last tick found it: its time goes there until the next */
	bool dead;		/* [R] in its last switch: the hart's reference goes with it */
	bool reset_on_fork;
};
