/*
 * Task structs and the tables they are in. What a task is: task.h. How one is made and how it ends:
 * kernel/lifecycle.
 *
 * The entry points: task_create and task_put make and free the struct; task_link and task_unlink
 * enter it in and take it out of the task list, its thread group, process group and session, and
 * the table of numbers.
 */
#include "kernel/task/task.h"

#include "kernel/alloc/kmap.h"
#include "kernel/alloc/slab.h"
#include "kernel/core/clock.h"
#include "kernel/core/panic.h"
#include "kernel/core/upcall.h"
#include "kernel/task/cgroup.h"
#include "kernel/task/coverage.h"
#include "kernel/task/cred.h"
#include "kernel/task/group.h"
#include "kernel/task/pid.h"
#include "kernel/task/user.h"
#include "kernel/task/user_ns.h"
#include "lib/errno.h"
#include "lib/string.h"

struct list task_list = LIST_INIT(task_list);
struct spinlock tasks_lock = SPINLOCK_INIT("tasks", LOCK_RANK_TASKS);
atomic_uint task_count;

static CACHE_DEFINE(task_cache, struct task);

/* What a task struct needs before anybody may put it in a list or drop it. */
static void task_init(struct task *t)
{
	ref_init(&t->ref);
	list_init(&t->children);
	list_init(&t->sibling);
	list_init(&t->group_link);
	list_init(&t->all_link);
	list_init(&t->pending.queue);
	list_init(&t->cpu_timers);
}

struct task *task_create(void)
{
	struct task *t = cache_alloc(&task_cache, ALLOC_ZERO);

	if (t == NULL)
		return NULL;
	t->kstack = kstack_alloc();
	if (t->kstack == NULL) {
		cache_free(&task_cache, t);
		return NULL;
	}
	task_init(t);
	atomic_init(&t->state, TASK_NEW);
	t->start_ns = clock_mono_ns();
	return t;
}

int task_boot_init(struct task *t)
{
	struct group *g;
	int err = group_create(NULL, &g);

	if (err)
		return err;
	task_init(t);
	str_copy(t->comm, "boot", sizeof(t->comm));
	t->flags = TASK_KTHREAD;
	t->cred = cred_get(&init_cred);
	t->pid = g->pid = g->pgrp = g->session = &boot_pid;
	t->group = g;
	t->parent = t;
	g->leader = t;
	list_add_tail(&t->group_link, &g->threads);
	return 0;
}

struct task *task_get(struct task *t)
{
	ref_get(&t->ref);
	return t;
}

static void user_uncount(struct task *t)
{
	if (t->user != NULL)
		atomic_fetch_sub(&t->user->tasks, 1);
}

void task_put(struct task *t)
{
	if (t == NULL || !ref_put(&t->ref))
		return;
	assert(!atomic_load(&t->on_hart));
	if (atomic_load(&t->state) == TASK_NEW) {
		pid_release(t->pid); /* never linked: the number's only use is still this task's */
		user_uncount(t);
	}
	pid_put(t->pid);
	upcall_task_destroy(t);
	coverage_drop(t);
	cred_put(t->cred);
	user_put(t->user);
	kstack_free(t->kstack);
	cache_free(&task_cache, t);
}

/* The first thread of a group brings the group into a process group and session. */
static void group_link(struct group *g, struct task *leader, const struct group *from)
	__must_hold(tasks_lock)
{
	g->leader = leader;
	g->pid = pid_get(leader->pid);
	g->pid->group = g;
	g->pgrp = from->pgrp;
	g->session = from->session;
	g->tty = from->tty; /* borrowed from the session, which holds it */
	pid_use(g->pid);
	pid_use(g->pgrp);
	pid_use(g->session);
	list_add_tail(&g->pgrp_link, &g->pgrp->members);
	list_add_tail(&g->session_link, &g->session->session_members);
}

static void group_unlink(struct group *g) __must_hold(tasks_lock)
{
	g->pid->group = NULL;
	list_del_init(&g->pgrp_link);
	list_del_init(&g->session_link);
	pid_unuse(g->pgrp);
	pid_unuse(g->session);
	pid_unuse(g->pid);
	g->pgrp = g->session = NULL;
}

/* Counts t in each pid namespace that it is in; the first task there is its init, which waits for
 * all others when it ends. */
static void namespaces_count(struct task *t, int step)
{
	const struct pid *p = t->pid;

	for (unsigned i = 0; i <= p->level; i++) {
		struct pid_ns *ns = p->numbers[i].ns;

		ns->tasks += (unsigned)step;
		if (p->numbers[i].nr == 1)
			ns->init = step > 0 ? t : NULL;
		else if (step < 0 && ns->dying && ns->init != NULL)
			waitq_wake_all(&ns->init->group->wait_children, 0);
	}
}

void task_link(struct task *t, struct task *from)
{
	struct group *g = t->group;

	t->pid->task = t;
	if (g->leader == NULL)
		group_link(g, t, from->group);
	list_add_tail(&t->group_link, &g->threads);
	list_add_tail(&t->all_link, &task_list);
	namespaces_count(t, 1);
	ADD_ONCE(g->live, 1);
	atomic_fetch_add(&task_count, 1);
}

void task_unlink(struct task *t)
{
	struct group *g = t->group;

	t->pid->task = NULL;
	/* Not with the last reference: who has been waited for leaves room for another at once. */
	user_uncount(t);
	if (g->cgroup != NULL)
		cgroup_task_reaped(t);
	list_del_init(&t->group_link);
	list_del_init(&t->all_link);
	namespaces_count(t, -1);
	if (g->leader == t)
		group_unlink(g);
	pid_unuse(t->pid);
	atomic_fetch_sub(&task_count, 1);
}

int task_user_set(struct task *t, unsigned uid)
{
	struct user *u, *old = t->user;

	if (old != NULL && old->uid == uid)
		return 0;
	u = user_get(&init_user_ns, uid);
	if (u == NULL)
		return -ENOMEM;
	atomic_fetch_add(&u->tasks, 1);
	t->user = u;
	if (old != NULL)
		atomic_fetch_sub(&old->tasks, 1);
	user_put(old);
	return 0;
}

void task_name_set(struct task *t, const char *name)
{
	union task_name fresh = { .words = { 0 } };
	irqflags_t irq;

	str_copy(fresh.text, name, sizeof(fresh.text));
	irq = spin_lock_irqsave(&tasks_lock);
	for (unsigned i = 0; i < ARRAY_SIZE(fresh.words); i++)
		WRITE_ONCE(((uint64_t *)t->comm)[i], fresh.words[i]);
	spin_unlock_irqrestore(&tasks_lock, irq);
}

char task_state_letter(const struct task *t)
{
	switch (atomic_load(&t->state)) {
	case TASK_RUNNING:
	case TASK_NEW:
		return 'R';
	case TASK_INTERRUPTIBLE:
		return 'S';
	case TASK_STOPPED:
		return 'T';
	case TASK_TRACED:
		return 't';
	case TASK_ZOMBIE:
		return 'Z';
	case TASK_GONE:
		return 'X';
	default:
		/* I: a kernel thread with nothing to do. */
		return task_is(t, TASK_KTHREAD) ? 'I' : 'D';
	}
}
