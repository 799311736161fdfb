/*
 * Stopping and continuing whole processes, and telling parents what became of their children.
 *
 *	running --- a thread takes a stop signal ---> stopping: stop_count threads have WORK_STOP
 *	   ^                                              |
 *	   | SIGCONT is sent, or SIGKILL                  | each joins on its way to user mode,
 *	   |                                              v or exits
 *	   +--------------------------------------- stopped: all threads sleep in TASK_STOPPED
 *
 * The parent is told when the last thread has stopped, and when the process goes on. Telling
 * takes tasks_lock, which a sender of SIGCONT or an exiting thread need not hold at that point:
 * they leave word in group->job_news, and the first thread that wakes from its stop tells (and,
 * if it is still to be stopped, sleeps again).
 */
#include "kernel/ipc/signal_queue.h"

#include "kernel/ipc/sighand.h"
#include "kernel/sched/sched.h"
#include "kernel/task/cred.h"
#include "kernel/task/user_ns.h"

/* --- telling the parent ----------------------------------------------------------------------- */

/* SIGCHLD to the parent, with what wait would say. tasks_lock held, no group's lock. */
static void tell_parent(struct task *child, int signo, int code, int status)
{
	struct abi_siginfo info = { .signo = signo, .code = code };
	struct usage used, own;
	irqflags_t irq = spin_lock_irqsave(&child->group->lock);

	used = child->group->dead_threads;
	spin_unlock_irqrestore(&child->group->lock, irq);
	task_usage(child, &own);
	usage_add(&used, &own);
	info.child_pid = pid_nr_in(child->group->pid,
				   pid_ns_of_task(child->parent));
	info.child_uid = user_ns_id_out(child->parent->cred->user_ns, ID_UID, child->cred->uid);
	if (info.child_uid == ID_NONE)
		info.child_uid = ID_OVERFLOW;
	info.status = status;
	info.utime = (int64_t)(used.utime_ns / (NSEC_PER_SEC / 100));
	info.stime = (int64_t)(used.stime_ns / (NSEC_PER_SEC / 100));
	(void)signal_send_group(child->parent->group, signo, &info);
}

void signal_notify_parent_exit(struct task *t, bool *autoreap)
{
	int status = t->group->exit_code, signo = t->exit_signal;
	struct task *parent = t->parent;
	struct abi_sigaction action = { 0 };

	/* What was agreed on with the program before, the parent's present one, which may have more
	 * rights, knows nothing of. */
	if (signo > 0 && t->group->parent_execs != parent->group->execs)
		signo = SIGCHLD;
	*autoreap = t->group->autoreap;
	if (signo == SIGCHLD && parent->sighand != NULL) {
		action = sighand_action(parent->sighand, SIGCHLD);
		*autoreap |= action.handler == SIG_IGN || (action.flags & SA_NOCLDWAIT);
	}
	/* The legacy clone takes any number for a signal. */
	if (signo > 0 && signo <= NSIG && action.handler != SIG_IGN)
		tell_parent(t, signo, (status & 0x7f) ? CLD_KILLED : CLD_EXITED,
			    (status & 0x7f) ? status & 0x7f : status >> 8 & 0xff);
	waitq_wake_all(&parent->group->wait_children, 0);
}

/* Stopped or continued. tasks_lock held, no group's lock. */
static void tell_parent_job(struct group *g, int code, int status)
{
	struct task *parent = g->leader->parent;
	struct abi_sigaction action;

	if (parent->sighand != NULL) {
		action = sighand_action(parent->sighand, SIGCHLD);
		if (action.handler != SIG_IGN && !(action.flags & SA_NOCLDSTOP))
			tell_parent(g->leader, SIGCHLD, code, status);
	}
	waitq_wake_all(&parent->group->wait_children, 0);
}

/* --- stopping --------------------------------------------------------------------------------- */

bool pgrp_is_orphaned(struct pid *pgrp, const struct group *without)
{
	struct group *g, *above;

	list_for_each_entry(g, &pgrp->members, pgrp_link) {
		if (g == without || READ_ONCE(g->live) == 0)
			continue;
		above = g->leader->parent->group;
		if (group_nr(above) != 1 && above->pgrp != pgrp && above->session == g->session)
			return false;
	}
	return true;
}

/* All threads are to stop. group->lock held. */
static void stop_begin(struct group *g, int signo)
{
	struct task *t;

	g->stop_signal = signo;
	g->stop_count = 0;
	for_each_thread(t, g) {
		if (task_is(t, TASK_EXITING) || (atomic_load(&t->pending_work) & WORK_KILL))
			continue;
		atomic_fetch_or(&t->pending_work, WORK_STOP);
		g->stop_count++;
		signal_wake(t, TASK_INTERRUPTIBLE);
	}
}

void group_stop(int signo)
{
	struct group *g = current->group;
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);
	struct sigpending *from;
	struct abi_siginfo info;

	spin_lock(&g->lock);
	/* Only a signal that is still there: SIGCONT may have come while no lock was held. */
	if (!g->exiting && signal_next(SIG_BIT(signo) & ~current->sigmask, &from) == signo) {
		sigpending_take(from, signo, &info);
		if (g->stop_signal == 0 && (signo == SIGSTOP || !pgrp_is_orphaned(g->pgrp, NULL)))
			stop_begin(g, signo);
	}
	spin_unlock(&g->lock);
	spin_unlock_irqrestore(&tasks_lock, irq);
}

/* current has come to a halt; the last one leaves word. group->lock held. */
static void stop_count_me(struct group *g)
{
	if (!(atomic_fetch_and(&current->pending_work, ~WORK_STOP) & WORK_STOP))
		return;
	if (--g->stop_count > 0)
		return;
	g->stopped = true;
	g->stop_reported = g->continued = false;
	g->job_news = CLD_STOPPED;
}

void group_stop_join(void)
{
	struct group *g = current->group;
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);
	int news, status;

	spin_lock(&g->lock);
	for (;;) {
		stop_count_me(g);
		news = g->job_news;
		if (news != 0) {
			status = news == CLD_STOPPED ? g->stop_signal : SIGCONT;
			g->job_news = 0;
			spin_unlock(&g->lock); /* the parent's is of the same rank */
			tell_parent_job(g, news, status);
			spin_lock(&g->lock);
			continue;
		}
		if (g->stop_signal == 0 || (atomic_load(&current->pending_work) & WORK_KILL))
			break;
		task_state_set(TASK_STOPPED);
		spin_unlock(&g->lock);
		spin_unlock_irqrestore(&tasks_lock, irq);
		schedule();
		irq = spin_lock_irqsave(&tasks_lock);
		spin_lock(&g->lock);
	}
	/* What was sent while it was stopped has not set the bit. */
	atomic_fetch_or(&current->pending_work, WORK_SIGNAL);
	spin_unlock(&g->lock);
	spin_unlock_irqrestore(&tasks_lock, irq);
}

void group_continue_locked(struct group *g)
{
	struct task *t;

	if (g->stop_signal == 0)
		return;
	g->job_news = 0;
	if (g->stopped) {
		g->continued = true;
		g->job_news = CLD_CONTINUED;
	}
	g->stopped = g->stop_reported = false;
	g->stop_signal = 0;
	g->stop_count = 0;
	for_each_thread(t, g) {
		atomic_fetch_and(&t->pending_work, ~WORK_STOP);
		task_wake(t, TASK_STOPPED);
	}
}
