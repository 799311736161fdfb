/*
 * clone, clone3 and unshare: the ways in which user space fills in struct clone_args.
 */
#include "gen/syscalls_proto.h"

#include "arch/uaccess.h"
#include "kernel/abi/capability.h"
#include "kernel/abi/sched.h"
#include "kernel/abi/signal.h"
#include "kernel/lifecycle/clone.h"
#include "kernel/lifecycle/unshare.h"
#include "kernel/task/cred.h"
#include "kernel/task/group.h"
#include "kernel/task/pid.h"
#include "lib/errno.h"

/* glibc's fork is this with CHILD_SETTID | CHILD_CLEARTID | SIGCHLD, vfork with VM | VFORK |
 * SIGCHLD. */
long sys_clone(unsigned long flags, unsigned long stack, int __user *parent_tid, unsigned long tls,
	       int __user *child_tid)
{
	struct clone_args args = {
		.by = BY_CLONE,
		.flags = (flags & 0xffffffffUL) & ~CSIGNAL,
		.exit_signal = flags & CSIGNAL,
		.stack = stack,
		.tls = tls,
		.parent_tid = parent_tid,
		.pidfd = parent_tid,
		.child_tid = child_tid,
	};

	return task_clone(&args, NULL);
}

/* The struct may be shorter or longer than ours: what it lacks is 0, what we don't know must be. */
static int clone3_fetch(struct abi_clone_args *a, const struct abi_clone_args __user *uargs,
			size_t size)
{
	char byte;

	if (size > PAGE_SIZE)
		return -E2BIG;
	if (size < CLONE_ARGS_SIZE_VER0)
		return -EINVAL;
	*a = (struct abi_clone_args){ 0 };
	if (copy_from_user(a, uargs, min(size, sizeof(*a))))
		return -EFAULT;
	for (size_t i = sizeof(*a); i < size; i++) {
		if (copy_from_user(&byte, (const char __user *)uargs + i, 1))
			return -EFAULT;
		if (byte != 0)
			return -E2BIG;
	}
	return 0;
}

static int clone3_check(const struct abi_clone_args *a, size_t size)
{
	if ((a->flags & CLONE_INTO_CGROUP) &&
	    (a->cgroup > INT32_MAX || size < CLONE_ARGS_SIZE_VER2))
		return -EINVAL;
	if ((a->set_tid == 0) != (a->set_tid_size == 0) || a->set_tid_size > PID_LEVELS_MAX)
		return -EINVAL;
	if ((a->flags & CLONE_PIDFD) && (a->flags & CLONE_PARENT_SETTID) &&
	    a->pidfd == a->parent_tid)
		return -EINVAL;
	if (a->exit_signal > NSIG)
		return -EINVAL;
	if ((a->flags & (CLONE_THREAD | CLONE_PARENT | CLONE_AUTOREAP)) && a->exit_signal != 0)
		return -EINVAL;
	if ((a->flags & CSIGNAL & ~CLONE_NEWTIME) != 0)
		return -EINVAL;
	if ((a->stack == 0) != (a->stack_size == 0))
		return -EINVAL;
	if (a->stack != 0 && !user_range_ok((void __user *)a->stack, a->stack_size))
		return -EINVAL;
	return 0;
}

/* The numbers asked for: one for each pid namespace at most, innermost first. */
static int clone3_set_tid(const struct abi_clone_args *a, int tids[PID_LEVELS_MAX])
{
	return copy_from_user(tids, (const void __user *)a->set_tid,
			      a->set_tid_size * sizeof(tids[0]));
}

long sys_clone3(struct abi_clone_args __user *uargs, size_t size)
{
	struct abi_clone_args a;
	struct clone_args args;
	int tids[PID_LEVELS_MAX], err = clone3_fetch(&a, uargs, size);

	if (err == 0)
		err = clone3_check(&a, size);
	if (err == 0)
		err = clone3_set_tid(&a, tids);
	if (err)
		return err;
	args = (struct clone_args){
		.by = BY_CLONE3,
		.flags = clone_flags_implied(a.flags, BY_CLONE3),
		.exit_signal = (int)a.exit_signal,
		.stack = a.stack + a.stack_size,
		.tls = a.tls,
		.parent_tid = (int __user *)a.parent_tid,
		.pidfd = (int __user *)a.pidfd,
		.child_tid = (int __user *)a.child_tid,
		.cgroup = (int)a.cgroup,
		.set_tid = tids,
		.set_tid_count = (unsigned)a.set_tid_size,
	};
	return task_clone(&args, NULL);
}

long sys_unshare(unsigned long flags)
{
	if (flags & CLONE_EMPTY_MNTNS)
		return -EINVAL; /* it has another bit here */
	return task_unshare(clone_flags_implied(flags, BY_UNSHARE));
}

long sys_setns(int fd, int flags)
{
	return task_setns(fd, (unsigned)flags);
}

long sys_set_tid_address(int __user *tidptr)
{
	current->clear_child_tid = tidptr;
	return current->tid;
}
