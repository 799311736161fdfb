/*
 * Policies, priorities, affinity. Who may change whom: the owner, or CAP_SYS_NICE; who may raise:
 * by RLIMIT_NICE and RLIMIT_RTPRIO, or CAP_SYS_NICE.
 */
#include "gen/syscalls_proto.h"

#include "arch/uaccess.h"
#include "kernel/abi/capability.h"
#include "kernel/abi/resource.h"
#include "kernel/abi/sched.h"
#include "kernel/abi/time.h"
#include "kernel/sched/sched.h"
#include "kernel/task/cred.h"
#include "kernel/task/pid.h"
#include "kernel/task/user_ns.h"
#include "lib/bitmap.h"
#include "lib/errno.h"
#include "lib/string.h"

long sys_sched_yield(void)
{
	sched_yield();
	return 0;
}

/* The task of a pid argument, counted (0: the caller). */
static int sched_target(int pid, struct task **out)
{
	if (pid < 0)
		return -EINVAL;
	*out = pid == 0 ? task_get(current) : task_find(pid);
	return *out == NULL ? -ESRCH : 0;
}

static bool owns(struct task *t)
{
	struct cred *theirs = cred_of_task(t);
	unsigned euid = current_cred()->euid;
	bool yes = euid == theirs->euid || euid == theirs->uid ||
		   ns_capable(theirs->user_ns, CAP_SYS_NICE);

	cred_put(theirs);
	return yes;
}

static int fair_check(struct task *t, int nice)
{
	uint64_t limit = group_rlimit(t->group, RLIMIT_NICE);

	if (nice < t->sched.nice && (uint64_t)(20 - nice) > limit && !capable(CAP_SYS_NICE))
		return -EPERM;
	return 0;
}

/* What only lets others run more needs nothing; the way back does. */
static bool is_step_up(struct task *t, int policy, int priority, bool reset)
{
	uint64_t most = group_rlimit(t->group, RLIMIT_RTPRIO);

	if (t->sched.reset_on_fork && !reset)
		return true;
	if (priority != 0)
		return (most == 0 && policy != t->sched.policy) ||
		       (priority > t->sched.rt_priority && (uint64_t)priority > most);
	return t->sched.policy == SCHED_IDLE && policy != SCHED_IDLE &&
	       (uint64_t)(20 - t->sched.nice) > group_rlimit(t->group, RLIMIT_NICE);
}

static int policy_check(struct task *t, int policy, int priority, int nice, bool reset)
{
	bool real_time = policy == SCHED_FIFO || policy == SCHED_RR;

	if (!real_time && policy != SCHED_NORMAL && policy != SCHED_BATCH && policy != SCHED_IDLE)
		return -EINVAL;
	if (real_time ? priority < 1 || priority > 99 : priority != 0)
		return -EINVAL;
	if (!owns(t))
		return -EPERM;
	if (is_step_up(t, policy, priority, reset) && !capable(CAP_SYS_NICE))
		return -EPERM;
	return real_time ? 0 : fair_check(t, nice);
}

static int policy_set(int pid, int policy, int priority, const int *nice)
{
	bool reset = policy & SCHED_RESET_ON_FORK;
	struct task *t;
	int new_nice, err = sched_target(pid, &t);

	if (err)
		return err;
	policy &= ~SCHED_RESET_ON_FORK;
	new_nice = nice != NULL ? clamp(*nice, -20, 19) : t->sched.nice;
	err = policy_check(t, policy, priority, new_nice, reset);
	if (err == 0)
		err = sched_policy_set(t, policy, priority, new_nice);
	if (err == 0)
		t->sched.reset_on_fork = reset;
	task_put(t);
	return err;
}

static int param_fetch(int pid, const struct abi_sched_param __user *user,
		       struct abi_sched_param *p)
{
	if (user == NULL || pid < 0)
		return -EINVAL;
	return copy_from_user(p, user, sizeof(*p));
}

long sys_sched_setscheduler(int pid, int policy, const struct abi_sched_param __user *param)
{
	struct abi_sched_param p;
	int err = policy < 0 ? -EINVAL : param_fetch(pid, param, &p);

	return err ? err : policy_set(pid, policy, p.priority, NULL);
}

