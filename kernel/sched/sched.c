/*
 * schedule(): the hart goes from one task to the next.
 *
 * Each hart has a queue under one lock. A task belongs to the queue that task->hart names, asleep
 * or not, and only that queue's lock lets one change its scheduling state; so waking, starting,
 * policy changes and the switch itself need one lock, and no state in between is ever visible:
 *
 *	             wake, start
 *	  asleep ---------------> waiting (in tree or list) <------+
 *	    ^     queued = true        |  pick                     | yield, preemption
 *	    |                          v                           |
 *	    +---------------------- running -----------------------+
 *	     queued = false, once state is not RUNNING
 *
 * The lock is taken by the task that leaves and dropped by the one that comes (finish_switch),
 * which has first noted on_hart = false for the other: whoever holds the lock and finds a task not
 * queued knows that its registers are all saved. That is why task_wake never waits for a task that
 * is on its way to sleep.
 *
 * A sleeper announces its state, with a barrier, before it looks for the last time at what it waits
 * for (task_state_set); a waker changes that first, and then, after a barrier, looks at the state.
 * One of the two sees the other. If the waker comes between announcement and schedule(), schedule()
 * finds RUNNING and carries on.
 *
 * The kernel is not preempted: WORK_RESCHED in the running task's pending_work is a wish, granted
 * on return to user mode, in sched_checkpoint() and by the idle loop.
 *
 * Entry points: schedule, sched_yield, sched_checkpoint, sched_exit, sched_idle; sched_init and
 * sched_hart_init at boot. What lies in the other files: runqueue.h.
 */
#include "kernel/sched/sched.h"

#include "kernel/alloc/slab.h"
#include "kernel/core/panic.h"
#include "kernel/core/upcall.h"
#include "kernel/sched/fair.h"
#include "kernel/sched/runqueue.h"
#include "kernel/sched/watchdog.h"
#include "lib/errno.h"

struct runqueue *runqueues;
struct hart_mask sched_online;
struct hart_mask sched_idle_mask;

/* Boot. */

void sched_init(void)
{
	runqueues = kcalloc(hart_count, sizeof(*runqueues));
	if (runqueues == NULL || timers_init())
		panic("no memory for the run queues of %u harts", hart_count);
	for (unsigned i = 0; i < hart_count; i++) {
		struct runqueue *rq = &runqueues[i];

		spinlock_init(&rq->lock, "runqueue", LOCK_RANK_RUNQUEUE);
		rq->index = i;
		rq->alarm_ns = UINT64_MAX;
		for (unsigned level = 0; level < RT_LEVELS; level++)
			list_init(&rq->rt[level]);
	}
	load_avg_start();
	if (watchdog_init())
		panic("no memory for the watchdog of %u harts", hart_count);
}

void sched_hart_init(struct hart *h)
{
	struct runqueue *rq = &runqueues[h->index];
	struct task *t = current;

	assert(t == h->idle && atomic_load(&t->hart) == h->index);
	atomic_store(&t->state, TASK_RUNNING);
	atomic_store(&t->on_hart, true);
	WRITE_ONCE(t->sched.exec_start_ns, clock_mono_ns());
	/* Not for itself: tasks that the boot task clones inherit these. */
	fair_weight_set(&t->sched, SCHED_NORMAL, 0);
	for (unsigned i = 0; i < ARRAY_SIZE(t->affinity.bits); i++)
		t->affinity.bits[i] = UINT64_MAX;
	rq->idle = rq->running = t;
	hart_mask_set(&sched_online, h->index);
	__atomic_store_n(&h->online, true, __ATOMIC_RELEASE);
}

/* Queues. */

void rq_enqueue(struct runqueue *rq, struct task *t)
{
	t->sched.queued = true;
	ADD_ONCE(rq->nr_running, 1);
	if (unlikely(task_is_rt(t)))
		rt_enqueue(rq, t, false);
	else
		fair_enqueue(rq, t);
}

void rq_dequeue(struct runqueue *rq, struct task *t)
{
	t->sched.queued = false;
	ADD_ONCE(rq->nr_running, -1);
	if (unlikely(task_is_rt(t)))
		rt_dequeue(rq, t);
	else
		fair_dequeue(rq, t);
}

