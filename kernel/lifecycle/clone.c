/*
 * clone: the one way to make a task.
 *
 *	check    the flags against the rules, before anything is allocated
 *	build    a bare task; each row of the resource table lets it share, renew or copy; a
 *	         number; its registers. Nobody can see it yet. Whatever fails, task_put takes
 *	         it down again by the same puts as a dead task's
 *	commit   under tasks_lock and the group's lock, if no signal has to be taken first: it
 *	         enters the family and the tables. From that line on nothing can fail
 *	start    tell the parent's memory, make it runnable; a vfork parent waits
 *
 * fork, vfork, pthread_create and posix_spawn differ only in the clone_args they fill in
 * (kernel/sys/sys_clone.c); so do kernel threads and pid 1 (kthread.c).
 *
 * The signal check: a signal to a process group, or a group's exit, must reach either both caller
 * and child or the caller before there is a child. So with a signal pending clone begins anew after
 * it has been taken, and the check is made under the lock that senders take.
 *
 * NOTE(linux): kernel threads are cloned from kthreadd by whoever wants one, not by kthreadd on
 * request.
 */
#include "kernel/lifecycle/clone.h"

#include "arch/task.h"
#include "arch/uaccess.h"
#include "kernel/abi/capability.h"
#include "kernel/abi/pidfd.h"
#include "kernel/abi/resource.h"
#include "kernel/alloc/page.h"
#include "kernel/core/trace.h"
#include "kernel/core/upcall.h"
#include "kernel/fs/cgroupfs.h"
#include "kernel/fs/files.h"
#include "kernel/fs/pidfd.h"
#include "kernel/ipc/signal.h"
#include "kernel/lifecycle/namespaces.h"
#include "kernel/lifecycle/resource.h"
#include "kernel/mm/time.h"
#include "kernel/sched/completion.h"
#include "kernel/sched/sched.h"
#include "kernel/task/cgroup_ns.h"
#include "kernel/task/coverage.h"
#include "kernel/task/cred.h"
#include "kernel/task/group.h"
#include "kernel/task/pid.h"
#include "kernel/task/user.h"
#include "lib/errno.h"
#include "lib/string.h"

unsigned task_max;

/* Stacks of all tasks together may take an eighth of memory; one user may have half of the tasks.
 */
void clone_limits_init(void)
{
	struct page_stats s;

	page_stats_get(&s);
	task_max = (unsigned)clamp(s.total * PAGE_SIZE / (8 * KSTACK_SIZE),
				   (uint64_t)TASK_MAX_LEAST, (uint64_t)TASK_MAX_MOST);
	group_limits_init(task_max / 2);
}

static bool caller_is_init(void)
{
	return group_is_init(current->group);
}