long sys_sched_setparam(int pid, const struct abi_sched_param __user *param)
{
	struct abi_sched_param p;
	struct task *t;
	int policy, err = param_fetch(pid, param, &p);

	if (err == 0)
		err = sched_target(pid, &t);
	if (err)
		return err;
	policy = t->sched.policy | (t->sched.reset_on_fork ? SCHED_RESET_ON_FORK : 0);
	task_put(t);
	return policy_set(pid, policy, p.priority, NULL);
}

long sys_sched_getscheduler(int pid)
{
	struct task *t;
	int policy, err = sched_target(pid, &t);

	if (err)
		return err;
	policy = t->sched.policy | (t->sched.reset_on_fork ? SCHED_RESET_ON_FORK : 0);
	task_put(t);
	return policy;
}

long sys_sched_getparam(int pid, struct abi_sched_param __user *param)
{
	struct abi_sched_param p;
	struct task *t;
	int err = param == NULL ? -EINVAL : sched_target(pid, &t);

	if (err)
		return err;
	p.priority = t->sched.rt_priority;
	task_put(t);
	return copy_to_user(param, &p, sizeof(p));
}

#define SCHED_FLAG_RESET_ON_FORK 1u
#define SCHED_ATTR_SIZE_VER0 48u

long sys_sched_setattr(int pid, const struct abi_sched_attr __user *uattr, unsigned flags)
{
	struct abi_sched_attr a = { 0 };
	uint32_t size;

	if (uattr == NULL || pid < 0 || flags != 0)
		return -EINVAL;
	/* Its first member. The struct itself need not be aligned: none of it is named. */
	if (copy_from_user(&size, uattr, sizeof(size)))
		return -EFAULT;
	if (size == 0)
		size = SCHED_ATTR_SIZE_VER0;
	if (size < SCHED_ATTR_SIZE_VER0 || size > PAGE_SIZE)
		return -E2BIG;
	if (copy_from_user(&a, uattr, sizeof(a)))
		return -EFAULT;
	if (a.flags & ~(uint64_t)SCHED_FLAG_RESET_ON_FORK)
		return -EINVAL;
	if (a.flags & SCHED_FLAG_RESET_ON_FORK)
		a.policy |= SCHED_RESET_ON_FORK;
	return policy_set(pid, (int)a.policy, (int)a.priority, &a.nice);
}

long sys_sched_getattr(int pid, struct abi_sched_attr __user *uattr, unsigned size, unsigned flags)
{
	struct abi_sched_attr a = { .size = sizeof(a) };
	struct task *t;
	int err;

	if (uattr == NULL || pid < 0 || flags != 0 || size < SCHED_ATTR_SIZE_VER0 ||
	    size > PAGE_SIZE)
		return -EINVAL;
	err = sched_target(pid, &t);
	if (err)
		return err;
	a.policy = t->sched.policy;
	a.flags = t->sched.reset_on_fork ? SCHED_FLAG_RESET_ON_FORK : 0;
	a.priority = t->sched.rt_priority;
	a.nice = a.priority == 0 ? t->sched.nice : 0;
	task_put(t);
	return copy_to_user(uattr, &a, sizeof(a));
}

long sys_sched_get_priority_max(int policy)
{
	if (policy == SCHED_FIFO || policy == SCHED_RR)
		return 99;
	return policy == SCHED_NORMAL || policy == SCHED_BATCH || policy == SCHED_IDLE ? 0
										       : -EINVAL;
}

long sys_sched_get_priority_min(int policy)
{
	if (policy == SCHED_FIFO || policy == SCHED_RR)
		return 1;
	return policy == SCHED_NORMAL || policy == SCHED_BATCH || policy == SCHED_IDLE ? 0
										       : -EINVAL;
}

long sys_sched_rr_get_interval(int pid, struct abi_timespec __user *interval)
{
	struct abi_timespec ts = { 0 };
	struct task *t;
	int err = sched_target(pid, &t);

	if (err)
		return err;
	ts.tv_nsec = t->sched.policy == SCHED_RR     ? 100000000
		     : t->sched.policy == SCHED_FIFO ? 0
						     : 3000000;
	task_put(t);
	return copy_to_user(interval, &ts, sizeof(ts));
}

