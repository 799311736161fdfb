/*
 * A process group is a struct pid with members, a session one with session_members: neither has a
 * life of its own, they last as long as the number is used. Everything here is under tasks_lock.
 */
#include "kernel/task/session.h"

#include "lib/errno.h"

static void pgrp_move(struct group *g, struct pid *to) __must_hold(tasks_lock)
{
	list_del_init(&g->pgrp_link);
	pid_use(to);
	list_add_tail(&g->pgrp_link, &to->members);
	pid_unuse(g->pgrp);
	g->pgrp = to;
}

/* May the caller move g at all? */
static int pgrp_may_move(const struct group *g)
{
	if (g != current->group) {
		if (g->leader->parent->group != current->group)
			return -ESRCH;
		if (g->session != current->group->session)
			return -EPERM;
		if (g->execs > 0)
			return -EACCES;
	}
	return g->session_leader ? -EPERM : 0;
}

/* A process group that exists in g's session, or g's own number. */
static struct pid *pgrp_target(const struct group *g, int pgid) __must_hold(tasks_lock)
{
	struct pid *p = pid_peek(pgid);
	struct group *member;

	if (pgid == pid_nr(g->pid))
		return g->pid;
	if (p == NULL || list_empty(&p->members))
		return NULL;
	member = list_first_entry(&p->members, struct group, pgrp_link);
	return member->session == g->session ? p : NULL;
}

static int pgrp_set_locked(int pid, int pgid) __must_hold(tasks_lock)
{
	struct group *g = pid == 0 ? current->group : group_peek(pid);
	struct pid *target;
	int err;

	if (g == NULL)
		return -ESRCH;
	err = pgrp_may_move(g);
	if (err)
		return err;
	target = pgrp_target(g, pgid == 0 ? pid_nr(g->pid) : pgid);
	if (target == NULL)
		return -EPERM;
	if (target != g->pgrp)
		pgrp_move(g, target);
	return 0;
}

int pgrp_set(int pid, int pgid)
{
	irqflags_t irq;
	int err;

	if (pgid < 0)
		return -EINVAL;
	if (pid < 0)
		return -ESRCH;
	irq = spin_lock_irqsave(&tasks_lock);
	err = pgrp_set_locked(pid, pgid);
	spin_unlock_irqrestore(&tasks_lock, irq);
	return err;
}

int session_create(void)
{
	struct group *g = current->group;
	struct pid *self = g->pid;
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);
	int ret = -EPERM;

	/* A group with our number has other members: the new session could not have it. */
	if (!g->session_leader && list_empty(&self->members)) {
		list_del_init(&g->session_link);
		pid_use(self);
		list_add_tail(&g->session_link, &self->session_members);
		pid_unuse(g->session);
		g->session = self;
		g->session_leader = true;
		g->tty = NULL;
		pgrp_move(g, self);
		ret = pid_nr(self);
	}
	spin_unlock_irqrestore(&tasks_lock, irq);
	return ret;
}