static int clone_check(const struct clone_args *args)
{
	int err = clone_flags_check(args->flags, args->by);

	if (err)
		return err;
	if ((args->flags & CLONE_PARENT) && args->by != BY_KERNEL && caller_is_init())
		return -EINVAL; /* init's siblings would have no parent to reap them */
	/* A process has one number in each namespace. */
	if ((args->flags & CLONE_THREAD) && args->by != BY_KERNEL &&
	    pid_ns_of(current->ns->of[NS_PID]) != pid_ns_current())
		return -EINVAL;
	/* A program with more rights than its maker could not be killed by it. */
	if ((args->flags & (CLONE_PIDFD_AUTOKILL | CLONE_NNP)) == CLONE_PIDFD_AUTOKILL &&
	    !capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (atomic_load(&task_count) >= READ_ONCE(task_max))
		return -EAGAIN;
	return 0;
}

/* Credentials are shared, for good, but by the two flags that change them. */
static int clone_cred(struct task *child, const struct task *from, uint64_t flags)
{
	int err = 0;

	if (flags & CLONE_NEWUSER)
		err = cred_copy_user_ns(from->cred, &child->cred);
	else if (flags & CLONE_NNP)
		child->cred = cred_clone(from->cred, -1);
	else
		child->cred = cred_get(from->cred);
	if (err == 0 && child->cred == NULL)
		err = -ENOMEM;
	if (err == 0 && (flags & CLONE_NNP))
		child->cred->no_new_privs = true; /* they are nobody else's yet */
	return err;
}

/* What a task never shares, taken over from the one that it is cloned from. */
static void clone_private(struct task *child, const struct task *from,
			  const struct clone_args *args)
{
	union task_name name = task_name_get(from);
	uint64_t flags = args->flags;

	memcpy(child->comm, name.text, sizeof(child->comm));
	if (args->name != NULL)
		str_copy(child->comm, args->name, sizeof(child->comm));
	child->flags = TASK_FORKNOEXEC | (args->fn != NULL ? TASK_KTHREAD : 0);
	child->sigmask = from->sigmask;
	child->timer_slack_ns = from->timer_slack_ns;
	child->personality = from->personality;
	if (!(flags & CLONE_VM) || (flags & CLONE_VFORK)) {
		child->altstack_sp = from->altstack_sp;
		child->altstack_size = from->altstack_size;
		child->altstack_flags = from->altstack_flags;
	}
	if (flags & CLONE_CHILD_SETTID) {
		child->set_child_tid = args->child_tid;
		atomic_fetch_or(&child->pending_work, WORK_SET_TID);
	}
	if (flags & CLONE_CHILD_CLEARTID)
		child->clear_child_tid = args->child_tid;
	coverage_inherit(child, from);
	sched_inherit(child, from);
}

static void clone_registers(struct task *child, const struct clone_args *args)
{
	if (args->fn != NULL)
		arch_task_init_kernel(child, args->fn, args->arg);
	else
		arch_task_init_user(child, task_trapframe(current), args->stack,
				    args->flags & CLONE_SETTLS, args->tls);
}

/* RLIMIT_NPROC counts the user's tasks; root and who may exceed limits are not held to it. */
static int clone_check_limit(const struct task *child, const struct clone_args *args)
{
	if (args->by == BY_KERNEL || child->user->uid == 0)
		return 0;
	if (user_is_over_limit(child, 0) && !capable(CAP_SYS_RESOURCE) && !capable(CAP_SYS_ADMIN))
		return -EAGAIN;
	/* There was room again. */
	WRITE_ONCE(current->flags, current->flags & ~TASK_OVER_NPROC);
	return 0;
}

/* The child's number is one of the namespace that its maker has chosen for children. */
static int clone_number(struct task *child, const struct clone_args *args)
{
	struct pid_ns *ns = pid_ns_of(child->ns->of[NS_PID]);
	int err = pid_alloc(ns, args->set_tid, args->set_tid_count, &child->pid);

	if (err == 0)
		task_numbers_set(child);
	return err;
}

static int clone_build(struct task *child, struct task *from, const struct clone_args *args)
{
	int err;

	clone_private(child, from, args);
	err = clone_cred(child, from, args->flags);
	if (err)
		return err;
	err = task_user_set(child, child->cred->uid);
	if (err)
		return err;
	err = clone_check_limit(child, args);
	if (err)
		return err;
	for (unsigned i = 0; i < resource_count; i++) {
		err = resource_inherit(&resources[i], child, from, args->flags);
		if (err)
			return err;
	}
	if (!(args->flags & CLONE_VM) && child->mm != NULL)
		err = mm_time_set(child->mm, time_ns_of(child->ns->of[NS_TIME]));
	if (err)
		return err;
	err = clone_number(child, args);
	if (err)
		return err;
	clone_registers(child, args);
	return 0;
}

/* Whose child it is: the caller's, or with CLONE_PARENT and among threads the caller's parent's. */
static struct task *clone_parent(struct task *from, uint64_t flags)
{
	return (flags & (CLONE_PARENT | CLONE_THREAD)) ? from->parent : from;
}

/* Into the family and the tables. tasks_lock and the group's lock are held; cannot fail. */
static void clone_publish(struct task *child, struct task *from, const struct clone_args *args)
	__must_hold(tasks_lock)
{
	uint64_t flags = args->flags;

	child->parent = clone_parent(from, flags);
	if (flags & CLONE_THREAD)
		child->exit_signal = -1;
	else if (flags & CLONE_PARENT)
		child->exit_signal = from->group->leader->exit_signal;
	else
		child->exit_signal = args->exit_signal;
	if (!(flags & CLONE_THREAD)) {
		child->group->autoreap = flags & CLONE_AUTOREAP;
		child->group->parent_execs = flags & CLONE_PARENT ? from->group->parent_execs :
								    from->group->execs;
		list_add_tail(&child->sibling, &child->parent->children);
	}
	task_link(child, from);
}

static int clone_commit(struct task *child, struct task *from, const struct clone_args *args,
			struct cgroup *into)
{
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);
	int err = 0;

	spin_lock(&from->group->lock);
	if (args->by != BY_KERNEL && signal_pending())
		err = -ERESTARTNOINTR;
	else if (pid_ns_of_task(child)->dying)
		err = -ENOMEM; /* its init is killing everybody: too late to be one of them */
	else if (unlikely(into != NULL || from->group->cgroup != NULL))
		err = cgroup_fork(child, from, into);
	if (err == 0) {
		/* ---- From this line on nothing can fail. ---- */
		clone_publish(child, from, args);
	}
	spin_unlock(&from->group->lock);
	spin_unlock_irqrestore(&tasks_lock, irq);
	return err;
}

/* The control group that the child is to start in, counted; NULL: the caller's. */
static int clone_cgroup(struct task *child, struct task *from, const struct clone_args *args,
			struct cgroup **into)
{
	irqflags_t irq;
	struct file *f;
	int err = -EBADF;