static inline void account(struct runqueue *rq, uint64_t now)
{
	struct task *t = rq->running;
	uint64_t delta = now - t->sched.exec_start_ns;

	WRITE_ONCE(t->sched.exec_start_ns, now);
	t->sched.sum_exec_ns += delta;
	if (unlikely(t == rq->idle))
		return;
	if (t->sched.in_user) {
		ADD_ONCE(t->utime_ns, delta);
		ADD_ONCE(rq->user_ns, delta);
	} else {
		ADD_ONCE(t->stime_ns, delta);
		ADD_ONCE(rq->kernel_ns, delta);
	}
	if (likely(!task_is_rt(t)))
		fair_run(rq, t, delta);
	else
		rq->rt_used_ns += delta;
}

void rq_account(struct runqueue *rq, uint64_t now)
{
	account(rq, now);
}

/* Leaving. */

static void leave_asleep(struct runqueue *rq, struct task *prev, unsigned state)
{
	prev->sched.queued = false;
	ADD_ONCE(prev->nvcsw, 1);
	ADD_ONCE(rq->nr_running, -1);
	if (sleep_is_load(prev, state))
		ADD_ONCE(rq->nr_uninterruptible, 1);
}

static void leave_for_another_hart(struct runqueue *rq, struct task *prev)
{
	prev->sched.queued = false;
	ADD_ONCE(rq->nr_running, -1);
	rq->push = prev;
}

static void leave_realtime(struct runqueue *rq, struct task *prev) __must_hold(rq->lock)
{
	bool slice_left = time_before(prev->sched.exec_start_ns, prev->sched.slice_end_ns);

	rt_enqueue(rq, prev, slice_left);
}

/* Coming. */

static inline struct task *pick(struct runqueue *rq) __must_hold(rq->lock)
{
	struct task *t;

	do {
		if (unlikely(rt_waits(rq)) && !rt_is_spent(rq, clock_mono_ns()))
			return rt_pick(rq);
		t = fair_pick(rq);
		if (t != NULL)
			return t;
	} while (hart_count > 1 && balance_pull(rq));
	return rq->idle;
}

/* prev goes where its state says: to sleep, back among the waiting, or off to another hart. Who
 * comes instead? */
static inline struct task *exchange(struct runqueue *rq, struct task *prev) __must_hold(rq->lock)
{
	unsigned state = atomic_load_explicit(&prev->state, memory_order_relaxed);

	if (likely(prev != rq->idle)) {
		if (state != TASK_RUNNING) {
			leave_asleep(rq, prev, state);
		} else if (unlikely(!task_allowed(prev, rq->index))) {
			leave_for_another_hart(rq, prev);
		} else if (unlikely(task_is_rt(prev))) {
			leave_realtime(rq, prev);
		} else {
			if (likely(!rt_waits(rq)))
				return fair_exchange(rq, prev);
			fair_enqueue(rq, prev);
		}
	}
	return pick(rq);
}

/* Sees to it that somebody looks, at the end of a slice at the latest, whether others should run.
 * A fair slice ends by the alarm that is set anyway, or one tick from now; the tick is exact. */
static inline void slice_start(struct runqueue *rq, struct task *next, uint64_t now)
{
	struct sched_entity *s = &next->sched;

	if (unlikely(task_is_rt(next))) {
		if (s->policy == SCHED_FIFO)
			s->slice_end_ns = UINT64_MAX >> 1;
		else if (!time_before(now, s->slice_end_ns))
			s->slice_end_ns = now + RR_SLICE_NS;
		alarm_need(rq, s->slice_end_ns);
	}
	alarm_need(rq, now + TICK_NS);
}

static void idle_mask_update(struct runqueue *rq, struct task *prev, struct task *next)
{
	if (next == rq->idle)
		hart_mask_set(&sched_idle_mask, rq->index);
	else if (prev == rq->idle)
		hart_mask_clear(&sched_idle_mask, rq->index);
}

/* On next's stack: prev is off the hart. What must not happen under the lock happens after it. */
__lock_unchecked static inline void finish_switch(struct task *prev)
{
	struct runqueue *rq = rq_here();
	struct task *push = rq->push;
	bool dead = prev->sched.dead;

	rq->push = NULL;
	atomic_store_explicit(&prev->on_hart, false, memory_order_release);
	spin_unlock(&rq->lock);
	/* From here prev may run elsewhere, or be gone. */
	if (unlikely(push != NULL))
		sched_push(push);
	if (unlikely(dead))
		task_put(prev);
}

