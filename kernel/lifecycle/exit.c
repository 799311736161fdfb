/*
 * How a task ends.
 *
 *	RUNNING, in task_exit
 *	  1 leave the group's live threads; the last one stops the group's timers. Init's last
 *	    one stops the machine
 *	  2 leave the address space: wake robust futexes and whoever joins the thread, the
 *	    vfork parent
 *	  3 put the rows that a zombie doesn't need. A pid namespace's init then ends all others
 *	    in it (exit_ns.c)
 *	  4 under tasks_lock: children go to a new parent; process groups that lose their last
 *	    tie to the session are hung up; become ZOMBIE; tell the parent, or reap itself if
 *	    nobody wants to know
 *	  5 switch away for the last time
 *
 * A thread that is not the leader always reaps itself. A leader waits as a zombie for the other
 * threads, and the last of them tells the leader's parent. The status of a process is that of its
 * group exit, which the end of its last thread is too.
 *
 * Locking: tasks_lock for everything in step 4; inside it the locks of single groups.
 */
#include "kernel/lifecycle/exit.h"

#include "kernel/abi/signal.h"
#include "kernel/abi/wait.h"
#include "kernel/core/panic.h"
#include "kernel/core/trace.h"
#include "kernel/core/upcall.h"
#include "kernel/ipc/futex.h"
#include "kernel/ipc/itimer.h"
#include "kernel/ipc/signal.h"
#include "kernel/lifecycle/clone.h"
#include "kernel/lifecycle/resource.h"
#include "kernel/lifecycle/wait.h"
#include "kernel/mm/mm.h"
#include "kernel/sched/sched.h"
#include "kernel/task/cgroup.h"
#include "kernel/task/pid.h"
#include "kernel/tty/session.h"

/* A thread of g other than t that lives on; NULL if there is none. */
static struct task *living_thread(struct group *g, const struct task *t)
{
	struct task *other;

	for_each_thread(other, g) {
		if (other != t && !task_is(other, TASK_EXITING))
			return other;
	}
	return NULL;
}

/* Who adopts children of t: another thread of its group, the nearest ancestor in its pid namespace
 * that asked for it, or that namespace's init; if that one is just ending it waits for them. */
static struct task *reaper_of(struct task *t)
{
	struct pid_ns *ns = pid_ns_of_task(t);
	struct task *heir = living_thread(t->group, t), *up;

	for (up = t->parent; heir == NULL && up->pid->nr > 1 && pid_ns_of_task(up) == ns &&
			     up->group != ns->init->group;
	     up = up->parent) {
		if (up->group->subreaper)
			heir = living_thread(up->group, t);
	}
	if (heir == NULL)
		heir = living_thread(ns->init->group, t);
	return heir != NULL ? heir : ns->init;
}

/* From the parent that is just going, as if it had used kill. */
static void tell_parents_death(struct task *child)
{
	struct abi_siginfo info;

	signal_info_user(&info, child->pdeath_signal, SI_USER);
	signal_info_translate(&info, child);
	if (signal_may_send(child, info.signo) == 0)
		(void)signal_send_group(child->group, info.signo, &info);
}

/* Takes a zombie that nobody wants to know of out of the tables; it is put when tasks_lock is free.
 */
static void bury_later(struct task *dead, struct list *unwanted) __must_hold(tasks_lock)
{
	wait_reap_locked(dead);
	list_add_tail(&dead->sibling, unwanted);
}

/* A child whose parent's process has gone. The dead ones among them are told to the new parent,
 * which may not want them: those go to `unwanted`. */
static void child_adopt(struct task *child, struct task *reaper, bool same_group,
			struct list *unwanted) __must_hold(tasks_lock)
{
	bool autoreap = false;
	struct task *t;

	for_each_thread(t, child->group) {
		t->parent = reaper;
		if (t->pdeath_signal != 0)
			tell_parents_death(t);
	}
	if (same_group)
		return;
	if (!child->group->autoreap)
		child->exit_signal = SIGCHLD;
	if (group_is_dead(child)) {
		signal_notify_parent_exit(child, &autoreap);
		if (autoreap)
			bury_later(child, unwanted);
	}
}

/* Does the death of the group `leaving` leave pgrp without anyone in its session to control it?
 * Then its stopped members get SIGHUP and SIGCONT (POSIX, "orphaned process group"). That it was
 * not so before is the caller's to know. tasks_lock held. */
static void pgrp_hang_up_if_orphaned(struct pid *pgrp, const struct group *leaving)
{
	struct group *g;

	if (!pgrp_is_orphaned(pgrp, leaving))
		return;
	list_for_each_entry(g, &pgrp->members, pgrp_link) {
		if (g == leaving || !g->stopped)
			continue;
		(void)signal_send_pgrp_locked(pgrp, SIGHUP, NULL);
		(void)signal_send_pgrp_locked(pgrp, SIGCONT, NULL);
		return;
	}
}

/* Is the parent outside the child's process group but in its session: one who lets it go on when it
 * is stopped? */