	if (!(args->flags & CLONE_INTO_CGROUP))
		return 0;
	f = fd_get_any(args->cgroup);
	if (f != NULL)
		err = cgroup_of_file(f, into);
	file_put(f);
	if (err)
		return err;
	irq = spin_lock_irqsave(&tasks_lock);
	err = cgroup_may_clone_into(cgroup_of(from->group), *into);
	if (err == 0 && (args->flags & CLONE_THREAD) && cgroup_of(from->group) != *into)
		err = -EOPNOTSUPP; /* threads of a process stay together */
	spin_unlock_irqrestore(&tasks_lock, irq);
	if (err == 0 && (args->flags & CLONE_NEWCGROUP)) /* where it begins, not its maker */
		cgroup_ns_set_root(container_of(child->ns->of[NS_CGROUP], struct cgroup_ns, ns),
				   *into);
	return err;
}

/* The pidfd that the parent is given: its number is told before there is a child to be lost sight
 * of, the descriptor opened when there is one. */
struct clone_pidfd {
	struct file *file; /* NULL: none */
	int fd;
};

static int clone_pidfd_make(struct clone_pidfd *p, const struct task *child,
			    const struct clone_args *args)
{
	unsigned mode = args->flags & CLONE_THREAD ? PIDFD_THREAD : 0;
	int err;

	if (!(args->flags & CLONE_PIDFD))
		return 0;
	p->fd = fd_reserve(0, true);
	if (p->fd < 0)
		return p->fd;
	err = pidfd_create(child->pid, mode, args->flags & CLONE_PIDFD_AUTOKILL, &p->file);
	if (err) {
		fd_unreserve(p->fd);
		return err;
	}
	return user_store32((uint32_t __user *)args->pidfd, (uint32_t)p->fd);
}

static void clone_pidfd_drop(struct clone_pidfd *p)
{
	if (p->file == NULL)
		return;
	fd_unreserve(p->fd);
	file_put(p->file);
}

/* Sleeps until the child has left the caller's address space; a killed caller takes its completion
 * back. */
static void vfork_wait(struct task *child, struct completion *done)
{
	if (completion_wait_killable(done) < 0) {
		irqflags_t irq = spin_lock_irqsave(&tasks_lock);

		child->vfork_done = NULL;
		spin_unlock_irqrestore(&tasks_lock, irq);
	}
}

void vfork_release(void)
{
	irqflags_t irq;

	if (current->vfork_done == NULL)
		return;
	irq = spin_lock_irqsave(&tasks_lock);
	if (current->vfork_done != NULL)
		completion_done(current->vfork_done);
	current->vfork_done = NULL;
	spin_unlock_irqrestore(&tasks_lock, irq);
}

/* Its result, on the way to the caller and into the trace. */
static int clone_told(const struct clone_args *args, int result)
{
	trace(TRACE_CLONE, args->flags, (unsigned)args->exit_signal, (uint64_t)result);
	return result;
}

/* All that can fail: when it returns 0 there is a child, which has not begun to run. */
static int clone_make(struct task *child, struct task *from, const struct clone_args *args,
		      struct clone_pidfd *pidfd)
{
	struct cgroup *into = NULL;
	int err = clone_build(child, from, args);

	if (err == 0)
		err = clone_pidfd_make(pidfd, child, args);
	if (err == 0)
		err = clone_cgroup(child, from, args, &into);
	if (err == 0)
		err = clone_commit(child, from, args, into);
	cgroup_put(into);
	return err;
}

/* Lets the child run; its number. */
static int clone_start(struct task *child, const struct clone_args *args,
		       const struct clone_pidfd *pidfd)
{
	struct completion *vfork_done = child->vfork_done; /* which the child clears */
	int tid = pid_nr(child->pid);

	if (pidfd->file != NULL)
		fd_install(pidfd->fd, pidfd->file);
	if (args->flags & CLONE_PARENT_SETTID) /* whether that fails Linux does not ask either */
		(void)!user_store32((uint32_t __user *)args->parent_tid, (uint32_t)tid);
	sched_task_start(child);
	if (vfork_done != NULL)
		vfork_wait(child, vfork_done);
	return tid;
}

int task_clone(const struct clone_args *args, struct task **out)
{
	struct task *child, *from = args->from != NULL ? args->from : current;
	struct clone_pidfd pidfd = { .file = NULL };
	struct completion vfork_done;
	int tid, err = clone_check(args);

	if (err)
		return clone_told(args, err);
	child = task_create();
	if (child == NULL)
		return clone_told(args, -ENOMEM);
	if (args->flags & CLONE_VFORK) {
		completion_init(&vfork_done);
		child->vfork_done = &vfork_done;
	}
	err = clone_make(child, from, args, &pidfd);
	if (err) {
		clone_pidfd_drop(&pidfd);
		task_put(child);
		return clone_told(args, err);
	}
	(void)clone_told(args, child->nr);
	/* It may be gone as soon as it has started: keep a reference. */
	task_get(child);
	tid = clone_start(child, args, &pidfd);
	if (out != NULL)
		*out = child;
	else
		task_put(child);
	return tid;
}