static inline void switch_to(struct runqueue *rq, struct task *prev, struct task *next,
			     uint64_t now)
{
	WRITE_ONCE(next->sched.exec_start_ns, now);
	rq->running = next;
	ADD_ONCE(rq->switches, 1);
	ADD_ONCE(prev->nivcsw, prev->sched.queued);
	atomic_store_explicit(&next->on_hart, true, memory_order_relaxed);
	if (likely(next != rq->idle))
		slice_start(rq, next, now);
	if (next == rq->idle || prev == rq->idle)
		idle_mask_update(rq, prev, next);
	upcall_mm_switch(prev, next);
	spin_hand_over(&rq->lock, prev, next);
	finish_switch(arch_task_switch(prev, next));
}

/* prev stays runnable, and lets those go first that wait now. */
static void yield_place(struct runqueue *rq, struct task *prev)
{
	if (unlikely(task_is_rt(prev)))
		prev->sched.slice_end_ns = 0; /* to the end of its list */
	else
		fair_yield(rq, prev);
}

static inline void resched_clear(struct task *t)
{
	if (atomic_load_explicit(&t->pending_work, memory_order_relaxed) & WORK_RESCHED)
		atomic_fetch_and_explicit(&t->pending_work, ~WORK_RESCHED, memory_order_relaxed);
}

/* Interrupts off, rq->lock held; drops the lock. */
__lock_unchecked
static inline void schedule_locked(struct runqueue *rq, struct task *prev, bool yield)
{
	uint64_t now = clock_mono_ns();
	struct task *next;

	account(rq, now);
	resched_clear(prev);
	if (yield)
		yield_place(rq, prev);
	next = exchange(rq, prev);
	if (next != prev) {
		switch_to(rq, prev, next, now);
		return;
	}
	if (next != rq->idle)
		slice_start(rq, next, now);
	spin_unlock(&rq->lock);
}

__lock_unchecked static __noinline void schedule_now(bool yield)
{
	irqflags_t irq = irq_save();
	struct runqueue *rq = rq_here();

	spin_lock(&rq->lock);
	schedule_locked(rq, current, yield);
	irq_restore(irq);
}

void schedule(void)
{
	might_sleep();
	schedule_now(false);
}

void sched_yield(void)
{
	schedule_now(true);
}

/* First instant of a new task. Interrupts stay off: arch goes on to user mode or turns them on. */
void upcall_task_start(struct task *prev)
{
	finish_switch(prev);
}

void sched_checkpoint(void)
{
	struct task *t = current;

	if (likely(!(atomic_load_explicit(&t->pending_work, memory_order_relaxed) & WORK_RESCHED)))
		return;
	if (irq_enabled() && atomic_load_explicit(&t->state, memory_order_relaxed) == TASK_RUNNING)
		schedule();
}

int sched_checkpoint_killable(void)
{
	sched_checkpoint();
	return atomic_load_explicit(&current->pending_work, memory_order_relaxed) & WORK_KILL
		       ? -EINTR : 0;
}

void sched_exit(void)
{
	struct task *t = current;

	assert(atomic_load(&t->state) & (TASK_ZOMBIE | TASK_GONE));
	lock_check_none_held("by a task that ends");
	t->sched.dead = true; /* read by nobody before the switch */
	schedule();
	panic("a dead task (%d) was scheduled again", t->tid);
}

/* The idle task: not in any queue; picked when there is nothing else. */
void sched_idle(void)
{
	struct task *t = current;

	hart_mask_set(&sched_idle_mask, hart_index());
	for (;;) {
		irq_enable();
		if (atomic_load_explicit(&t->pending_work, memory_order_relaxed) & WORK_RESCHED ||
		    READ_ONCE(rq_here()->nr_running) > 0)
			schedule();
		irq_disable();
		/* A poke between the test and here leaves its interrupt pending, and so ends the
		 * wait at once. */
		if (!(atomic_load_explicit(&t->pending_work, memory_order_relaxed) & WORK_RESCHED))
			hart_wait();
	}
}