static bool controls_pgrp(const struct group *parent, const struct group *child)
	__must_hold(tasks_lock)
{
	return child->pgrp != NULL && child->pgrp != parent->pgrp &&
	       child->session == parent->session;
}

static void children_orphan(struct task *t, struct list *unwanted) __must_hold(tasks_lock)
{
	struct task *reaper, *child, *next;
	bool same_group;

	if (list_empty(&t->children))
		return;
	reaper = reaper_of(t);
	/* The leader of a namespace's init, whose other threads are all ending, too: the last of
	 * these waits for them (exit_ns.c). */
	if (reaper == t)
		return;
	same_group = reaper->group == t->group;
	list_for_each_entry_safe(child, next, &t->children, sibling) {
		list_move_tail(&child->sibling, &reaper->children);
		child_adopt(child, reaper, same_group, unwanted);
		if (!same_group && controls_pgrp(t->group, child->group))
			pgrp_hang_up_if_orphaned(child->group->pgrp, t->group);
	}
	if (!same_group)
		waitq_wake_all(&reaper->group->wait_children, 0);
}

/* t has become a zombie: whom to tell, and is it to be reaped at once? tasks_lock held. */
static bool exit_tell(struct task *t)
{
	struct group *g = t->group;
	struct task *leader = g->leader;
	bool autoreap = false;

	if (g->exec_task != NULL)
		waitq_wake_all(&g->wait_exec, 0);
	if (t != leader)
		return true;
	if (group_is_dead(leader))
		signal_notify_parent_exit(leader, &autoreap);
	return autoreap;
}

/* last: t was the last live thread. Of two that end at once only one is, though both may find none
 * alive here: its process group is hung up once. */
static void exit_notify(struct task *t, bool last)
{
	struct list unwanted = LIST_INIT(unwanted);
	struct task *leader, *dead, *next;
	bool leader_reaped = false;
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);

	leader = t->group->leader;
	children_orphan(t, &unwanted);
	if (last && controls_pgrp(leader->parent->group, t->group))
		pgrp_hang_up_if_orphaned(t->group->pgrp, t->group);
	atomic_store(&t->state, TASK_ZOMBIE);
	pid_wake_pollers(t->pid);
	if (t->group->cgroup != NULL)
		cgroup_task_exit(t, last);
	if (exit_tell(t)) {
		bury_later(t, &unwanted);
		/* The leader may have died before: then this thread was what its parent waited
		 * for. */
		if (t != leader && group_is_dead(leader)) {
			pid_wake_pollers(leader->pid);
			signal_notify_parent_exit(leader, &leader_reaped);
			if (leader_reaped)
				bury_later(leader, &unwanted);
		}
	}
	spin_unlock_irqrestore(&tasks_lock, irq);
	list_for_each_entry_safe(dead, next, &unwanted, sibling) {
		list_del_init(&dead->sibling);
		task_put(dead);
	}
}

/* True if t was the last live thread. */
static bool exit_leave_group(struct task *t, int status)
{
	struct group *g = t->group;
	irqflags_t irq = spin_lock_irqsave(&g->lock);
	bool last;

	WRITE_ONCE(t->flags, t->flags | TASK_EXITING);
	t->exit_code = status;
	if (t->mm != NULL)
		g->dead_threads.maxrss_pages =
			max(g->dead_threads.maxrss_pages, mm_rss_peak(t->mm));
	last = ADD_ONCE(g->live, -1) == 0;
	if (last && !g->exiting) {
		g->exiting = true;
		g->exit_code = status;
	}
	/* A group stop in progress no longer waits for this thread; a signal to the process goes to
	 * another. */
	signal_thread_leaves(t);
	spin_unlock_irqrestore(&g->lock, irq);
	return last;
}

static void exit_mm(struct task *t)
{
	if (t->mm == NULL)
		return;
	futex_task_exit();
	vfork_release();
}

__noreturn void task_exit(int status)
{
	struct task *t = current;
	bool last;

	assert(t->tid != 0);
	irq_enable();
	last = exit_leave_group(t, status);
	if (last && group_nr(t->group) == 1)
		panic("init (pid 1) has ended with wait status 0x%x: nothing is left to run",
		      status);
	if (last) {
		trace(TRACE_EXIT, (unsigned)t->group->exit_code, 0, 0);
		itimer_group_exit(t->group);
	}
	exit_mm(t);
	if (last && t->group->session_leader)
		tty_session_exit(t->group);
	resources_put_at_exit(t);
	if (last && group_is_init(t->group))
		exit_pid_ns();
	exit_notify(t, last);
	sched_exit();
}

__noreturn void task_exit_group(int status)
{
	struct group *g = current->group;
	irqflags_t irq = spin_lock_irqsave(&g->lock);

	group_exit_start_locked(g, status);
	status = g->exit_code;
	spin_unlock_irqrestore(&g->lock, irq);
	task_exit(status);
}

__noreturn void upcall_task_exit(int status, bool group)
{
	if (group)
		task_exit_group(status);
	task_exit(status);
}
