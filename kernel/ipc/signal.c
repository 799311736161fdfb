/*
 * Sending signals.
 *
 *	send ---> ignored? ---------------------------------------------------> nothing
 *	  |
 *	  |    fatal by default, not blocked: the whole group is told to die (WORK_KILL), at once
 *	  v
 *	pending, of a thread or of the process ---> WORK_SIGNAL in a thread that doesn't block it,
 *	  |                                         which is woken
 *	  |
 *	  +--- ... on its return to user mode: signal_deliver.c takes it
 *
 * WORK_SIGNAL says that something is pending that the thread doesn't block, so whoever sleeps
 * interruptibly need only look at that bit. Senders set it. Only the thread itself clears it, when
 * it changes its mask or takes a signal: it may also be set because a system call's restart has
 * to be settled (signal_deliver.c), which no sender may undo. So it may stay set when a pending
 * signal was dropped, until the next return to user mode.
 *
 * A stop signal and SIGCONT cancel each other when they are sent, whatever becomes of them
 * (signal_job.c). Kernel threads take no signals. Process 1 takes only those that it has
 * handlers for, and that of a pid namespace below the first SIGKILL and SIGSTOP from above.
 *
 * Entry points: signal_send_task, _group, _pgrp_locked; signal_force and signal_kill_task for
 * what cannot be refused; group_exit_start_locked; signal_recalc, signal_mask_*.
 *
 * LIMIT: no core dumps: signals that would dump only kill, and the status says so.
 */
#include "kernel/ipc/signal.h"

#include "arch/hart.h"
#include "arch/trap.h"
#include "kernel/abi/capability.h"
#include "kernel/core/trace.h"
#include "kernel/core/upcall.h"
#include "kernel/ipc/sighand.h"
#include "kernel/ipc/signal_queue.h"
#include "kernel/sched/sched.h"
#include "kernel/task/cred.h"
#include "kernel/task/pid.h"
#include "lib/string.h"

/* --- who wants it ----------------------------------------------------------------------------- */

/* Is it sent by somebody whom g's process can't see? A kernel's signal is. */
static bool is_from_outside(const struct group *g, const struct abi_siginfo *info)
{
	const struct pid *p = g->pid;

	return info->code == SI_KERNEL ||
	       (info->code != SI_TIMER &&
		pid_nr_in(current->group->pid, p->numbers[p->level].ns) == 0);
}

/* What process 1 has no handler for it takes only if nobody can have one, and it comes from outside
 * its pid namespace: the first process 1 takes nothing. */
static bool init_refuses(const struct group *g, int signo, const struct abi_siginfo *info)
{
	return group_is_init(g) && (g->pid->level == 0 || !(SIG_BIT(signo) & SIG_UNBLOCKABLE) ||
				    !is_from_outside(g, info));
}

static uint64_t handler_of(const struct task *t, int signo)
{
	return sighand_action(t->sighand, signo).handler;
}

bool signal_is_fatal(const struct group *g, int signo, uint64_t handler)
{
	if (group_is_init(g) && !(SIG_BIT(signo) & SIG_UNBLOCKABLE))
		return false;
	return handler == SIG_DFL && !(SIG_BIT(signo) & (SIG_DEFAULT_IGNORED | SIG_STOPS));
}

/* Would it be thrown away when taken? A blocked signal never is at this point: the handler may
 * change before it is unblocked, and somebody may wait for it. */
static bool is_ignored(const struct task *t, int signo, uint64_t handler,
		       const struct abi_siginfo *info)
{
	if (t->sigmask & SIG_BIT(signo) & ~SIG_UNBLOCKABLE)
		return false;
	if (handler == SIG_IGN)
		return true;
	return handler == SIG_DFL &&
	       ((SIG_BIT(signo) & SIG_DEFAULT_IGNORED) || init_refuses(t->group, signo, info));
}

/* A stopped thread does nothing but die at once by SIGKILL; the rest waits until it goes on. */
static bool wants(const struct task *t, int signo)
{
	if (atomic_load(&t->state) == TASK_STOPPED && signo != SIGKILL)
		return false;
	return !task_is(t, TASK_EXITING) &&
	       (SIG_BIT(signo) & (~t->sigmask | t->wait_mask | SIG_UNBLOCKABLE));
}

/* NOTE(linux): as there, the leader is asked first, or by a timer who runs just now; then the
 * caller; then the others in order of creation rather than in turn. NULL: all block it. */
static struct task *thread_for(struct group *g, int signo, bool from_timer)
{
	bool mine = current->group == g && wants(current, signo);
	struct task *t;

	if (mine && from_timer)
		return current;
	if (wants(g->leader, signo))
		return g->leader;
	if (mine)
		return current;
	for_each_thread(t, g) {
		if (wants(t, signo))
			return t;
	}
	return NULL;
}

/* --- waking ----------------------------------------------------------------------------------- */

