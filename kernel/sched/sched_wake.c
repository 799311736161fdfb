/*
 * Making tasks runnable: waking, starting, moving; and the choice of hart.
 *
 * Whoever turns a sleeping state into RUNNING, under the lock of the task's queue, is the one to
 * enter the task into a queue. Between the two the task is nowhere: nobody else wakes it (its state
 * is RUNNING) and nobody switches to it. In that gap it may be given to another hart: task->hart
 * changes under the old queue's lock, and the task is entered under the new one's. Affinity may
 * change in the gap, so it is looked at again there.
 *
 * A task goes to the hart that it ran on last if that is idle, or to an idle one if there is any;
 * otherwise it stays. New tasks go to an idle hart or the one with the fewest tasks.
 */
#include "kernel/core/panic.h"
#include "kernel/sched/runqueue.h"

__lock_unchecked struct runqueue *task_rq_lock(struct task *t, irqflags_t *irq)
{
	*irq = irq_save();
	for (;;) {
		unsigned hart = atomic_load_explicit(&t->hart, memory_order_relaxed);
		struct runqueue *rq = &runqueues[hart];

		spin_lock(&rq->lock);
		if (likely(hart == atomic_load_explicit(&t->hart, memory_order_relaxed)))
			return rq;
		spin_unlock(&rq->lock);
	}
}

__lock_unchecked void task_rq_unlock(struct runqueue *rq, irqflags_t irq)
{
	spin_unlock_irqrestore(&rq->lock, irq);
}

/* Preemption. */

void rq_resched(struct runqueue *rq)
{
	atomic_uint *work = &rq->running->pending_work;

	if (atomic_load_explicit(work, memory_order_relaxed) & WORK_RESCHED)
		return; /* it has been told */
	atomic_fetch_or(work, WORK_RESCHED);
	if (rq->index != hart_index())
		arch_ipi_send(&hart_table[rq->index]);
}

static bool should_preempt(const struct runqueue *rq, const struct task *t)
{
	const struct task *running = rq->running;

	if (running == rq->idle)
		return true;
	if (unlikely(task_is_rt(t) || task_is_rt(running)))
		return t->sched.rt_priority > running->sched.rt_priority;
	if (unlikely(t->sched.policy != SCHED_NORMAL))
		return false;
	if (unlikely(running->sched.policy == SCHED_IDLE))
		return true;
	return time_before(t->sched.deadline, running->sched.deadline);
}

void rq_check_preempt(struct runqueue *rq, struct task *t)
{
	if (should_preempt(rq, t))
		rq_resched(rq);
}

/* Choice of hart. */

static bool hart_usable(const struct task *t, unsigned hart)
{
	return task_allowed(t, hart) && hart_mask_test(&sched_online, hart);
}

/* An idle hart that t may use, or -1. */
static int idle_hart_find(const struct task *t)
{
	for (unsigned word = 0; word * 64 < hart_count; word++) {
		uint64_t bits = READ_ONCE(sched_idle_mask.bits[word]) &
				READ_ONCE(sched_online.bits[word]) & t->affinity.bits[word];

		if (bits != 0)
			return (int)(word * 64 + bits_first(bits));
	}
	return -1;
}

/* The usable hart with the fewest tasks, `first` if there are several. At least one is usable. */
static unsigned least_loaded(const struct task *t, unsigned first)
{
	unsigned best = hart_count, best_load = 0;

	for (unsigned i = 0; i < hart_count; i++) {
		unsigned hart = (first + i) % hart_count,
			 load = READ_ONCE(runqueues[hart].nr_running);

		if (!hart_usable(t, hart) || (best < hart_count && load >= best_load))
			continue;
		best = hart;
		best_load = load;
	}
	assert(best < hart_count);
	return best;
}

static bool hart_is_idle(unsigned hart)
{
	return READ_ONCE(runqueues[hart].nr_running) == 0;
}

