/*
 * A hart's run queue, and what the scheduler's files know of each other. Nobody outside
 * kernel/sched includes this.
 *
 *	sched.c          schedule() itself: who leaves, who comes, the switch; yield, exit, idle
 *	sched_fair.c     the fair class: virtual time
 *	sched_rt.c       the real-time classes: lists by priority
 *	sched_wake.c     waking and starting tasks, and which hart they go to
 *	sched_balance.c  pulling tasks from busier harts
 *	sched_tick.c     accounting and slices at the timer interrupt; load average
 *	sched_policy.c   policy, nice, affinity
 */
#pragma once

#include "kernel/abi/sched.h"
#include "kernel/core/clock.h"
#include "kernel/core/spinlock.h"
#include "kernel/sched/sched.h"
#include "lib/bits.h"

#define RT_LEVELS 100 /* priorities 1..99 */

/*
 * The running task is in no tree and no list: it is taken out when picked and put back when it
 * leaves. sched_entity.queued says that a task belongs to the queue, running or waiting.
 */
struct runqueue {
	struct spinlock lock;
	unsigned index;	      /* [i] of its hart */
	/* [lock] to write: tasks that belong here, running one included, idle not */
	unsigned nr_running;
	struct task *running; /* [lock] who runs on the hart */
	struct task *idle;    /* [i] */
	struct task *push;    /* [own hart, in a switch] who leaves: affinity forbids this hart */

	struct task *fair_first; /* [lock] waiting, with the earliest deadline; NULL: none waits */
	struct rb_root fair;	 /* [lock] the others that wait, by deadline */
	/* [lock] Where a task that owes and is owed nothing stands; never goes back. */
	uint64_t vtime;

	uint64_t rt_bitmap[2];	   /* [lock] levels with waiting tasks */
	struct list rt[RT_LEVELS]; /* [lock] */
	uint64_t rt_period_ns;	   /* [lock] when the class's present period began */
	uint64_t rt_used_ns;	   /* [lock] run by it since then */

	/* [lock] Went to sleep here less woke here: only the sum over all harts counts. */
	long nr_uninterruptible;
	uint64_t switches;	     /* [lock] */
	uint64_t user_ns, kernel_ns; /* [lock] run by tasks here, divided as their own times are */
	uint64_t next_balance_ns;    /* [lock] */
	uint64_t alarm_ns;	     /* own hart, interrupts off: when its alarm will ring */
} __aligned(64);

extern struct runqueue *runqueues;	 /* [i] one per hart */
extern struct hart_mask sched_online;	 /* [a] harts that run tasks */
extern struct hart_mask sched_idle_mask; /* [a] harts that run their idle task */

static inline struct runqueue *rq_here(void)
{
	return &runqueues[hart_index()];
}

static inline bool task_is_rt(const struct task *t)
{
	return t->sched.rt_priority != 0;
}

static inline bool task_allowed(const struct task *t, unsigned hart)
{
	return t->affinity.bits[hart / 64] >> (hart % 64) & 1;
}

/* Does t's sleep in this state count as load? Kernel threads wait for work in the same state. */
static inline bool sleep_is_load(const struct task *t, unsigned state)
{
	return state == TASK_UNINTERRUPTIBLE && !task_is(t, TASK_KTHREAD);
}

/* Virtual and real time may wrap: a stands before b. */
static inline bool time_before(uint64_t a, uint64_t b)
{
	return (int64_t)(a - b) < 0;
}

/* The lock of the queue that t belongs to; t stays there while it is held. */
struct runqueue *task_rq_lock(struct task *t, irqflags_t *irq);
void task_rq_unlock(struct runqueue *rq, irqflags_t irq);

/* t, nowhere now, may not stay on its hart: enters it on another. No lock held. */
void sched_push(struct task *t);

/* All below: rq->lock held, interrupts off. */

/* Enters a task that is runnable and nowhere. / Takes one out that is waiting. Both count. */
void rq_enqueue(struct runqueue *rq, struct task *t) __must_hold(rq->lock);
void rq_dequeue(struct runqueue *rq, struct task *t) __must_hold(rq->lock);
/* Accounts for the running task's time up to now. */
void rq_account(struct runqueue *rq, uint64_t now) __must_hold(rq->lock);
/* Makes the hart of rq call schedule() soon. */
void rq_resched(struct runqueue *rq) __must_hold(rq->lock);
/* Should t, which was just entered, run instead of the running one? Then it is told so. */
void rq_check_preempt(struct runqueue *rq, struct task *t) __must_hold(rq->lock);

void fair_weight_set(struct sched_entity *s, uint8_t policy, int8_t nice);
void fair_dequeue(struct runqueue *rq, struct task *t) __must_hold(rq->lock);
/* The waiting task with the latest deadline, or NULL. */
struct task *fair_last(struct runqueue *rq);
/* A task that was asleep, or is new, finds its place in virtual time. */
void fair_place(struct runqueue *rq, struct task *t, bool is_new);
/* t, nowhere now, goes over from one queue's virtual time to another's. */
void fair_transfer(struct task *t, uint64_t from_vtime, uint64_t to_vtime);
/* Real ns until the running task's request is served. */
uint64_t fair_slice_left(const struct task *t);

void rt_enqueue(struct runqueue *rq, struct task *t, bool at_head) __must_hold(rq->lock);
void rt_dequeue(struct runqueue *rq, struct task *t) __must_hold(rq->lock);
struct task *rt_pick(struct runqueue *rq) __must_hold(rq->lock);
static inline bool rt_waits(const struct runqueue *rq)
{
	return rq->rt_bitmap[0] | rq->rt_bitmap[1];
}
/* Highest priority waiting; 0: none. */
unsigned rt_top(const struct runqueue *rq);
/* Has the class had its share of this period, and does a fair task wait? The running task's time
 * has been accounted for. */
bool rt_is_spent(struct runqueue *rq, uint64_t now);
#define RR_SLICE_NS (100 * NSEC_PER_MSEC)

/* Tries to get a task from another hart for this one, which has none. */
bool balance_pull(struct runqueue *rq) __must_hold(rq->lock);
void balance_tick(struct runqueue *rq, uint64_t now) __must_hold(rq->lock);

/* At the timer interrupt: when to come again at the latest; UINT64_MAX: no need. Interrupts off, no
 * lock held. */
uint64_t sched_tick(uint64_t now);
/* A busy hart is interrupted at least this often: accounting, CPU-time limits. */
#define TICK_NS (4 * NSEC_PER_MSEC)

/* kernel/sched/timer.c. */
int timers_init(void);
/* Sets this hart's alarm. Interrupts off. */
void alarm_set(struct runqueue *rq, uint64_t ns);
/* This hart's next timer interrupt comes at ns or before. Interrupts off. */
static inline void alarm_need(struct runqueue *rq, uint64_t ns)
{
	if (unlikely(ns < rq->alarm_ns))
		alarm_set(rq, ns);
}
/* Load average's timer. */
void load_avg_start(void);
