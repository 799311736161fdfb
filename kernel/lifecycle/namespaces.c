/*
 * The rows, and how they are copied.
 *
 * A new task shares the set of the one it is cloned from, unless a CLONE_NEW* flag asks for new
 * namespaces: then it gets a set of its own in which those are replaced. The user namespace, if a
 * new one is asked for, is made before (it comes with the credentials), so that it owns the others
 * and its maker, who has all capabilities in it, may make them.
 */
#include "kernel/lifecycle/namespaces.h"

#include "kernel/abi/capability.h"
#include "kernel/abi/sched.h"
#include "kernel/fs/fs_context.h"
#include "kernel/fs/mount.h"
#include "kernel/ipc/ipc_ns.h"
#include "kernel/mm/time.h"
#include "kernel/net/net_ns.h"
#include "kernel/task/cgroup_ns.h"
#include "kernel/task/cred.h"
#include "kernel/task/pid.h"
#include "kernel/task/time_ns.h"
#include "kernel/task/user_ns.h"
#include "kernel/task/uts_ns.h"
#include "lib/errno.h"

static int uts_copy(struct ns *from, const struct ns_making *m, struct ns **out)
{
	return uts_ns_copy(from, m->owner, out);
}

static int mnt_copy(struct ns *from, const struct ns_making *m, struct ns **out)
{
	if (m->flags & CLONE_EMPTY_MNTNS)
		return mount_ns_create_empty(m->owner, m->fs, out);
	return mount_ns_copy(from, m->owner, m->fs, out);
}

/* Its root becomes the caller's, who needs the right to that as well. */
static int mnt_enter(struct ns *ns, struct ns_change *change)
{
	const struct cred *cred = ns_change_cred(change);

	if (!cred_capable(cred, cred->user_ns, CAP_SYS_CHROOT))
		return -EPERM;
	if (ref_count(&current->fs->ref) > 1)
		return -EINVAL;
	mount_ns_root(container_of(ns, struct mount_ns, ns), &change->root);
	return 0;
}

static int pid_copy(struct ns *from, const struct ns_making *m, struct ns **out)
{
	return pid_ns_copy(from, m->owner, out);
}

static int time_copy(struct ns *from, const struct ns_making *m, struct ns **out)
{
	return time_ns_copy(from, m->owner, out);
}

/* At once, not by children only: so nobody else may live in the address space. */
static int time_enter(struct ns *ns, struct ns_change *change)
{
	if (READ_ONCE(current->group->live) > 1)
		return -EUSERS;
	change->time = ns_get(ns);
	return 0;
}

/* What is to be undone was done to the old one's semaphores: that is settled, even if it is the
 * same. */
static int ipc_enter(struct ns *ns, struct ns_change *change)
{
	change->ipc = true;
	return 0;
}

/* Never to one above: who is inside could come out. */
static int pid_enter(struct ns *ns, struct ns_change *change)
{
	return pid_ns_is_inside(pid_ns_of(ns), pid_ns_current()) ? 0 : -EINVAL;
}

static struct ns *pid_parent(struct ns *ns)
{
	struct pid_ns *up = pid_ns_of(ns)->parent;

	return up != NULL && pid_ns_is_inside(up, pid_ns_current()) ? &up->ns : NULL;
}

static struct ns *user_parent(struct ns *ns)
{
	return user_ns_is_inside(ns->owner, current_cred()->user_ns) ? &ns->owner->ns : NULL;
}

#define CREATE_EMPTY(type)                                                                         \
	static int type##_copy(struct ns *from, const struct ns_making *m, struct ns **out)        \
	{                                                                                          \
		struct type##_ns *ns;                                                              \
		int err = type##_ns_create(m->owner, &ns);                                         \
\
		if (err == 0)                                                                      \
			*out = &ns->ns;                                                            \
		return err;                                                                        \
	}

CREATE_EMPTY(ipc)
CREATE_EMPTY(net)
CREATE_EMPTY(cgroup)