void signal_wake(struct task *t, unsigned states)
{
	unsigned hart;

	if (t == current || task_wake(t, states))
		return;
	/* In user mode on another hart it would not look before its next trap. Should it have
	 * moved meanwhile, the switch has made it look. */
	hart = atomic_load(&t->hart);
	if (atomic_load(&t->on_hart) && hart != hart_index())
		arch_ipi_send(&hart_table[hart]);
}

static bool has_work(const struct task *t)
{
	return (t->pending.set | t->group->shared.set) & (~t->sigmask | t->wait_mask);
}

void signal_recalc(void)
{
	if (has_work(current))
		atomic_fetch_or(&current->pending_work, WORK_SIGNAL);
	else
		atomic_fetch_and(&current->pending_work, ~WORK_SIGNAL);
}

static void notice(struct task *t)
{
	if (has_work(t))
		atomic_fetch_or(&t->pending_work, WORK_SIGNAL);
	signal_wake(t, TASK_INTERRUPTIBLE);
}

void group_exit_start_locked(struct group *g, int exit_code)
{
	struct task *t;

	if (g->exiting)
		return;
	if (exit_code & 0x7f)
		trace(TRACE_KILLED, (unsigned)group_nr(g), exit_code & 0x7f, 0);
	g->exiting = true;
	g->exit_code = exit_code;
	g->stop_signal = 0;
	g->stop_count = 0;
	g->stopped = false;
	g->job_news = 0;
	for_each_thread(t, g) {
		if (task_is(t, TASK_EXITING))
			continue;
		atomic_fetch_and(&t->pending_work, ~WORK_STOP);
		atomic_fetch_or(&t->pending_work, WORK_KILL);
		signal_wake(t, TASK_ANY_SLEEP & ~TASK_UNINTERRUPTIBLE);
	}
}

/* --- sending ---------------------------------------------------------------------------------- */

/* A stop signal forgets SIGCONT, and the other way round. */
static void cancel_opposite(struct group *g, int signo)
{
	uint64_t opposite = signo == SIGCONT ? SIG_STOPS : SIG_BIT(SIGCONT);
	struct task *t;

	if (!(SIG_BIT(signo) & (SIG_STOPS | SIG_BIT(SIGCONT))))
		return;
	sigpending_drop(&g->shared, opposite);
	for_each_thread(t, g)
		sigpending_drop(&t->pending, opposite);
	if (signo == SIGCONT)
		group_continue_locked(g);
}

/* Is there anybody to take signals at all? */
static bool takes_signals(const struct task *t)
{
	return t != NULL && t->group->live > 0 && t->sighand != NULL && !task_is(t, TASK_KTHREAD);
}

/* Where a signal goes, and whom it wakes. */
struct delivery {
	struct sigpending *to; /* NULL: nobody is there, or it is ignored, or it has killed */
	struct task *wakes;    /* NULL: nobody who doesn't block it */
	bool ignored;
};

/* To `only`, or with NULL to the process. group->lock held. */
static struct delivery route(struct group *g, struct task *only, int signo,
			     const struct abi_siginfo *info)
{
	struct task *t = only != NULL ? only : g->leader;
	struct delivery d = { 0 };
	uint64_t handler;

	trace(TRACE_SIGNAL, (unsigned)signo, (unsigned)(only != NULL ? only->nr : group_nr(g)), 0);
	if (!takes_signals(t) || g->exiting || (only != NULL && task_is(only, TASK_EXITING)))
		return d;
	cancel_opposite(g, signo);
	handler = handler_of(t, signo);
	d.ignored = is_ignored(t, signo, handler, info);
	if (d.ignored)
		return d;
	if (only == NULL)
		d.wakes = thread_for(g, signo, info->code == SI_TIMER);
	else if (wants(only, signo))
		d.wakes = only;
	/* Somebody in sigtimedwait takes it although it is blocked: then it kills nobody. */
	if (d.wakes != NULL && signal_is_fatal(g, signo, handler) &&
	    !(d.wakes->sigmask & SIG_BIT(signo) & ~SIG_UNBLOCKABLE))
		group_exit_start_locked(g, signo);
	else
		d.to = only != NULL ? &only->pending : &g->shared;
	return d;
}

static int send_locked(struct group *g, struct task *only, int signo,
		       const struct abi_siginfo *info)
{
	struct delivery d;
	int err;

	if (signo == 0)
		return 0;
	d = route(g, only, signo, info);
	if (d.to == NULL)
		return 0;
	err = sigqueue_add(g, d.to, signo, info);
	if (err == 0 && d.wakes != NULL)
		notice(d.wakes);
	return err;
}

bool signal_send_entry_locked(struct group *g, struct task *only, struct sigqueue *q)
{
	struct delivery d = route(g, only, q->info.signo, &q->info);

	if (d.to == NULL)
		return !d.ignored;
	sigqueue_add_entry(d.to, q);
	if (d.wakes != NULL)
		notice(d.wakes);
	return true;
}

