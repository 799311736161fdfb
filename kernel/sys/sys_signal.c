/*
 * The signal calls: arguments fetched and checked, one function of kernel/ipc called.
 *
 * Sets of signals come with their size, which can only be 8 bytes.
 */
#include "gen/syscalls_proto.h"

#include "arch/signal.h"
#include "arch/task.h"
#include "arch/uaccess.h"
#include "kernel/ipc/signal.h"
#include "kernel/sched/sched.h"
#include "kernel/sched/wait.h"
#include "kernel/sys/user_time.h"

#define SIGSET_SIZE sizeof(uint64_t)

static bool signo_is_valid(int signo)
{
	return signo >= 0 && signo <= NSIG; /* 0: only ask */
}

/* --- sending ---------------------------------------------------------------------------------- */

long sys_kill(int pid, int signo)
{
	struct abi_siginfo info;

	if (!signo_is_valid(signo))
		return -EINVAL;
	signal_info_user(&info, signo, SI_USER);
	return signal_kill(pid, signo, &info);
}

static long thread_kill(int tgid, int tid, int signo)
{
	struct abi_siginfo info;

	if (tid <= 0 || !signo_is_valid(signo))
		return -EINVAL;
	signal_info_user(&info, signo, SI_TKILL);
	return signal_kill_thread(tgid, tid, signo, &info);
}

long sys_tkill(int tid, int signo)
{
	return thread_kill(0, tid, signo);
}

long sys_tgkill(int tgid, int tid, int signo)
{
	return tgid <= 0 ? -EINVAL : thread_kill(tgid, tid, signo);
}

/* Only to oneself may a program claim that the kernel, kill or tgkill sent it. */
static int info_check(struct abi_siginfo *info, int signo, int tgid)
{
	if ((info->code >= 0 || info->code == SI_TKILL) && tgid != pid_own_nr(current->group->pid))
		return -EPERM;
	if (!signo_is_valid(signo))
		return -EINVAL;
	info->signo = signo;
	return 0;
}

long sys_rt_sigqueueinfo(int pid, int signo, const struct abi_siginfo __user *uinfo)
{
	struct abi_siginfo info;
	int err;

	if (copy_from_user(&info, uinfo, sizeof(info)))
		return -EFAULT;
	err = info_check(&info, signo, pid);
	if (err)
		return err;
	return pid <= 0 ? -ESRCH : signal_kill(pid, signo, &info);
}

long sys_rt_tgsigqueueinfo(int tgid, int tid, int signo, const struct abi_siginfo __user *uinfo)
{
	struct abi_siginfo info;
	int err;

	if (copy_from_user(&info, uinfo, sizeof(info)))
		return -EFAULT;
	if (tgid <= 0 || tid <= 0)
		return -EINVAL;
	err = info_check(&info, signo, tgid);
	return err ? err : signal_kill_thread(tgid, tid, signo, &info);
}

/* --- actions and masks ------------------------------------------------------------------------ */

long sys_rt_sigaction(int signo, const struct abi_sigaction __user *uaction,
		      struct abi_sigaction __user *uold, size_t size)
{
	struct abi_sigaction action, old;
	int err;

	if (size != SIGSET_SIZE)
		return -EINVAL;
	if (uaction != NULL && copy_from_user(&action, uaction, sizeof(action)))
		return -EFAULT;
	err = signal_action_set(signo, uaction != NULL ? &action : NULL, &old);
	if (err || uold == NULL)
		return err;
	return copy_to_user(uold, &old, sizeof(old));
}

static int mask_change(int how, uint64_t set)
{
	switch (how) {
	case SIG_BLOCK:
		signal_mask_set(current->sigmask | set);
		return 0;
	case SIG_UNBLOCK:
		signal_mask_set(current->sigmask & ~set);
		return 0;
	case SIG_SETMASK:
		signal_mask_set(set);
		return 0;
	default:
		return -EINVAL;
	}
}