const struct ns_kind ns_kinds[NS_TYPE_COUNT] = {
	[NS_MNT] = { .name = "mnt", .flag = CLONE_NEWNS, .init = &init_mount_ns.ns,
		     .copy = mnt_copy, .enter = mnt_enter },
	[NS_UTS] = { .name = "uts", .flag = CLONE_NEWUTS, .init = &init_uts_ns.ns,
		     .copy = uts_copy },
	[NS_IPC] = { .name = "ipc", .flag = CLONE_NEWIPC, .init = &init_ipc_ns.ns,
		     .copy = ipc_copy, .enter = ipc_enter },
	[NS_PID] = { .name = "pid", .children_name = "pid_for_children", .flag = CLONE_NEWPID,
		     .init = &init_pid_ns.ns, .copy = pid_copy, .enter = pid_enter,
		     .parent = pid_parent },
	[NS_CGROUP] = { .name = "cgroup", .flag = CLONE_NEWCGROUP, .init = &init_cgroup_ns.ns,
			.copy = cgroup_copy },
	[NS_NET] = { .name = "net", .flag = CLONE_NEWNET, .init = &init_net_ns.ns,
		     .copy = net_copy },
	[NS_TIME] = { .name = "time", .children_name = "time_for_children",
		      .flag = CLONE_NEWTIME, .init = &init_time_ns.ns, .copy = time_copy,
		      .enter = time_enter },
	[NS_USER] = { .name = "user", .flag = CLONE_NEWUSER, .init = &init_user_ns.ns,
		      .parent = user_parent },
};

struct ns_set init_ns_set = { .ref = { 1 } };

void namespaces_init(unsigned max)
{
	for (unsigned i = 0; i < NS_TYPE_COUNT; i++)
		init_user_ns.max[i] = max;
	for (unsigned i = 0; i < NS_SET_COUNT; i++)
		init_ns_set.of[i] = ns_get(ns_kinds[i].init);
	current->ns = ns_set_get(&init_ns_set);
}

/* Order of making: that of the types, which matters only for which limit is met first. */
int ns_set_copy(const struct ns_set *from, uint64_t flags, const struct cred *cred,
		struct fs_context *fs, struct ns_set **out)
{
	struct ns_making making = { .owner = cred->user_ns, .flags = flags, .fs = fs };
	struct ns_set *set;
	int err = 0;

	if (!ns_capable(cred->user_ns, CAP_SYS_ADMIN))
		return -EPERM;
	set = ns_set_create(from);
	if (set == NULL)
		return -ENOMEM;
	for (unsigned i = 0; i < NS_SET_COUNT && err == 0; i++) {
		struct ns *made;

		if (!(flags & ns_kinds[i].flag))
			continue;
		err = ns_kinds[i].copy(from->of[i], &making, &made);
		if (err == 0)
			ns_set_replace(set, made);
	}
	if (err)
		ns_set_put(set);
	else
		*out = set;
	return err;
}

int cred_copy_user_ns(const struct cred *from, struct cred **out)
{
	struct cred *c;
	int err;

	/* Whoever is in a chroot could leave it with the CAP_SYS_CHROOT that he would get. */
	if (fs_context_is_chrooted(current->fs))
		return -EPERM;
	c = cred_clone(from, -1);
	if (c == NULL)
		return -ENOMEM;
	err = user_ns_create(c);
	if (err)
		cred_put(c);
	else
		*out = c;
	return err;
}

/* What is its own and not in the set: the pid namespace by its number, time by its address space.
 * tasks_lock held. */
static struct ns *ns_peek(struct task *t, enum ns_type type, bool children)
{
	if (type == NS_USER)
		return &t->cred->user_ns->ns;
	if (type == NS_TIME && !children && t->mm != NULL)
		return &mm_time(t->mm)->ns;
	if (type == NS_PID && !children)
		return &pid_ns_of_task(t)->ns;
	if (type == NS_PID && t->ns != NULL && pid_ns_of(t->ns->of[type])->init == NULL)
		return NULL; /* not to be entered before it has an init */
	return t->ns != NULL ? t->ns->of[type] : NULL;
}

struct ns *ns_of_task(struct task *t, enum ns_type type, bool children)
{
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);
	struct ns *ns = ns_peek(t, type, children);

	if (ns != NULL)
		ns_get(ns);
	spin_unlock_irqrestore(&tasks_lock, irq);
	return ns;
}