static unsigned hart_choose(const struct task *t, unsigned last, bool is_new)
{
	int idle;

	if (hart_count == 1)
		return 0;
	if (hart_is_idle(last) && hart_usable(t, last))
		return last;
	idle = idle_hart_find(t);
	if (idle >= 0)
		return (unsigned)idle;
	if (!is_new && hart_usable(t, last))
		return last;
	return least_loaded(t, last);
}

/* Entering. */

/* t is nowhere and ours. Its queue is locked; returns with the queue locked that it was entered
 * into. */
__lock_unchecked static struct runqueue *enter(struct task *t, struct runqueue *rq, bool is_new)
{
	unsigned target = hart_choose(t, rq->index, is_new);

	while (target != rq->index) {
		uint64_t from_vtime = rq->vtime;

		atomic_store_explicit(&t->hart, target, memory_order_relaxed);
		spin_unlock(&rq->lock);
		rq = &runqueues[target];
		spin_lock(&rq->lock);
		fair_transfer(t, from_vtime, rq->vtime);
		if (unlikely(!hart_usable(t, target)))
			target = least_loaded(t, target);
	}
	if (likely(!task_is_rt(t)))
		fair_place(rq, t, is_new);
	rq_enqueue(rq, t);
	rq_check_preempt(rq, t);
	return rq;
}

bool task_wake(struct task *t, unsigned state_mask)
{
	struct runqueue *rq;
	irqflags_t irq;
	unsigned state;

	/* What the sleeper waits for was changed before this; its state is read after. See sched.c.
	 * */
	atomic_thread_fence(memory_order_seq_cst);
	if (!(atomic_load_explicit(&t->state, memory_order_relaxed) & state_mask))
		return false;
	rq = task_rq_lock(t, &irq);
	state = atomic_load_explicit(&t->state, memory_order_relaxed);
	/* The task itself changes its state without the lock, as long as it runs: hence the
	 * exchange. */
	if (!(state & state_mask) ||
	    !atomic_compare_exchange_strong(&t->state, &state, TASK_RUNNING)) {
		task_rq_unlock(rq, irq);
		return false;
	}
	if (likely(!t->sched.queued)) {
		if (sleep_is_load(t, state))
			ADD_ONCE(rq->nr_uninterruptible, -1);
		rq = enter(t, rq, false);
	}
	task_rq_unlock(rq, irq);
	return true;
}

void sched_inherit(struct task *child, const struct task *parent)
{
	const struct sched_entity *from = &parent->sched;
	bool reset = from->reset_on_fork;
	bool real_time = from->rt_priority != 0;
	int8_t nice = reset && (from->nice < 0 || real_time) ? 0 : from->nice;

	fair_weight_set(&child->sched, reset && real_time ? SCHED_NORMAL : from->policy, nice);
	child->sched.rt_priority = reset ? 0 : from->rt_priority;
	child->sched.in_user = !(child->flags & TASK_KTHREAD);
	child->affinity = parent->affinity;
}

void sched_task_start(struct task *t)
{
	struct runqueue *rq;
	irqflags_t irq;

	task_get(t); /* for the hart: finish_switch drops it after the last switch */
	atomic_store_explicit(&t->hart, hart_index(), memory_order_relaxed);
	rq = task_rq_lock(t, &irq);
	atomic_store_explicit(&t->state, TASK_RUNNING, memory_order_relaxed);
	rq = enter(t, rq, true);
	task_rq_unlock(rq, irq);
}

void sched_push(struct task *t)
{
	irqflags_t irq;
	struct runqueue *rq = task_rq_lock(t, &irq);

	rq = enter(t, rq, false);
	task_rq_unlock(rq, irq);
}

void task_state_set(enum task_state state)
{
	atomic_store_explicit(&current->state, state, memory_order_relaxed);
	if (state != TASK_RUNNING)
		atomic_thread_fence(memory_order_seq_cst);
}
