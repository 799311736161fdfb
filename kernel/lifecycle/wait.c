/*
 * wait: a parent learns what became of its children, and the dead are buried.
 *
 * Children are the leaders on the children lists of the caller's threads. A change is one of: dead
 * (a zombie leader whose group has no other thread left), stopped, continued; each is reported
 * once, unless WNOWAIT. The caller sleeps on its group's wait_children, which exits and stops of
 * children wake.
 *
 * Looking and taking happen under tasks_lock in one go, so two threads that wait never get the same
 * change. What is copied to user space is copied afterwards, from struct wait_result.
 */
#include "kernel/lifecycle/wait.h"

#include "kernel/core/panic.h"
#include "kernel/core/trace.h"
#include "kernel/ipc/signal.h"
#include "kernel/sched/wait.h"
#include "kernel/task/cred.h"
#include "kernel/task/pid.h"
#include "lib/errno.h"

bool group_is_dead(const struct task *leader)
{
	return atomic_load(&leader->state) == TASK_ZOMBIE &&
	       leader->group->threads.next == leader->group->threads.prev;
}

int group_exit_status(const struct task *leader)
{
	return leader->group->exit_code; /* set by group exit or by the last thread */
}

void wait_reap_locked(struct task *t)
{
	struct group *g = t->group;
	struct usage own;

	assert(atomic_load(&t->state) == TASK_ZOMBIE);
	atomic_store(&t->state, TASK_GONE);
	spin_lock(&g->lock);
	task_usage(t, &own);
	usage_add(&g->dead_threads, &own);
	sigpending_flush(&t->pending);
	if (t == g->leader) {
		sigpending_flush(&g->shared);
		trace(TRACE_REAPED, (unsigned)t->nr, (unsigned)g->exit_code, 0);
	}
	pid_wake_pollers(t->pid);
	list_del_init(&t->sibling);
	task_unlink(t);
	spin_unlock(&g->lock);
}

static bool child_is_asked_for(const struct task *child, const struct wait_request *req)
{
	bool clone_child = child->exit_signal != SIGCHLD;

	if (req->which == P_PID && pid_nr(child->pid) != req->id)
		return false;
	if (req->which == P_PGID && pid_nr(child->group->pgrp) != req->id)
		return false;
	return (req->options & __WALL) || clone_child == !!(req->options & __WCLONE);
}

static void result_fill(struct wait_result *res, struct task *child, int status, int code,
			int value)
{
	res->tid = pid_nr(child->pid);
	res->status = status;
	res->code = code;
	res->value = value;
	res->uid = child->cred->uid;
}

static void result_dead(struct wait_result *res, struct task *child)
{
	int status = group_exit_status(child), signo = status & 0x7f;

	if (signo == 0)
		result_fill(res, child, status, CLD_EXITED, status >> 8 & 0xff);
	else
		result_fill(res, child, status, status & WAIT_STATUS_CORE ? CLD_DUMPED : CLD_KILLED,
			    signo);
}

/* Own and waited-for usage of a child's group, into the result and into the parent's group. */
static void child_usage(struct group *parent, struct group *child, struct usage *u, bool take)
{
	spin_lock(&child->lock);
	*u = child->dead_threads;
	usage_add(u, &child->children);
	spin_unlock(&child->lock);
	if (take) {
		spin_lock(&parent->lock);
		usage_add(&parent->children, u);
		spin_unlock(&parent->lock);
	}
}

static bool take_dead(struct task *child, const struct wait_request *req, struct wait_result *res,
		      struct task **reaped) __must_hold(tasks_lock)
{
	struct usage own;

	if (!(req->options & WEXITED) || !group_is_dead(child))
		return false;
	result_dead(res, child);
	if (req->options & WNOWAIT) {
		child_usage(NULL, child->group, &res->usage, false);
		task_usage(child, &own);
		usage_add(&res->usage, &own);
		return true;
	}
	wait_reap_locked(child);
	child_usage(child->parent->group, child->group, &res->usage, true);
	*reaped = child; /* with the reference that the tables had */
	return true;
}

static bool take_stopped(struct task *child, const struct wait_request *req,
			 struct wait_result *res)
{
	struct group *g = child->group;
	bool take = false;

	if (!(req->options & WSTOPPED))
		return false;
	spin_lock(&g->lock);
	if (g->stopped && !g->stop_reported) {
		take = true;
		result_fill(res, child, WAIT_STATUS_STOPPED(g->stop_signal), CLD_STOPPED,
			    g->stop_signal);
		if (!(req->options & WNOWAIT))
			g->stop_reported = true;
	}
	spin_unlock(&g->lock);
	return take;
}

static bool take_continued(struct task *child, const struct wait_request *req,
			   struct wait_result *res)
{
	struct group *g = child->group;
	bool take = false;

	if (!(req->options & WCONTINUED))
		return false;
	spin_lock(&g->lock);
	if (g->continued) {
		take = true;
		result_fill(res, child, WAIT_STATUS_CONTINUED, CLD_CONTINUED, SIGCONT);
		if (!(req->options & WNOWAIT))
			g->continued = false;
	}
	spin_unlock(&g->lock);
	return take;
}

static bool child_look(struct task *child, const struct wait_request *req, struct wait_result *res,
		       struct task **reaped) __must_hold(tasks_lock)
{
	return take_dead(child, req, res, reaped) || take_stopped(child, req, res) ||
	       take_continued(child, req, res);
}

/* All children that are asked for: 0 when none has changed, 1 when one was taken, -ECHILD when
 * there is none. */
static int children_look(const struct wait_request *req, struct wait_result *res,
			 struct task **reaped) __must_hold(tasks_lock)
{
	struct task *thread, *child;
	int found = -ECHILD;

	if (req->which == P_PID) { /* the usual case needs no walk */
		child = req->pid != NULL ? req->pid->task : task_peek(req->id);
		if (child == NULL || child->exit_signal < 0 ||
		    child->parent->group != current->group || !child_is_asked_for(child, req) ||
		    ((req->options & __WNOTHREAD) && child->parent != current))
			return -ECHILD;
		return child_look(child, req, res, reaped);
	}
	for_each_thread(thread, current->group) {
		if ((req->options & __WNOTHREAD) && thread != current)
			continue;
		list_for_each_entry(child, &thread->children, sibling) {
			if (!child_is_asked_for(child, req))
				continue;
			if (child_look(child, req, res, reaped))
				return 1;
			found = 0;
		}
	}
	return found;
}

static int wait_try(const struct wait_request *req, struct wait_result *res)
{
	struct task *reaped = NULL;
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);
	int found = children_look(req, res, &reaped);

	spin_unlock_irqrestore(&tasks_lock, irq);
	task_put(reaped);
	return found;
}

int wait_for_child(const struct wait_request *req, struct wait_result *res)
{
	int found = 0, err;

	*res = (struct wait_result){ 0 };
	if (req->options & WNOHANG) {
		found = wait_try(req, res);
		return min(found, 0);
	}
	err = wait_event_interruptible(&current->group->wait_children,
				       (found = wait_try(req, res)) != 0);
	if (err)
		return -ERESTARTSYS;
	return min(found, 0);
}

bool wait_reap_one(void)
{
	struct wait_request req = { .which = P_ALL, .options = WEXITED | __WALL };
	struct wait_result res;

	return wait_try(&req, &res) == 1;
}

void wait_reap_all(void)
{
	wait_event(&current->group->wait_children, wait_reap_one());
}
