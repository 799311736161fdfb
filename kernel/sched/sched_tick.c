/*
 * What is done while a task runs: its time is accounted, its slice is checked, load is measured.
 *
 * Run time as a whole is exact, taken at every switch. How it divides into user and kernel is
 * sampled: a stretch counts as what the last tick in this task found. That keeps clocks out of the
 * path of system calls, and utime + stime always is what the task has run.
 */
#include "kernel/alloc/slab.h"
#include "kernel/core/upcall.h"
#include "kernel/sched/runqueue.h"
#include "kernel/sched/timer.h"
#include "kernel/sched/watchdog.h"

static bool slice_over(struct runqueue *rq, struct task *t, uint64_t now)
{
	const struct task *first = rq->fair_first;

	if (rt_top(rq) > t->sched.rt_priority)
		return true;
	if (task_is_rt(t))
		return rt_is_spent(rq, now) || (rt_top(rq) == t->sched.rt_priority &&
						!time_before(now, t->sched.slice_end_ns));
	return first != NULL && time_before(first->sched.deadline, t->sched.deadline);
}

/* Returns how much run time of t nobody was told of yet. */
static uint64_t account_told(struct task *t)
{
	uint64_t untold = t->sched.sum_exec_ns - t->sched.sum_told_ns;

	t->sched.sum_told_ns = t->sched.sum_exec_ns;
	return untold;
}

uint64_t sched_tick(uint64_t now)
{
	struct runqueue *rq = rq_here();
	struct task *t = current;
	bool user = irq_from_user();
	uint64_t untold;

	if (t == rq->idle)
		return UINT64_MAX;
	watchdog_tick(rq, now);
	spin_lock(&rq->lock);
	t->sched.in_user = user;
	rq_account(rq, now);
	untold = account_told(t);
	if (slice_over(rq, t, now))
		rq_resched(rq);
	else if (!task_is_rt(t))
		t->sched.slice_end_ns = rq->fair_first ? now + fair_slice_left(t) : 0;
	balance_tick(rq, now);
	spin_unlock(&rq->lock);
	upcall_cpu_time(t, untold, user);
	/* A slice that is over has been dealt with; do not come again for it at once. */
	return time_before(now, t->sched.slice_end_ns) ? min(t->sched.slice_end_ns, now + TICK_NS)
						       : now + TICK_NS;
}

/* Numbers for /proc. */

uint64_t sched_cputime_ns(const struct task *t)
{
	irqflags_t irq;
	struct runqueue *rq = task_rq_lock((struct task *)t, &irq);
	uint64_t ns = t->sched.sum_exec_ns;

	if (rq->running == t)
		ns += clock_mono_ns() - t->sched.exec_start_ns;
	task_rq_unlock(rq, irq);
	return ns;
}

uint64_t sched_switches(void)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < hart_count; i++)
		sum += READ_ONCE(runqueues[i].switches);
	return sum;
}

unsigned sched_nr_running(void)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < hart_count; i++)
		sum += READ_ONCE(runqueues[i].nr_running);
	return sum;
}

uint64_t sched_idle_ns(unsigned hart)
{
	struct task *idle = runqueues[hart].idle;

	return idle != NULL ? sched_cputime_ns(idle) : 0;
}

void sched_busy_ns(unsigned hart, uint64_t *user_ns, uint64_t *kernel_ns)
{
	*user_ns = READ_ONCE(runqueues[hart].user_ns);
	*kernel_ns = READ_ONCE(runqueues[hart].kernel_ns);
}

/*
 * Load averages: every 5 s, avg = avg * e + n * (1 - e), where n counts tasks that run, want to
 * run, or sleep uninterruptibly, and e is exp(-5 s / 1, 5, 15 min), all in fixed point with 11
 * bits.
 */

#define LOAD_PERIOD_NS (5 * NSEC_PER_SEC)
#define LOAD_ONE 2048

static const uint64_t load_decay[3] = { 1884, 2014, 2037 };
static uint64_t load_avg[3]; /* written by the timer's hart only */
static struct timer load_timer;

static void load_tick(struct timer *timer)
{
	long n = 0;

	for (unsigned i = 0; i < hart_count; i++)
		n += (long)READ_ONCE(runqueues[i].nr_running) +
		     READ_ONCE(runqueues[i].nr_uninterruptible);
	for (unsigned i = 0; i < ARRAY_SIZE(load_avg); i++) {
		uint64_t sum = load_avg[i] * load_decay[i] +
			       (uint64_t)max(n, 0L) * LOAD_ONE * (LOAD_ONE - load_decay[i]);

		WRITE_ONCE(load_avg[i], sum / LOAD_ONE);
	}
	timer_set(timer, timer->expires_ns + LOAD_PERIOD_NS);
}

void load_avg_start(void)
{
	timer_init(&load_timer, load_tick);
	timer_set(&load_timer, clock_mono_ns() + LOAD_PERIOD_NS);
}

void sched_load_avg(uint64_t avg[3])
{
	for (unsigned i = 0; i < ARRAY_SIZE(load_avg); i++)
		avg[i] = READ_ONCE(load_avg[i]);
}
