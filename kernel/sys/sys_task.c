/*
 * Who a task is: numbers, process groups and sessions, prctl, times.
 */
#include "gen/syscalls_proto.h"

#include "arch/uaccess.h"
#include "kernel/abi/personality.h"
#include "kernel/abi/prctl.h"
#include "kernel/abi/signal.h"
#include "kernel/abi/system.h"
#include "kernel/mm/mm.h"
#include "kernel/sched/sched.h"
#include "kernel/sys/sys_capability.h"
#include "kernel/task/cred.h"
#include "kernel/task/pid.h"
#include "kernel/task/session.h"
#include "kernel/task/usage.h"
#include "lib/errno.h"

long sys_getpid(void)
{
	return pid_own_nr(current->group->pid);
}

long sys_gettid(void)
{
	return current->tid;
}

long sys_getppid(void)
{
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);
	int nr = pid_nr(current->group->leader->parent->group->pid);

	spin_unlock_irqrestore(&tasks_lock, irq);
	return nr;
}

long sys_getpgid(int pid)
{
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);
	struct task *t = pid == 0 ? current : task_peek(pid);
	long nr = t == NULL ? -ESRCH : pid_nr(t->group->pgrp);

	spin_unlock_irqrestore(&tasks_lock, irq);
	return nr;
}

long sys_getsid(int pid)
{
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);
	struct task *t = pid == 0 ? current : task_peek(pid);
	long nr = t == NULL ? -ESRCH : pid_nr(t->group->session);

	spin_unlock_irqrestore(&tasks_lock, irq);
	return nr;
}

long sys_setpgid(int pid, int pgid)
{
	return pgrp_set(pid, pgid);
}

long sys_setsid(void)
{
	return session_create();
}

long sys_getcpu(unsigned __user *cpu, unsigned __user *node, void __user *unused)
{
	unsigned index = atomic_load(&current->hart), zero = 0;

	if (cpu != NULL && copy_to_user(cpu, &index, sizeof(index)))
		return -EFAULT;
	if (node != NULL && copy_to_user(node, &zero, sizeof(zero)))
		return -EFAULT;
	return 0;
}

/*
 * The old one is returned. Those about addresses take effect at the next exec.
 *
 * LIMIT: of Linux's flags those about other systems' habits (UNAME26, STICKY_TIMEOUTS, PER_SVR4...)
 * are refused.
 */
long sys_personality(unsigned persona)
{
	unsigned old = current->personality;

	if (persona == PER_QUERY)
		return old;
	if (persona & ~(ADDR_NO_RANDOMIZE | ADDR_COMPAT_LAYOUT | READ_IMPLIES_EXEC))
		return -EINVAL;
	current->personality = persona;
	return old;
}

static void children_usage(struct usage *u)
{
	irqflags_t irq = spin_lock_irqsave(&current->group->lock);

	*u = current->group->children;
	spin_unlock_irqrestore(&current->group->lock, irq);
}

long sys_getrusage(int who, struct abi_rusage __user *out)
{
	struct abi_rusage r;
	struct usage u, more;

	if (who == RUSAGE_SELF) {
		group_usage(current->group, &u);
		if (current->mm != NULL)
			u.maxrss_pages = max(u.maxrss_pages, mm_rss_peak(current->mm));
	} else if (who == RUSAGE_CHILDREN) {
		children_usage(&u);
	} else if (who == RUSAGE_THREAD) {
		task_usage(current, &more);
		u = more;
	} else {
		return -EINVAL;
	}
	rusage_of_usage(&r, &u);
	return copy_to_user(out, &r, sizeof(r));
}

long sys_times(struct abi_tms __user *out)
{
	struct abi_tms tms;
	struct usage self, children;

	group_usage(current->group, &self);
	children_usage(&children);
	tms = (struct abi_tms){ ticks_of_ns(self.utime_ns), ticks_of_ns(self.stime_ns),
				ticks_of_ns(children.utime_ns), ticks_of_ns(children.stime_ns) };
	if (out != NULL && copy_to_user(out, &tms, sizeof(tms)))
		return -EFAULT;
	return ticks_of_ns(clock_mono_ns());
}

