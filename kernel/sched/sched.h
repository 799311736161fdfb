/*
 * Who runs next: a run queue per hart, real-time classes above the fair one, idle below.
 */
#pragma once

#include "kernel/core/hart.h"
#include "kernel/task/task.h"
#include "lib/rbtree.h"

struct runqueue;

void sched_init(void); /* boot hart, after hart_table_set, before the first task is made */
/* Each hart, on its idle task h->idle, whose `hart` is set: from now on it is given tasks. */
void sched_hart_init(struct hart *h);

/* Puts a new task (state TASK_NEW) on a queue for the first time, and takes the reference that the
 * hart drops after its last switch. Inherits policy and affinity by sched_inherit before. */
void sched_task_start(struct task *t);
void sched_inherit(struct task *child, const struct task *parent);

/* Makes t runnable if its state is in the mask (TASK_NORMAL: both sleeps). True if it was asleep.
 * Any context. */
bool task_wake(struct task *t, unsigned state_mask);
/* Sets current's state with the barrier that task_wake pairs with. */
void task_state_set(enum task_state state);
/* Gives up the hart. If current's state is not RUNNING it sleeps until woken. No spinlock may be
 * held. */
void schedule(void);
/* For a loop that may be long: lets others run if it is time. No spinlock may be held; nothing with
 * interrupts off or between setting a sleeping state and schedule(). */
void sched_checkpoint(void);
/* The same for a loop that may end early: -EINTR when current is to die. */
int sched_checkpoint_killable(void) __must_check;
void sched_yield(void);

/* The last schedule of a task whose state is ZOMBIE or GONE; whoever runs next here drops the
 * hart's reference. */
__noreturn void sched_exit(void);

/* Body of the idle task on every hart. */
__noreturn void sched_idle(void);

/* Policy and placement. 0, -EINVAL. Permission is the caller's business. */
int sched_policy_set(struct task *t, int policy, int rt_priority, int nice) __must_check;
int sched_affinity_set(struct task *t, const struct hart_mask *mask) __must_check;
uint64_t sched_cputime_ns(const struct task *t); /* up to now if it is running */
uint64_t sched_switches(void);	    /* context switches since boot */
void sched_load_avg(uint64_t avg[3]); /* fixed point, 11 bits, as /proc/loadavg wants */
unsigned sched_nr_running(void);
uint64_t sched_idle_ns(unsigned hart);
/* What tasks have run on a hart, in user mode and in the kernel. */
void sched_busy_ns(unsigned hart, uint64_t *user_ns, uint64_t *kernel_ns);
