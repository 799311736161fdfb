/*
 * Timers on CPU clocks: a list for each process and one for each thread, the earliest expiry first.
 *
 * Nothing runs them but the scheduler's tick: it tells how much a task was run, and then looks at
 * the first of that task's list and of its group's. So they are late by up to a tick, and who arms
 * many pays for their order, not the tick. group->cpu_timer_count says whether there is any at
 * all, so that a tick without them takes no lock.
 *
 * A thread's struct stays as long as a timer on its clock: after its end the clock stands still.
 *
 * LIMIT: only clocks of current's own process and threads, and only of all time that they ran, not
 * of that in user mode alone (EOPNOTSUPP).
 *
 * Entry points: cpu_timer_arm, cpu_timer_disarm for posix_timer.c; cpu_timers_run from the tick.
 */
#include "kernel/ipc/cpu_timer.h"

#include "kernel/abi/time.h"
#include "kernel/sched/sched.h"
#include "kernel/task/pid.h"
#include "lib/errno.h"

static struct list *list_of(struct group *g, const struct cpu_timer *t)
{
	return t->task != NULL ? &t->task->cpu_timers : &g->cpu_timers;
}

uint64_t cpu_timer_now(struct group *g, const struct cpu_timer *t)
{
	return t->task != NULL ? sched_cputime_ns(t->task) : group_cputime_locked_ns(g);
}

void cpu_timer_disarm(struct group *g, struct cpu_timer *t)
{
	if (!list_is_linked(&t->link))
		return;
	list_del(&t->link);
	WRITE_ONCE(g->cpu_timer_count, g->cpu_timer_count - 1);
}

void cpu_timer_arm(struct group *g, struct cpu_timer *t, uint64_t expires_ns)
{
	struct list *list = list_of(g, t);
	struct cpu_timer *other;

	cpu_timer_disarm(g, t);
	t->expires_ns = expires_ns;
	/* From the end: what is set now mostly comes last. */
	list_for_each_entry_reverse(other, list, link) {
		if (other->expires_ns <= expires_ns)
			break;
	}
	list_add(&t->link, &other->link);
	WRITE_ONCE(g->cpu_timer_count, g->cpu_timer_count + 1);
}

/* Bounded: a function arms its timer for later than now. */
static void list_run(struct group *g, struct list *list)
{
	struct cpu_timer *t = list_first_entry_or_null(list, struct cpu_timer, link);
	uint64_t now;

	if (t == NULL)
		return;
	now = cpu_timer_now(g, t);
	while (t != NULL && t->expires_ns <= now) {
		cpu_timer_disarm(g, t);
		t->fn(t, now);
		t = list_first_entry_or_null(list, struct cpu_timer, link);
	}
}

void cpu_timers_run(struct task *t)
{
	struct group *g = t->group;
	irqflags_t irq;

	if (likely(READ_ONCE(g->cpu_timer_count) == 0))
		return;
	irq = spin_lock_irqsave(&g->lock);
	list_run(g, &t->cpu_timers);
	list_run(g, &g->cpu_timers);
	spin_unlock_irqrestore(&g->lock, irq);
}

/* A clock that names its process or thread by number. */
static int named_clock(int clock, struct task **task)
{
	unsigned kind = clock & CLOCK_CPU_KIND;
	int pid = CLOCK_CPU_PID(clock), err = 0;
	struct task *t;

	if (kind > CLOCK_CPU_SCHED) /* a device file's clock, or nothing */
		return clock & CLOCK_CPU_THREAD ? -EINVAL : -EOPNOTSUPP;
	t = pid == 0 ? task_get(current) : task_find(pid);
	if (t == NULL)
		return -EINVAL;
	if (t->group != current->group)
		err = clock & CLOCK_CPU_THREAD ? -EINVAL : -EOPNOTSUPP;
	else if (kind != CLOCK_CPU_SCHED)
		err = -EOPNOTSUPP;
	else if (clock & CLOCK_CPU_THREAD)
		*task = task_get(t);
	task_put(t);
	return err;
}

int cpu_timer_clock(int clock, struct task **task)
{
	*task = NULL;
	if (clock == CLOCK_THREAD_CPUTIME_ID)
		*task = task_get(current);
	return clock < 0 ? named_clock(clock, task) : 0;
}
