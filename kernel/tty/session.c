/*
 * Job control (POSIX, "General Terminal Interface").
 *
 * A terminal and a session that have each other hold: session->session_tty and group->tty of every
 * member point to the terminal, tty->session and tty->foreground are counted pids. All of it under
 * tasks_lock.
 *
 * NOTE(linux): a hang-up signals the foreground group at once; there it is the leader's exit, which
 * the hang-up brings about unless it ignores SIGHUP, that does.
 */
#include "kernel/tty/session.h"

#include "kernel/abi/capability.h"
#include "kernel/ipc/sighand.h"
#include "kernel/ipc/signal.h"
#include "kernel/task/cred.h"
#include "lib/errno.h"

int tty_of_current_open(struct tty **out)
{
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);
	struct tty *tty = current->group->tty;
	int err = -ENXIO;

	if (tty != NULL)
		err = tty->ops->open != NULL ? tty->ops->open(tty->port) : 0;
	spin_unlock_irqrestore(&tasks_lock, irq);
	*out = tty;
	return err;
}

void tty_signal(struct tty *tty, int signo)
{
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);

	if (tty->foreground != NULL)
		(void)signal_send_pgrp_locked(tty->foreground, signo, NULL);
	spin_unlock_irqrestore(&tasks_lock, irq);
}

/* Session and terminal let go of each other. tasks_lock held; the pids are returned to be put
 * afterwards. */
static void control_end(struct tty *tty, struct pid **session, struct pid **foreground)
{
	struct group *g;

	*session = tty->session;
	*foreground = tty->foreground;
	tty->session = tty->foreground = NULL;
	if (*session == NULL)
		return;
	(*session)->session_tty = NULL;
	list_for_each_entry(g, &(*session)->session_members, session_link)
		g->tty = NULL;
}

static void control_begin(struct tty *tty, struct group *leader)
{
	tty->session = pid_get(leader->session);
	tty->foreground = pid_get(leader->pgrp);
	leader->session->session_tty = tty;
	leader->tty = tty;
}

void tty_session_exit(struct group *leader)
{
	struct pid *session = NULL, *foreground = NULL;
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);

	if (leader->tty != NULL) {
		control_end(leader->tty, &session, &foreground);
		if (foreground != NULL) {
			(void)signal_send_pgrp_locked(foreground, SIGHUP, NULL);
			(void)signal_send_pgrp_locked(foreground, SIGCONT, NULL);
		}
	}
	spin_unlock_irqrestore(&tasks_lock, irq);
	pid_put(session);
	pid_put(foreground);
}

/* The foreground group, and the leader if it is in another, are told. tasks_lock held. */
static void hang_up_signal(struct tty *tty)
{
	struct group *leader = tty->session->group;

	if (leader != NULL && leader->pgrp != tty->foreground) {
		(void)signal_send_group(leader, SIGHUP, NULL);
		(void)signal_send_group(leader, SIGCONT, NULL);
	}
	if (tty->foreground != NULL) {
		(void)signal_send_pgrp_locked(tty->foreground, SIGHUP, NULL);
		(void)signal_send_pgrp_locked(tty->foreground, SIGCONT, NULL);
	}
}

void tty_hang_up(struct tty *tty)
{
	struct pid *session = NULL, *foreground = NULL;
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);

	WRITE_ONCE(tty->hung_up, true);
	if (tty->session != NULL) {
		hang_up_signal(tty);
		control_end(tty, &session, &foreground);
	}
	spin_unlock_irqrestore(&tasks_lock, irq);
	pid_put(session);
	pid_put(foreground);
	waitq_wake_all(&tty->readers, 0);
	waitq_wake_all(&tty->writers, 0);
}

/* Would this signal do nothing to current? */
static bool is_blocked_or_ignored(int signo)
{
	struct sighand *h = current->sighand;
	irqflags_t irq = spin_lock_irqsave(&h->lock);
	bool ignored = h->action[signo - 1].handler == SIG_IGN;

	spin_unlock_irqrestore(&h->lock, irq);
	return ignored || (current->sigmask & SIG_BIT(signo));
}

/* 1 if current is in the background of tty, its controlling terminal; 0 if not; -EIO if so but in
 * an orphaned group. */
static int in_background(struct tty *tty)
{
	struct group *g = current->group;
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);
	int ret = 0;

	if (g->tty == tty && tty->foreground != NULL && g->pgrp != tty->foreground)
		ret = pgrp_is_orphaned(g->pgrp, NULL) ? -EIO : 1;
	spin_unlock_irqrestore(&tasks_lock, irq);
	return ret;
}

