/*
 * What programs ask for: kill with its targets and permission, actions, waiting for signals,
 * alternate stacks. The calls themselves: kernel/sys/sys_signal.c.
 */
#include "kernel/ipc/signal.h"

#include "kernel/abi/capability.h"
#include "kernel/ipc/sighand.h"
#include "kernel/ipc/signal_queue.h"
#include "kernel/sched/sched.h"
#include "kernel/sched/wait.h"
#include "kernel/task/cred.h"
#include "kernel/task/user_ns.h"

/* --- kill ------------------------------------------------------------------------------------- */

void signal_info_user(struct abi_siginfo *info, int signo, int code)
{
	*info = (struct abi_siginfo){ .signo = signo, .code = code };
	info->pid = pid_own_nr(current->group->pid);
	info->uid = uid_out(current_cred()->uid);
}

int signal_may_send(struct task *t, int signo)
{
	const struct cred *mine = current_cred(), *theirs = t->cred;

	if (t->group == current->group)
		return 0;
	if (mine->euid == theirs->suid || mine->euid == theirs->uid || mine->uid == theirs->suid ||
	    mine->uid == theirs->uid)
		return 0;
	if (ns_capable(theirs->user_ns, CAP_KILL))
		return 0;
	if (signo == SIGCONT && t->group->session == current->group->session)
		return 0;
	return -EPERM;
}

void signal_info_translate(struct abi_siginfo *info, const struct task *t)
{
	const struct user_ns *theirs = t->cred->user_ns;

	if (pid_nr_in(current->group->pid, pid_ns_of_task(t)) == 0)
		info->pid = 0;
	if (theirs != current_cred()->user_ns) {
		unsigned uid = user_ns_id_out(theirs, ID_UID, uid_in(info->uid));

		info->uid = uid == ID_NONE ? ID_OVERFLOW : uid;
	}
}

static int kill_group(struct group *g, int signo, const struct abi_siginfo *from)
{
	int err = signal_may_send(g->leader, signo);
	struct abi_siginfo info = *from;

	if (err)
		return err;
	signal_info_translate(&info, g->leader);
	return signal_send_group(g, signo, &info);
}

static int kill_thread(struct task *t, int signo, const struct abi_siginfo *from)
{
	int err = signal_may_send(t, signo);
	struct abi_siginfo info = *from;

	if (err)
		return err;
	signal_info_translate(&info, t);
	return signal_send_task(t, signo, &info);
}

/* Success if one could be sent to; otherwise why the last could not. */
static int kill_pgrp(struct pid *pgrp, int signo, const struct abi_siginfo *info)
{
	int err = -ESRCH, one;
	bool sent = false;
	struct group *g;

	list_for_each_entry(g, &pgrp->members, pgrp_link) {
		one = kill_group(g, signo, info);
		sent |= one == 0;
		if (one)
			err = one;
	}
	return sent ? 0 : err;
}

/* Everybody but process 1, the caller and kernel threads. */
static int kill_all(int signo, const struct abi_siginfo *info)
{
	int err = 0, one;
	bool any = false;
	struct task *t;

	list_for_each_entry(t, &task_list, all_link) {
		if (t->group->leader != t || pid_nr(t->pid) <= 1 || t->group == current->group ||
		    task_is(t, TASK_KTHREAD))
			continue;
		one = kill_group(t->group, signo, info);
		any = true;
		if (one != -EPERM)
			err = one;
	}
	return any ? err : -ESRCH;
}

int signal_kill(int pid, int signo, const struct abi_siginfo *info)
{
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);
	struct task *t;
	struct pid *p;
	int err;

	if (pid > 0) { /* the number of any thread names its process */
		t = task_peek(pid);
		err = t == NULL ? -ESRCH : kill_group(t->group, signo, info);
	} else if (pid == 0) {
		err = kill_pgrp(current->group->pgrp, signo, info);
	} else if (pid == -1) {
		err = kill_all(signo, info);
	} else {
		p = pid == INT32_MIN ? NULL : pid_peek(-pid);
		err = p == NULL ? -ESRCH : kill_pgrp(p, signo, info);
	}
	spin_unlock_irqrestore(&tasks_lock, irq);
	return err;
}

int signal_kill_pid(struct pid *p, enum signal_scope scope, int signo,
		    const struct abi_siginfo *info)
{
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);
	int err;

	if (scope == SIGNAL_PGRP)
		err = kill_pgrp(p, signo, info);
	else if (p->task == NULL)
		err = -ESRCH;
	else if (scope == SIGNAL_PROCESS)
		err = kill_group(p->task->group, signo, info);
	else
		err = kill_thread(p->task, signo, info);
	spin_unlock_irqrestore(&tasks_lock, irq);
	return err;
}

