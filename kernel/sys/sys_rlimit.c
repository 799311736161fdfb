/*
 * Resource limits: of the caller's process, or with prlimit of one that it might signal.
 */
#include "gen/syscalls_proto.h"

#include "arch/uaccess.h"
#include "kernel/abi/capability.h"
#include "kernel/abi/resource.h"
#include "kernel/fs/files.h"
#include "kernel/task/cred.h"
#include "kernel/task/pid.h"
#include "kernel/task/user_ns.h"
#include "lib/errno.h"

/* Whose limits may current see and set? The same ids in all three, or CAP_SYS_RESOURCE. */
static bool may_touch_limits(const struct cred *theirs)
{
	const struct cred *mine = current_cred();

	return ns_capable(theirs->user_ns, CAP_SYS_RESOURCE) ||
	       (mine->uid == theirs->uid && mine->uid == theirs->euid &&
		mine->uid == theirs->suid && mine->gid == theirs->gid &&
		mine->gid == theirs->egid && mine->gid == theirs->sgid);
}

static int limit_check(const struct abi_rlimit64 *old, const struct abi_rlimit64 *new,
		       unsigned which)
{
	if (new->cur > new->max)
		return -EINVAL;
	if (which == RLIMIT_NOFILE && new->max > READ_ONCE(descriptor_max))
		return -EPERM;
	if (new->max > old->max && !capable(CAP_SYS_RESOURCE))
		return -EPERM;
	return 0;
}

static int limit_exchange(struct group *g, unsigned which, const struct abi_rlimit64 *new,
			  struct abi_rlimit64 *old)
{
	irqflags_t irq = spin_lock_irqsave(&g->lock);
	int err = 0;

	*old = g->rlimits[which];
	if (new != NULL) {
		err = limit_check(old, new, which);
		if (err == 0) { /* others read one of the two without the lock */
			WRITE_ONCE(g->rlimits[which].cur, new->cur);
			WRITE_ONCE(g->rlimits[which].max, new->max);
		}
	}
	spin_unlock_irqrestore(&g->lock, irq);
	return err;
}

static int limits_of(int pid, struct group **out)
{
	struct task *t;
	struct cred *c;
	bool may;

	if (pid == 0) {
		*out = group_get(current->group);
		return 0;
	}
	t = task_find(pid);
	if (t == NULL)
		return -ESRCH;
	c = cred_of_task(t);
	may = t->group == current->group || may_touch_limits(c);
	cred_put(c);
	if (may)
		*out = group_get(t->group);
	task_put(t);
	return may ? 0 : -EPERM;
}

long sys_prlimit64(int pid, unsigned which, const struct abi_rlimit64 __user *new_limit,
		   struct abi_rlimit64 __user *old_limit)
{
	struct abi_rlimit64 new, old;
	struct group *g;
	int err;

	if (which >= RLIM_NLIMITS)
		return -EINVAL;
	if (new_limit != NULL && copy_from_user(&new, new_limit, sizeof(new)))
		return -EFAULT;
	err = limits_of(pid, &g);
	if (err)
		return err;
	err = limit_exchange(g, which, new_limit != NULL ? &new : NULL, &old);
	group_put(g);
	if (err == 0 && old_limit != NULL)
		err = copy_to_user(old_limit, &old, sizeof(old));
	return err;
}

long sys_getrlimit(unsigned which, struct abi_rlimit64 __user *limit)
{
	struct abi_rlimit64 old;

	if (which >= RLIM_NLIMITS)
		return -EINVAL;
	(void)!limit_exchange(current->group, which, NULL, &old);
	return copy_to_user(limit, &old, sizeof(old));
}

long sys_setrlimit(unsigned which, const struct abi_rlimit64 __user *limit)
{
	struct abi_rlimit64 new, old;

	if (copy_from_user(&new, limit, sizeof(new)))
		return -EFAULT;
	if (which >= RLIM_NLIMITS)
		return -EINVAL;
	return limit_exchange(current->group, which, &new, &old);
}