static int stop_background(int signo)
{
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);

	(void)signal_send_pgrp_locked(current->group->pgrp, signo, NULL);
	spin_unlock_irqrestore(&tasks_lock, irq);
	return -ERESTARTSYS;
}

int tty_check_read(struct tty *tty)
{
	int background = in_background(tty);

	if (background == 0)
		return 0;
	if (background < 0 || is_blocked_or_ignored(SIGTTIN))
		return -EIO;
	return stop_background(SIGTTIN);
}

int tty_check_change(struct tty *tty)
{
	int background = in_background(tty);

	if (background == 0 || is_blocked_or_ignored(SIGTTOU))
		return 0;
	return background < 0 ? -EIO : stop_background(SIGTTOU);
}

void tty_open_control(struct tty *tty)
{
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);
	struct group *g = current->group;

	if (g->session_leader && g->tty == NULL && tty->session == NULL && !tty->hung_up)
		control_begin(tty, g);
	spin_unlock_irqrestore(&tasks_lock, irq);
}

int tty_set_control(struct tty *tty, bool steal)
{
	struct pid *session = NULL, *foreground = NULL;
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);
	struct group *g = current->group;
	int err = 0;

	if (tty->hung_up)
		err = -EIO;
	else if (g->session_leader && tty->session == g->session)
		err = 0;
	else if (!g->session_leader || g->tty != NULL)
		err = -EPERM;
	else if (tty->session != NULL && !(steal && capable(CAP_SYS_ADMIN)))
		err = -EPERM;
	else {
		control_end(tty, &session, &foreground);
		control_begin(tty, g);
	}
	spin_unlock_irqrestore(&tasks_lock, irq);
	pid_put(session);
	pid_put(foreground);
	return err;
}

int tty_drop_control(struct tty *tty)
{
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);
	struct group *g = current->group;
	bool ours = g->tty == tty, leads = g->session_leader;

	if (ours && !leads)
		g->tty = NULL;
	spin_unlock_irqrestore(&tasks_lock, irq);
	if (ours && leads)
		tty_session_exit(g);
	return ours ? 0 : -ENOTTY;
}

int tty_foreground_get(struct tty *tty)
{
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);
	int ret = -ENOTTY;

	if (current->group->tty == tty)
		ret = tty->foreground != NULL ? pid_nr(tty->foreground) : 0;
	spin_unlock_irqrestore(&tasks_lock, irq);
	return ret;
}

int tty_foreground_peek(struct tty *tty)
{
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);
	int ret = tty->foreground != NULL ? pid_nr(tty->foreground) : 0;

	spin_unlock_irqrestore(&tasks_lock, irq);
	return ret;
}

int tty_session_peek(struct tty *tty)
{
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);
	int ret = tty->session != NULL ? pid_nr(tty->session) : -ENOTTY;

	spin_unlock_irqrestore(&tasks_lock, irq);
	return ret;
}

int tty_session_get(struct tty *tty)
{
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);
	bool own = current->group->tty == tty && tty->session != NULL;
	int ret = own ? pid_nr(tty->session) : -ENOTTY;

	spin_unlock_irqrestore(&tasks_lock, irq);
	return ret;
}

/* The process group to come to the front must have members in current's session. tasks_lock
 * held. */
static int foreground_find(int pgid, struct pid **out) __must_hold(tasks_lock)
{
	struct pid *p = pid_peek(pgid);
	struct group *member;

	if (pgid < 0)
		return -EINVAL;
	if (p == NULL)
		return -ESRCH;
	/* A process that leads no group stands for one without members. */
	member = list_empty(&p->members) ? p->group
		 : list_first_entry(&p->members, struct group, pgrp_link);
	if (member == NULL)
		return -ESRCH;
	if (member->session != current->group->session)
		return -EPERM;
	*out = pid_get(p);
	return 0;
}

int tty_foreground_set(struct tty *tty, int pgid)
{
	int err = tty_check_change(tty);
	struct pid *p = NULL;
	irqflags_t irq;

	if (err)
		return err;
	irq = spin_lock_irqsave(&tasks_lock);
	if (current->group->tty != tty || tty->session != current->group->session)
		err = -ENOTTY;
	else
		err = foreground_find(pgid, &p);
	if (err == 0) {
		struct pid *old = tty->foreground;

		tty->foreground = p;
		p = old;
	}
	spin_unlock_irqrestore(&tasks_lock, irq);
	pid_put(p);
	return err;
}