int signal_kill_thread(int tgid, int tid, int signo, const struct abi_siginfo *info)
{
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);
	struct task *t = task_peek(tid);
	int err;

	if (t == NULL || (tgid != 0 && pid_nr(t->group->pid) != tgid))
		err = -ESRCH;
	else
		err = kill_thread(t, signo, info);
	spin_unlock_irqrestore(&tasks_lock, irq);
	return err;
}

/* --- actions ---------------------------------------------------------------------------------- */

/* What a signal's new action would have thrown away when it was sent is thrown away now.
 * group->lock held. */
static void forget_ignored(int signo, uint64_t handler)
{
	uint64_t bit = SIG_BIT(signo);
	struct task *t;

	if (handler != SIG_IGN && !(handler == SIG_DFL && (bit & SIG_DEFAULT_IGNORED)))
		return;
	sigpending_drop(&current->group->shared, bit);
	for_each_thread(t, current->group)
		sigpending_drop(&t->pending, bit);
	signal_recalc();
}

int signal_action_set(int signo, const struct abi_sigaction *action, struct abi_sigaction *old)
{
	static const uint64_t known = SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_EXPOSE_TAGBITS |
				      SA_ONSTACK | SA_RESTART | SA_NODEFER | SA_RESETHAND;
	struct sighand *s = current->sighand;
	struct abi_sigaction *slot;
	irqflags_t irq;

	if (signo < 1 || signo > NSIG || (action != NULL && (SIG_BIT(signo) & SIG_UNBLOCKABLE)))
		return -EINVAL;
	slot = &s->action[signo - 1];
	irq = spin_lock_irqsave(&current->group->lock);
	spin_lock(&s->lock);
	if (old != NULL)
		*old = *slot;
	if (action != NULL) {
		s->touched |= SIG_BIT(signo);
		*slot = *action;
		slot->flags &= known;
		slot->mask &= ~SIG_UNBLOCKABLE;
	}
	spin_unlock(&s->lock);
	if (action != NULL)
		forget_ignored(signo, action->handler);
	spin_unlock_irqrestore(&current->group->lock, irq);
	return 0;
}

/* --- waiting for signals ---------------------------------------------------------------------- */

/* Takes one of the set, or begins (wait) or ends to be woken for them although they are blocked. */
static int wait_look(uint64_t set, struct abi_siginfo *info, bool wait)
{
	irqflags_t irq = spin_lock_irqsave(&current->group->lock);
	struct sigpending *from;
	int signo = signal_next(set, &from);

	if (signo != 0)
		sigpending_take(from, signo, info);
	current->wait_mask = signo == 0 && wait ? set : 0;
	signal_recalc();
	if (signo == 0 && wait) /* even for an empty set: others interrupt */
		task_state_set(TASK_INTERRUPTIBLE);
	spin_unlock_irqrestore(&current->group->lock, irq);
	return signo;
}

int signal_wait(uint64_t set, struct abi_siginfo *info, uint64_t deadline_ns)
{
	int signo, err = deadline_ns == 0 ? -ETIMEDOUT : 0;

	set &= ~SIG_UNBLOCKABLE;
	for (;;) {
		signo = wait_look(set, info, err == 0);
		if (signo != 0)
			return signo;
		if (err)
			return err == -ETIMEDOUT ? -EAGAIN : -EINTR;
		err = task_sleep(deadline_ns);
	}
}

/* --- alternate stacks ------------------------------------------------------------------------- */

bool signal_on_altstack(vaddr_t sp)
{
	if (current->altstack_flags & SS_AUTODISARM)
		return false;
	return sp > current->altstack_sp && sp - current->altstack_sp <= current->altstack_size;
}

int signal_altstack_set(const struct abi_stack *s, vaddr_t sp)
{
	unsigned mode = (unsigned)s->flags & ~SS_AUTODISARM;

	if (signal_on_altstack(sp))
		return -EPERM;
	if (mode != 0 && mode != SS_ONSTACK && mode != SS_DISABLE)
		return -EINVAL;
	if (mode != SS_DISABLE && s->size < MINSIGSTKSZ)
		return -ENOMEM;
	current->altstack_sp = mode == SS_DISABLE ? 0 : s->sp;
	current->altstack_size = mode == SS_DISABLE ? 0 : s->size;
	current->altstack_flags = s->flags;
	return 0;
}