static long prctl_name(int option, char __user *user)
{
	char name[TASK_COMM_LEN] = { 0 };
	long len;

	if (option == PR_GET_NAME)
		return copy_to_user(user, current->comm, sizeof(current->comm));
	len = user_string_in(name, user, sizeof(name) - 1);
	if (len == -EFAULT)
		return len;
	task_name_set(current, name);
	return 0;
}

static long prctl_no_new_privs(unsigned long a, unsigned long b, unsigned long c, unsigned long d)
{
	struct cred *cred;

	if (a != 1 || b || c || d)
		return -EINVAL;
	cred = cred_clone(current_cred(), -1);
	if (cred == NULL)
		return -ENOMEM;
	cred->no_new_privs = true;
	cred_install(cred);
	return 0;
}

static long prctl_deny_exec(unsigned long mdwe, unsigned long b, unsigned long c, unsigned long d)
{
	if (b || c || d || (mdwe & ~(unsigned long)(PR_MDWE_REFUSE_EXEC_GAIN | PR_MDWE_NO_INHERIT)))
		return -EINVAL;
	if (mdwe == PR_MDWE_NO_INHERIT)
		return -EINVAL;
	return mm_deny_exec_set(current->mm, (unsigned)mdwe);
}

static long prctl_task(int option, unsigned long a)
{
	int value;

	switch (option) {
	case PR_SET_PDEATHSIG:
		if (a > NSIG)
			return -EINVAL;
		current->pdeath_signal = (int)a;
		return 0;
	case PR_GET_PDEATHSIG:
		return copy_to_user((void __user *)a, &current->pdeath_signal, sizeof(int));
	case PR_SET_DUMPABLE:
		if (a > 1)
			return -EINVAL;
		WRITE_ONCE(current->mm->dumpable, (unsigned)a);
		return 0;
	case PR_GET_DUMPABLE:
		return READ_ONCE(current->mm->dumpable);
	case PR_SET_TIMERSLACK:
		current->timer_slack_ns = (long)a <= 0 ? 50000 : (unsigned)a;
		return 0;
	case PR_GET_TIMERSLACK:
		return current->timer_slack_ns;
	case PR_SET_CHILD_SUBREAPER:
		current->group->subreaper = a != 0;
		return 0;
	case PR_GET_CHILD_SUBREAPER:
		value = current->group->subreaper;
		return copy_to_user((void __user *)a, &value, sizeof(value));
	case PR_GET_TID_ADDRESS:
		return copy_to_user((void __user *)a, &current->clear_child_tid, sizeof(void *));
	default:
		return -EINVAL;
	}
}

long sys_prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)
{
	switch (option) {
	case PR_SET_NAME:
	case PR_GET_NAME:
		return prctl_name(option, (char __user *)a);
	case PR_SET_NO_NEW_PRIVS:
		return prctl_no_new_privs(a, b, c, d);
	case PR_GET_NO_NEW_PRIVS:
		return a || b || c || d ? -EINVAL : current_cred()->no_new_privs;
	case PR_CAPBSET_READ:
	case PR_CAPBSET_DROP:
	case PR_GET_KEEPCAPS:
	case PR_SET_KEEPCAPS:
	case PR_GET_SECUREBITS:
	case PR_SET_SECUREBITS:
		return capability_prctl(option, a);
	case PR_SET_MDWE:
		return prctl_deny_exec(a, b, c, d);
	case PR_GET_MDWE:
		return a || b || c || d ? -EINVAL : (long)READ_ONCE(current->mm->deny_exec);
	case PR_CAP_AMBIENT:
		return c || d ? -EINVAL : cap_ambient_prctl(a, b);
	default:
		return prctl_task(option, a);
	}
}
