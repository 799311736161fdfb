/*
 * Pidfds: opening one, signals to it, taking a descriptor out of its process. (clone makes them
 * too, waitid waits for them.)
 */
#include "gen/syscalls_proto.h"

#include "arch/uaccess.h"
#include "kernel/abi/pidfd.h"
#include "kernel/fs/files.h"
#include "kernel/fs/pidfd.h"
#include "kernel/ipc/access.h"
#include "kernel/ipc/signal.h"
#include "kernel/task/pid.h"
#include "lib/errno.h"

/* A number in use as a process, or with PIDFD_THREAD as any task. */
static int pid_of_number(int nr, bool thread, struct pid **out)
{
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);
	struct pid *p = pid_peek(nr);
	int err = 0;

	if (p == NULL)
		err = -ESRCH;
	else if (thread ? p->task == NULL : p->group == NULL)
		err = -EINVAL;
	else
		*out = pid_get(p);
	spin_unlock_irqrestore(&tasks_lock, irq);
	return err;
}

long sys_pidfd_open(int nr, unsigned flags)
{
	struct pid *pid;
	struct file *f;
	int err;

	if ((flags & ~(unsigned)(PIDFD_NONBLOCK | PIDFD_THREAD)) || nr <= 0)
		return -EINVAL;
	err = pid_of_number(nr, flags & PIDFD_THREAD, &pid);
	if (err)
		return err;
	err = pidfd_create(pid, flags, false, &f);
	pid_put(pid);
	return err ? err : fd_add(f, true);
}

/* --- pidfd_send_signal ------------------------------------------------------------------------ */

static enum signal_scope scope_of(const struct file *f, unsigned flags)
{
	switch (flags) {
	case PIDFD_SIGNAL_THREAD:
		return SIGNAL_THREAD;
	case PIDFD_SIGNAL_THREAD_GROUP:
		return SIGNAL_PROCESS;
	case PIDFD_SIGNAL_PROCESS_GROUP:
		return SIGNAL_PGRP;
	default: /* whatever the pidfd is for */
		return pidfd_pid(f) != NULL && (f->flags & PIDFD_THREAD) ? SIGNAL_THREAD :
									   SIGNAL_PROCESS;
	}
}

/* Only to oneself may a program claim that the kernel, kill or tgkill sent it. */
static int info_fetch(struct abi_siginfo *info, const struct abi_siginfo __user *uinfo, int signo,
		      const struct pid *to)
{
	if (copy_from_user(info, uinfo, sizeof(*info)))
		return -EFAULT;
	if (info->signo != signo)
		return -EINVAL;
	return to != current->pid && (info->code >= 0 || info->code == SI_TKILL) ? -EPERM : 0;
}

static long send_signal(struct file *f, int signo, const struct abi_siginfo __user *uinfo,
			unsigned flags)
{
	enum signal_scope scope = scope_of(f, flags);
	struct pid *pid = pidfd_pid(f);
	struct abi_siginfo info;
	int err = 0;

	if (pid == NULL && f->ops->process != NULL)
		pid = f->ops->process(f);
	if (pid == NULL)
		return -EBADF;
	if (pid_nr(pid) == 0)
		return -EINVAL; /* passed to where it has no number */
	if (uinfo != NULL)
		err = info_fetch(&info, uinfo, signo, pid);
	else
		signal_info_user(&info, signo, scope == SIGNAL_THREAD ? SI_TKILL : SI_USER);
	if (err == 0 && (signo < 0 || signo > NSIG))
		err = -EINVAL;
	return err ? err : signal_kill_pid(pid, scope, signo, &info);
}

long sys_pidfd_send_signal(int pidfd, int signo, const struct abi_siginfo __user *uinfo,
			   unsigned flags)
{
	struct file *f;
	long err;

	/* At most one of the three. */
	if (flags > PIDFD_SIGNAL_PROCESS_GROUP || (flags & (flags - 1)))
		return -EINVAL;
	f = fd_get(pidfd);
	err = f != NULL ? send_signal(f, signo, uinfo, flags) : -EBADF;
	file_put(f);
	return err;
}

/* --- pidfd_getfd ------------------------------------------------------------------------------ */

static long getfd(struct pid *pid, int fd)
{
	struct task *t = task_of_pid(pid);
	struct file *f;
	int err;

	if (t == NULL)
		return -ESRCH;
	err = task_may_access(t, ACCESS_REAL_IDS);
	if (err == 0)
		err = file_of_task(t, (unsigned)fd, &f);
	if (err == 0 && task_may_access(t, ACCESS_REAL_IDS)) { /* by exec it has gained rights */
		file_put(f);
		err = -EPERM;
	}
	task_put(t);
	return err ? err : fd_add(f, true);
}

long sys_pidfd_getfd(int pidfd, int fd, unsigned flags)
{
	struct file *f;
	struct pid *pid;
	long ret;

	if (flags != 0)
		return -EINVAL;
	f = fd_get(pidfd);
	pid = f != NULL ? pidfd_pid(f) : NULL;
	ret = pid != NULL ? getfd(pid, fd) : -EBADF;
	file_put(f);
	return ret;
}