static int send(struct group *g, struct task *only, int signo, const struct abi_siginfo *info)
{
	struct abi_siginfo from_kernel = { .signo = signo, .code = SI_KERNEL };
	irqflags_t irq = spin_lock_irqsave(&g->lock);
	int err = send_locked(g, only, signo, info != NULL ? info : &from_kernel);

	spin_unlock_irqrestore(&g->lock, irq);
	return err;
}

int signal_send_task(struct task *t, int signo, const struct abi_siginfo *info)
{
	return send(t->group, t, signo, info);
}

int signal_send_group(struct group *g, int signo, const struct abi_siginfo *info)
{
	return send(g, NULL, signo, info);
}

int signal_send_pgrp_locked(struct pid *pgrp, int signo, const struct abi_siginfo *info)
{
	struct group *g;
	int err = 0, one;

	list_for_each_entry(g, &pgrp->members, pgrp_link) {
		one = signal_send_group(g, signo, info);
		if (one)
			err = one;
	}
	return err;
}

void signal_thread_leaves(struct task *t)
{
	struct group *g = t->group;
	uint64_t left = g->shared.set & ~t->sigmask;
	unsigned ours = WORK_INTERRUPTS | WORK_RESTORE_MASK;
	unsigned had = atomic_fetch_and(&t->pending_work, ~ours);
	struct task *other;

	if ((had & WORK_STOP) && --g->stop_count == 0 && g->live > 0) {
		g->stopped = true;
		g->stop_reported = g->continued = false;
		g->job_news = CLD_STOPPED;
	}
	if (left == 0 && g->job_news == 0)
		return; /* nothing to hand over: the end of n threads is not to cost n * n */
	for_each_thread(other, g) {
		if (task_is(other, TASK_EXITING))
			continue;
		if (left & ~other->sigmask)
			notice(other);
		if (g->job_news != 0)
			task_wake(other, TASK_STOPPED); /* to tell, which takes tasks_lock */
	}
}

/* --- what cannot be refused ------------------------------------------------------------------- */

void signal_force(int signo, int code, vaddr_t addr)
{
	struct abi_siginfo info = { .signo = signo, .code = code };
	struct group *g = current->group;
	struct abi_sigaction *action = &current->sighand->action[signo - 1];
	irqflags_t irq = spin_lock_irqsave(&g->lock);
	bool refused;

	info.addr = addr;
	spin_lock(&current->sighand->lock);
	refused = action->handler == SIG_IGN || action->handler == SIG_DFL ||
		  (current->sigmask & SIG_BIT(signo));
	if (refused)
		action->handler = SIG_DFL;
	spin_unlock(&current->sighand->lock);
	/* Process 1 too: it cannot go on. Should the info find no room, the handler sees a
	 * signal without it. */
	if (refused || sigqueue_add(g, &current->pending, signo, &info) < 0)
		group_exit_start_locked(g, signo);
	else
		signal_recalc();
	spin_unlock_irqrestore(&g->lock, irq);
}

void upcall_user_exception(struct trapframe *tf, int signo, int code, vaddr_t addr)
{
	trace(TRACE_FAULT, (unsigned)signo, addr, tf->pc);
	signal_force(signo, code, addr);
}

void signal_kill_task(struct task *t, int signo)
{
	irqflags_t irq = spin_lock_irqsave(&t->group->lock);

	if (t->group->live > 0)
		group_exit_start_locked(t->group, signo);
	spin_unlock_irqrestore(&t->group->lock, irq);
}

/* --- masks ------------------------------------------------------------------------------------ */

/* Signals to the process that current has just blocked, though it may have been woken for them,
 * go to others. */
static void hand_over_blocked(uint64_t blocked)
{
	struct group *g = current->group;
	struct task *other;

	for_each_thread(other, g) {
		if (other != current && !task_is(other, TASK_EXITING) &&
		    (blocked & ~other->sigmask))
			notice(other);
	}
}

void signal_mask_set(uint64_t mask)
{
	struct group *g = current->group;
	uint64_t newly_blocked;
	irqflags_t irq;

	mask &= ~SIG_UNBLOCKABLE;
	if (mask == current->sigmask)
		return;
	irq = spin_lock_irqsave(&g->lock);
	newly_blocked = g->shared.set & mask & ~current->sigmask;
	current->sigmask = mask;
	signal_recalc();
	if (newly_blocked)
		hand_over_blocked(newly_blocked);
	spin_unlock_irqrestore(&g->lock, irq);
}

void signal_mask_borrow(uint64_t mask)
{
	current->saved_mask = current->sigmask;
	signal_mask_set(mask);
}

void signal_mask_return(bool interrupted)
{
	if (interrupted)
		atomic_fetch_or(&current->pending_work, WORK_RESTORE_MASK);
	else
		signal_mask_set(current->saved_mask);
}

uint64_t signal_pending_set(void)
{
	irqflags_t irq = spin_lock_irqsave(&current->group->lock);
	uint64_t set = current->pending.set | current->group->shared.set;

	spin_unlock_irqrestore(&current->group->lock, irq);
	return set;
}
