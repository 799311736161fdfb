/*
 * On the way back to user mode: everything that was asked of this task meanwhile, signals above
 * all.
 *
 *	WORK_KILL          die
 *	WORK_RESCHED       let somebody else run first
 *	WORK_SET_TID       a new task: tell its own memory its number
 *	WORK_STOP          join a group stop, and sleep until it is over
 *	WORK_SIGNAL        take signals, one after the other, until none is left that isn't blocked
 *	WORK_RESTORE_MASK  no handler ran: the mask from before sigsuspend
 *
 * A handler is begun by a frame on the user stack; if more signals are pending, further frames
 * go on top, so the signal that was taken last runs first.
 *
 * Restarting: a system call that a signal ended returned one of the ERESTART codes. The first
 * handler's frame, or the end of the loop when there was no handler, settles what becomes of it:
 * back to the ecall with the arguments as they were, or EINTR. kernel/sys sets WORK_SIGNAL with
 * such a code, so it always comes here.
 *
 * Entry point: upcall_user_return, from arch/riscv/trap.c.
 */
#include "kernel/ipc/signal_queue.h"

#include "arch/machine.h"
#include "arch/signal.h"
#include "arch/uaccess.h"
#include "kernel/core/upcall.h"
#include "kernel/ipc/freeze.h"
#include "kernel/ipc/sighand.h"
#include "kernel/mm/mm.h"
#include "kernel/sched/sched.h"

#define NR_RESTART_SYSCALL 128

/* --- system-call restart ---------------------------------------------------------------------- */

static void syscall_again(struct trapframe *tf)
{
	tf->a0 = tf->orig_a0;
	tf->pc -= 4;
}

/* action NULL: no handler runs. */
static void syscall_settle(struct trapframe *tf, const struct abi_sigaction *action)
{
	long result = (long)tf->a0;

	if (!trapframe_is_syscall(tf))
		return;
	if (signal_is_restart(result)) {
		if (result == -ERESTARTNOINTR || action == NULL ||
		    (result == -ERESTARTSYS && (action->flags & SA_RESTART)))
			syscall_again(tf);
		else
			tf->a0 = (uint64_t)-EINTR;
		if (result == -ERESTART_RESTARTBLOCK && action == NULL)
			tf->a7 = NR_RESTART_SYSCALL;
	}
	trapframe_forget_syscall(tf);
}

/* --- handlers --------------------------------------------------------------------------------- */

/* Where the frame goes; 0 when the alternate stack that the task is on has no room left. */
static vaddr_t frame_top(const struct trapframe *tf, const struct abi_sigaction *action)
{
	vaddr_t below = tf->sp - sizeof(struct abi_rt_sigframe);

	if (signal_on_altstack(tf->sp))
		return signal_on_altstack(below) ? tf->sp : 0;
	if ((action->flags & SA_ONSTACK) && current->altstack_size != 0)
		return current->altstack_sp + current->altstack_size;
	return tf->sp;
}

static int frame_push(struct trapframe *tf, int signo, const struct abi_sigaction *action,
		      const struct abi_siginfo *info, uint64_t mask)
{
	struct abi_stack altstack = { .sp = current->altstack_sp,
				      .flags = current->altstack_flags,
				      .size = current->altstack_size };
	struct signal_frame_args args = {
		.signo = signo,
		.handler = action->handler,
		.info = info,
		.mask = mask,
		.stack_top = frame_top(tf, action),
		.altstack = &altstack,
		.trampoline = current->mm->vdso + vdso_sigreturn_offset,
	};
	int err = arch_signal_frame_push(tf, &args);

	if (err == 0 && (current->altstack_flags & SS_AUTODISARM)) {
		current->altstack_sp = current->altstack_size = 0;
		current->altstack_flags = SS_DISABLE;
	}
	return err;
}

/* Takes one bit of current's work away; was it there? */
static bool work_take(unsigned bit)
{
	return atomic_fetch_and(&current->pending_work, ~bit) & bit;
}

