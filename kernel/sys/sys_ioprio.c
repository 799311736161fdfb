/*
 * ioprio_set, ioprio_get: the priority of I/O, of a task, a process group or a user.
 */
#include "gen/syscalls_proto.h"

#include "kernel/abi/capability.h"
#include "kernel/abi/ioprio.h"
#include "kernel/task/cred.h"
#include "kernel/task/io_context.h"
#include "kernel/task/pid.h"
#include "kernel/task/user_ns.h"
#include "lib/errno.h"

/* Calls fn for every task that which and who name, until one fails. -ESRCH if there is none, or
 * fn's last word. tasks_lock held. */
static long for_each_named(int which, int who, long (*fn)(struct task *t, void *arg), void *arg)
	__must_hold(tasks_lock)
{
	struct pid *pgrp = which == IOPRIO_WHO_PGRP && who == 0 ? current->group->pgrp :
								  pid_peek(who);
	unsigned uid = who == 0 ? current_cred()->uid : uid_in((unsigned)who);
	long ret = -ESRCH;
	struct task *t;

	if (which == IOPRIO_WHO_PROCESS) {
		t = who == 0 ? current : task_peek(who);
		return t != NULL ? fn(t, arg) : -ESRCH;
	}
	list_for_each_entry(t, &task_list, all_link) {
		if (which == IOPRIO_WHO_PGRP ? t->group->pgrp != pgrp : t->cred->uid != uid)
			continue;
		ret = fn(t, arg);
		if (ret < 0)
			break;
	}
	return ret;
}

static bool who_is_valid(int which)
{
	return which >= IOPRIO_WHO_PROCESS && which <= IOPRIO_WHO_USER;
}

static int ioprio_check(unsigned ioprio)
{
	switch (IOPRIO_CLASS(ioprio)) {
	case IOPRIO_CLASS_RT:
		return capable(CAP_SYS_ADMIN) || capable(CAP_SYS_NICE) ? 0 : -EPERM;
	case IOPRIO_CLASS_BE:
	case IOPRIO_CLASS_IDLE:
		return 0;
	case IOPRIO_CLASS_NONE:
		return IOPRIO_LEVEL(ioprio) == 0 ? 0 : -EINVAL;
	default:
		return -EINVAL;
	}
}

static long set_one(struct task *t, void *arg)
{
	unsigned owner = t->cred->uid;

	if (owner != current_cred()->euid && owner != current_cred()->uid &&
	    !ns_capable(t->cred->user_ns, CAP_SYS_NICE))
		return -EPERM;
	return io_priority_set(t, *(unsigned *)arg & 0xffff);
}

long sys_ioprio_set(int which, int who, int ioprio)
{
	int err = ioprio_check((unsigned)ioprio);
	irqflags_t irq;
	long ret;

	if (err || !who_is_valid(which))
		return err ? err : -EINVAL;
	irq = spin_lock_irqsave(&tasks_lock);
	ret = for_each_named(which, who, set_one, &ioprio);
	spin_unlock_irqrestore(&tasks_lock, irq);
	return ret;
}

/* One task's: as it was set. */
static long get_one(struct task *t, void *unused)
{
	(void)unused;
	return io_priority_set_of(t);
}

/* Of many: the best that it comes to. */
static long get_best(struct task *t, void *arg)
{
	unsigned *best = arg;

	*best = min(*best, io_priority_of(t));
	return *best;
}

long sys_ioprio_get(int which, int who)
{
	unsigned best = UINT32_MAX;
	irqflags_t irq;
	long ret;

	if (!who_is_valid(which))
		return -EINVAL;
	irq = spin_lock_irqsave(&tasks_lock);
	ret = for_each_named(which, who, which == IOPRIO_WHO_PROCESS ? get_one : get_best, &best);
	spin_unlock_irqrestore(&tasks_lock, irq);
	return ret;
}