long sys_rt_sigprocmask(int how, const uint64_t __user *uset, uint64_t __user *uold, size_t size)
{
	uint64_t old = current->sigmask, set;
	int err = 0;

	if (size != SIGSET_SIZE)
		return -EINVAL;
	if (uset != NULL) {
		if (copy_from_user(&set, uset, sizeof(set)))
			return -EFAULT;
		err = mask_change(how, set);
	}
	if (err || uold == NULL)
		return err;
	return copy_to_user(uold, &old, sizeof(old));
}

long sys_rt_sigpending(uint64_t __user *uset, size_t size)
{
	uint64_t set = signal_pending_set() & current->sigmask;

	if (size > SIGSET_SIZE)
		return -EINVAL;
	return copy_to_user(uset, &set, size);
}

/* --- waiting ---------------------------------------------------------------------------------- */

long sys_rt_sigsuspend(const uint64_t __user *umask, size_t size)
{
	uint64_t mask;

	if (size != SIGSET_SIZE)
		return -EINVAL;
	if (copy_from_user(&mask, umask, sizeof(mask)))
		return -EFAULT;
	signal_mask_borrow(mask);
	while (!signal_pending()) {
		task_state_set(TASK_INTERRUPTIBLE);
		(void)!task_sleep(UINT64_MAX); /* the condition says why it woke */
	}
	signal_mask_return(true);
	return -ERESTARTNOHAND;
}

long sys_rt_sigtimedwait(const uint64_t __user *uset, struct abi_siginfo __user *uinfo,
			 const struct abi_timespec __user *utimeout, size_t size)
{
	uint64_t set, deadline_ns = UINT64_MAX;
	struct abi_siginfo info;
	int err, signo;

	if (size != SIGSET_SIZE)
		return -EINVAL;
	if (copy_from_user(&set, uset, sizeof(set)))
		return -EFAULT;
	if (utimeout != NULL) {
		err = timespec_fetch(&deadline_ns, utimeout);
		if (err)
			return err;
		if (deadline_ns != 0)
			deadline_ns = deadline_after(deadline_ns);
	}
	signo = signal_wait(set, &info, deadline_ns);
	if (signo > 0 && uinfo != NULL && copy_to_user(uinfo, &info, sizeof(info)))
		return -EFAULT;
	return signo;
}

/* --- handlers' stack and return --------------------------------------------------------------- */

long sys_sigaltstack(const struct abi_stack __user *ustack, struct abi_stack __user *uold)
{
	vaddr_t sp = task_trapframe(current)->sp;
	struct abi_stack stack, old = {
		.sp = current->altstack_sp,
		.flags = (int32_t)((uint32_t)current->altstack_flags & SS_AUTODISARM),
		.size = current->altstack_size,
	};
	int err = 0;

	if (old.size == 0)
		old.flags |= SS_DISABLE;
	else if (signal_on_altstack(sp))
		old.flags |= SS_ONSTACK;
	if (ustack != NULL) {
		if (copy_from_user(&stack, ustack, sizeof(stack)))
			return -EFAULT;
		err = signal_altstack_set(&stack, sp);
	}
	if (err || uold == NULL)
		return err;
	return copy_to_user(uold, &old, sizeof(old));
}

long sys_rt_sigreturn(void)
{
	struct trapframe *tf = task_trapframe(current);
	struct abi_stack stack;
	uint64_t mask;

	current->restart.fn = NULL; /* nothing that a handler interrupted goes on by itself */
	if (arch_signal_frame_pop(tf, &mask, &stack)) {
		signal_force(SIGSEGV, SI_KERNEL, 0);
		return 0;
	}
	signal_mask_set(mask);
	/* A stack that the handler has spoilt in the frame leaves the old one in force. */
	(void)!signal_altstack_set(&stack, tf->sp);
	return (long)tf->a0;
}

long sys_restart_syscall(void)
{
	struct restart_block *r = &current->restart;

	return r->fn != NULL ? r->fn(r) : -EINTR;
}
