/*
 * exec in a process with threads: the others go, and the one that calls exec becomes the process.
 *
 * The caller marks its group (exec_task), so no further thread can be made and no second exec
 * begins; kills the others and sleeps on wait_exec until they are gone. A leader that is not the
 * caller ends as a zombie, which the parent can't reap while the caller lives; the caller then
 * takes over its number, its place in the family and its exit signal, and buries it. So the process
 * keeps its number whichever thread execs.
 */
#include "kernel/lifecycle/program.h"

#include "kernel/core/panic.h"
#include "kernel/ipc/signal.h"
#include "kernel/lifecycle/wait.h"
#include "kernel/sched/sched.h"
#include "kernel/task/group.h"
#include "kernel/task/pid.h"
#include "lib/errno.h"

static void others_kill(struct group *g)
{
	struct task *t;

	for_each_thread(t, g) {
		if (t == current || task_is(t, TASK_EXITING))
			continue;
		atomic_fetch_or(&t->pending_work, WORK_KILL);
		task_wake(t, TASK_ANY_SLEEP & ~TASK_UNINTERRUPTIBLE);
	}
}

/* Only the caller is left, and perhaps the dead leader. */
static bool others_gone(void)
{
	struct group *g = current->group;
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);
	struct task *t;
	bool gone = true;

	for_each_thread(t, g) {
		if (t != current && !(t == g->leader && atomic_load(&t->state) == TASK_ZOMBIE))
			gone = false;
	}
	spin_unlock_irqrestore(&tasks_lock, irq);
	return gone;
}

static int group_claim(struct group *g)
{
	irqflags_t irq = spin_lock_irqsave(&g->lock);
	int err = 0;

	if (g->exiting || g->exec_task != NULL) {
		err = -EAGAIN;
	} else {
		g->exec_task = current;
		others_kill(g);
	}
	spin_unlock_irqrestore(&g->lock, irq);
	return err;
}

static void group_unclaim(struct group *g)
{
	irqflags_t irq = spin_lock_irqsave(&g->lock);

	g->exec_task = NULL;
	spin_unlock_irqrestore(&g->lock, irq);
}

/* current and the dead leader exchange numbers and places; the leader is then an ordinary dead
 * thread. tasks_lock and the group's lock held. */
static void leader_replace(struct task *self, struct task *leader)
{
	struct pid *mine = self->pid;

	self->pid = leader->pid;
	task_numbers_set(self);
	self->pid->task = self;
	leader->pid = mine;
	task_numbers_set(leader);
	mine->task = leader;
	if (group_is_init(self->group) && self->pid->level > 0)
		pid_ns_of_task(self)->init = self;
	self->exit_signal = leader->exit_signal;
	leader->exit_signal = -1;
	self->parent = leader->parent;
	list_add(&self->sibling, &leader->sibling);
	list_del_init(&leader->sibling);
	self->start_ns = leader->start_ns;
	self->group->leader = self;
}

static void become_leader(void)
{
	struct group *g = current->group;
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);
	struct task *old = g->leader;

	spin_lock(&g->lock);
	leader_replace(current, old);
	spin_unlock(&g->lock);
	wait_reap_locked(old);
	spin_unlock_irqrestore(&tasks_lock, irq);
	task_put(old);
}

/* Nobody else is there already: the usual case. */
static bool is_alone(struct group *g)
{
	irqflags_t irq = spin_lock_irqsave(&g->lock);
	bool alone = g->leader == current && list_length(&g->threads) == 1;

	spin_unlock_irqrestore(&g->lock, irq);
	return alone;
}

int exec_alone(void)
{
	struct group *g = current->group;
	int err;

	if (is_alone(g))
		return 0;
	err = group_claim(g);
	if (err)
		return err;
	err = wait_event_killable(&g->wait_exec, others_gone());
	if (err == 0 && g->leader != current)
		become_leader();
	group_unclaim(g);
	assert(err || g->live == 1);
	return err;
}