static void handler_begin(struct trapframe *tf, int signo, const struct abi_sigaction *action,
			  const struct abi_siginfo *info)
{
	uint64_t old_mask = work_take(WORK_RESTORE_MASK) ? current->saved_mask : current->sigmask;
	uint64_t mask = current->sigmask | action->mask;

	syscall_settle(tf, action);
	if (frame_push(tf, signo, action, info, old_mask) < 0) {
		/* No way to run the handler. If it was SIGSEGV's own, there is none left to try. */
		if (signo == SIGSEGV)
			signal_kill_task(current, SIGSEGV);
		else
			signal_force(SIGSEGV, SI_KERNEL, 0);
		return;
	}
	if (!(action->flags & SA_NODEFER))
		mask |= SIG_BIT(signo);
	signal_mask_set(mask);
}

/* --- taking ----------------------------------------------------------------------------------- */

enum taken {
	TAKEN_NONE,    /* nothing is left that is not blocked */
	TAKEN_DROPPED, /* it is ignored */
	TAKEN_HANDLER,
	TAKEN_FATAL,
	TAKEN_STOP, /* left pending: group_stop takes it, under more locks */
};

static enum taken disposition(int signo, const struct abi_sigaction *action)
{
	if (action->handler == SIG_IGN)
		return TAKEN_DROPPED;
	if (action->handler != SIG_DFL)
		return TAKEN_HANDLER;
	if (signal_is_fatal(current->group, signo, SIG_DFL))
		return TAKEN_FATAL;
	if ((SIG_BIT(signo) & SIG_STOPS) && (signo == SIGSTOP || !group_is_init(current->group)))
		return TAKEN_STOP;
	return TAKEN_DROPPED;
}

static enum taken signal_take(int *signo, struct abi_siginfo *info, struct abi_sigaction *action)
{
	struct sighand *s = current->sighand;
	irqflags_t irq = spin_lock_irqsave(&current->group->lock);
	enum taken what = TAKEN_NONE;
	struct sigpending *from;

	*signo = signal_next(~current->sigmask, &from);
	if (*signo != 0) {
		spin_lock(&s->lock);
		*action = s->action[*signo - 1];
		what = disposition(*signo, action);
		if (what == TAKEN_HANDLER && (action->flags & SA_RESETHAND))
			s->action[*signo - 1].handler = SIG_DFL;
		spin_unlock(&s->lock);
		if (what != TAKEN_STOP)
			sigpending_take(from, *signo, info);
	}
	signal_recalc();
	spin_unlock_irqrestore(&current->group->lock, irq);
	return what;
}

/* One signal, or the end of signals. */
static void signal_deliver(struct trapframe *tf)
{
	struct abi_sigaction action;
	struct abi_siginfo info;
	int signo;

	switch (signal_take(&signo, &info, &action)) {
	case TAKEN_HANDLER:
		handler_begin(tf, signo, &action, &info);
		break;
	case TAKEN_FATAL:
		upcall_task_exit(signo, true);
	case TAKEN_STOP:
		group_stop(signo);
		/* fall through */
	case TAKEN_DROPPED:
		/* Nothing is settled yet: a handler may follow. Without WORK_SIGNAL nothing
		 * would come back here. */
		atomic_fetch_or(&current->pending_work, WORK_SIGNAL);
		break;
	case TAKEN_NONE:
		syscall_settle(tf, NULL);
		if (work_take(WORK_RESTORE_MASK))
			signal_mask_set(current->saved_mask);
		break;
	}
}

static void tid_store(void)
{
	(void)work_take(WORK_SET_TID);
	/* Linux ignores failure too: it is the program's own memory. */
	(void)!user_store32((uint32_t __user *)current->set_child_tid, (uint32_t)current->tid);
	current->set_child_tid = NULL;
}

void upcall_user_return(struct trapframe *tf)
{
	struct group *g = current->group;
	unsigned work;

	while ((work = atomic_load(&current->pending_work)) != 0) {
		if (work & WORK_KILL)
			upcall_task_exit(g->exiting ? g->exit_code : 0, false);
		if ((work & WORK_RESCHED) && work_take(WORK_RESCHED))
			schedule();
		if (work & WORK_SET_TID)
			tid_store();
		if (work & WORK_STOP)
			group_stop_join();
		else if (work & WORK_FREEZE)
			freeze_join();
		else if (work & (WORK_SIGNAL | WORK_RESTORE_MASK))
			signal_deliver(tf);
	}
}
