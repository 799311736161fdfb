/*
 * Freezing.
 *
 * To be frozen is a request (WORK_FREEZE), as a group stop is: it ends interruptible sleeps, and
 * on its way to user mode the thread finds it and goes to sleep there. System calls begin anew
 * when it goes on. Nothing else can be seen of it: parents are not told, signals wait, but SIGKILL
 * kills.
 *
 * A group is frozen when none of its threads is left running; a thread that is stopped counts as
 * frozen.
 *
 * Locking: tasks_lock.
 *
 * LIMIT: a thread in a sleep that signals don't end (a vfork parent) is frozen only after it.
 */
#include "kernel/ipc/freeze.h"

#include "kernel/ipc/signal.h"
#include "kernel/ipc/signal_queue.h"
#include "kernel/sched/sched.h"

static void thread_freeze(struct task *t, bool freeze) __must_hold(tasks_lock)
{
	if (atomic_load(&t->state) == TASK_ZOMBIE)
		return;
	if (freeze) {
		atomic_fetch_or(&t->pending_work, WORK_FREEZE);
		if (atomic_load(&t->state) == TASK_STOPPED)
			cgroup_count_frozen(t, true);
		signal_wake(t, TASK_INTERRUPTIBLE);
		return;
	}
	atomic_fetch_and(&t->pending_work, ~WORK_FREEZE);
	if (t->frozen) {
		cgroup_count_frozen(t, false);
		task_wake(t, TASK_INTERRUPTIBLE);
	}
}

/* As its control group says. */
static void process_freeze(struct group *g, void *arg) __must_hold(tasks_lock)
{
	struct task *t;

	(void)arg;
	for_each_thread(t, g)
		thread_freeze(t, cgroup_of(g)->freezers != 0);
}

void cgroup_freeze(struct cgroup *c, bool freeze)
{
	bool was = cgroup_is_frozen(c);

	if (c->freeze == freeze)
		return;
	c->freeze = freeze;
	for (struct cgroup *below = c; below != NULL; below = cgroup_next(below, c)) {
		below->freezers += freeze ? 1 : -1U;
		cgroup_for_each(below, process_freeze, NULL);
	}
	if (was != cgroup_is_frozen(c))
		cgroup_notify(&c->events);
}

void cgroup_freeze_moved(struct group *g)
{
	process_freeze(g, NULL);
}

static void process_kill(struct group *g, void *arg) __must_hold(tasks_lock)
{
	(void)arg;
	signal_kill_task(g->leader, SIGKILL);
}

void cgroup_kill(struct cgroup *c)
{
	for (struct cgroup *below = c; below != NULL; below = cgroup_next(below, c))
		cgroup_for_each(below, process_kill, NULL);
}

void freeze_join(void)
{
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);

	while ((atomic_load(&current->pending_work) & (WORK_FREEZE | WORK_KILL)) == WORK_FREEZE) {
		cgroup_count_frozen(current, true);
		task_state_set(TASK_INTERRUPTIBLE);
		spin_unlock_irqrestore(&tasks_lock, irq);
		schedule();
		irq = spin_lock_irqsave(&tasks_lock);
	}
	task_state_set(TASK_RUNNING);
	cgroup_count_frozen(current, false);
	/* The call that the request has interrupted is to begin anew. */
	atomic_fetch_or(&current->pending_work, WORK_SIGNAL);
	spin_unlock_irqrestore(&tasks_lock, irq);
}