/* Bytes that a mask of all harts takes, in whole words. */
static size_t mask_bytes(void)
{
	return DIV_ROUND_UP(hart_count, 64) * 8;
}

long sys_sched_setaffinity(int pid, unsigned len, const unsigned long __user *user_mask)
{
	struct hart_mask mask = { 0 };
	struct task *t;
	bool any = false;
	int err;

	if (copy_from_user(&mask, user_mask, min((size_t)len, sizeof(mask))))
		return -EFAULT;
	err = sched_target(pid, &t);
	if (err)
		return -ESRCH;
	for (unsigned i = 0; i < hart_count; i++)
		any |= hart_mask_test(&mask, i) && hart_table[i].online;
	if (!owns(t))
		err = -EPERM;
	else if (!any)
		err = -EINVAL;
	else
		err = sched_affinity_set(t, &mask);
	task_put(t);
	return err;
}

long sys_sched_getaffinity(int pid, unsigned len, unsigned long __user *user_mask)
{
	struct hart_mask mask = { 0 };
	size_t bytes = mask_bytes();
	struct task *t;
	int err;

	if (len < bytes || len % 8 != 0)
		return -EINVAL;
	err = sched_target(pid, &t);
	if (err)
		return -ESRCH;
	for (unsigned i = 0; i < hart_count; i++) {
		if (hart_table[i].online && hart_mask_test(&t->affinity, i))
			hart_mask_set(&mask, i);
	}
	task_put(t);
	return copy_to_user(user_mask, &mask, bytes) ? -EFAULT : (long)bytes;
}

/* Calls fn for every process that which and who name; the number of them. tasks_lock is held
 * around. */
static int for_each_named(int which, unsigned who, long (*fn)(struct task *t, long acc, int arg),
			  int arg, long *acc) __must_hold(tasks_lock)
{
	unsigned uid = who == 0 ? current_cred()->uid : uid_in(who);
	struct pid *pgrp = who == 0 ? current->group->pgrp : pid_peek((int)who);
	struct pid *pid = who == 0 ? current->pid : pid_peek((int)who);
	struct task *t;
	int count = 0;

	list_for_each_entry(t, &task_list, all_link) {
		if ((which == PRIO_PROCESS && t->pid != pid) ||
		    (which == PRIO_PGRP && t->group->pgrp != pgrp) ||
		    (which == PRIO_USER && t->cred->uid != uid))
			continue;
		*acc = fn(t, *acc, arg);
		count++;
	}
	return count;
}

static long nice_best(struct task *t, long acc, int unused)
{
	return max(acc, (long)(20 - t->sched.nice));
}

long sys_getpriority(int which, unsigned who)
{
	long best = 0;
	irqflags_t irq;
	int count;

	if (which < PRIO_PROCESS || which > PRIO_USER)
		return -EINVAL;
	irq = spin_lock_irqsave(&tasks_lock);
	count = for_each_named(which, who, nice_best, 0, &best);
	spin_unlock_irqrestore(&tasks_lock, irq);
	return count == 0 ? -ESRCH : best;
}

static bool owns_locked(const struct task *t)
{
	unsigned euid = current_cred()->euid;

	return euid == t->cred->euid || euid == t->cred->uid ||
	       ns_capable(t->cred->user_ns, CAP_SYS_NICE);
}

static long nice_set(struct task *t, long err, int nice)
{
	if (!owns_locked(t))
		return -EPERM;
	if (fair_check(t, nice))
		return -EACCES;
	return sched_policy_set(t, t->sched.policy, t->sched.rt_priority, nice) ?: err;
}

long sys_setpriority(int which, unsigned who, int nice)
{
	long err = 0;
	irqflags_t irq;
	int count;

	if (which < PRIO_PROCESS || which > PRIO_USER)
		return -EINVAL;
	irq = spin_lock_irqsave(&tasks_lock);
	count = for_each_named(which, who, nice_set, clamp(nice, -20, 19), &err);
	spin_unlock_irqrestore(&tasks_lock, irq);
	return count == 0 ? -ESRCH : err;
}
