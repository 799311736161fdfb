/*
 * The table of numbers.
 *
 * A struct pid is in the table, a tree by number, as long as `uses` of it is not zero: by a task
 * (its tid), a thread group (its tgid), the members of a process group, the members of a session.
 * pid_use and pid_unuse count that, under tasks_lock. When the last use goes the number may be
 * given again, while those who hold a reference still have the struct and can tell that its task is
 * gone.
 *
 * Numbers are given in rising order, each the lowest free one above the last, and begin again at
 * PID_RESERVED when pid_max is reached, so that a number stays unused for as long as possible after
 * its task has died.
 *
 * Locking: tasks_lock guards the table and every field but ref and nr.
 */
#include "kernel/task/pid.h"

#include "kernel/alloc/slab.h"
#include "kernel/core/panic.h"
#include "lib/errno.h"

#define PID_RESERVED 300 /* after wrapping, numbers below are left to what started at boot */

int pid_max = 32768; /* until root changes it: /proc/sys/kernel/pid_max */

struct pid boot_pid = {
	.ref = { 2 },
	.uses = 1,
	.members = LIST_INIT(boot_pid.members),
	.session_members = LIST_INIT(boot_pid.session_members),
	.wait_exit = WAITQ_INIT(boot_pid.wait_exit),
};

static CACHE_DEFINE(pid_cache, struct pid);
static struct rb_root pid_table;
static unsigned pid_uses; /* numbers in the table */
static int pid_last;

struct pid *pid_get(struct pid *p)
{
	ref_get(&p->ref);
	return p;
}

void pid_put(struct pid *p)
{
	if (p != NULL && ref_put(&p->ref)) {
		assert(p->uses == 0);
		cache_free(&pid_cache, p);
	}
}

void pid_use(struct pid *p)
{
	p->uses++;
	ref_get(&p->ref);
}

void pid_unuse(struct pid *p)
{
	assert(p->uses > 0);
	if (--p->uses == 0) {
		rb_erase(&pid_table, &p->node);
		pid_uses--;
	}
	pid_put(p);
}

static int pid_compare(const void *key, const struct rb_node *node)
{
	int nr = *(const int *)key;
	const struct pid *p = rb_entry(node, struct pid, node);

	return nr < p->nr ? -1 : nr > p->nr;
}

static bool pid_less(const struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct pid, node)->nr < rb_entry(b, struct pid, node)->nr;
}

struct pid *pid_peek(int nr)
{
	struct rb_node *node = rb_find(&pid_table, &nr, pid_compare);

	return rb_entry_or_null(node, struct pid, node);
}

struct pid *pid_peek_from(int nr)
{
	return rb_entry_or_null(rb_find_from(&pid_table, &nr, pid_compare), struct pid, node);
}

/* The lowest number >= from that is not in the table, or one above pid_max. */
static int pid_first_free(int from)
{
	struct rb_node *node = rb_find_from(&pid_table, &from, pid_compare);

	while (node != NULL && rb_entry(node, struct pid, node)->nr == from) {
		from++;
		node = rb_next(node);
	}
	return from;
}

static int pid_choose(void)
{
	int nr = pid_first_free(pid_last + 1);

	if (nr > pid_max)
		nr = pid_first_free(PID_RESERVED);
	return nr > pid_max ? -EAGAIN : nr;
}

int pid_alloc(int wanted, struct pid **out)
{
	struct pid *p = cache_alloc(&pid_cache, ALLOC_ZERO);
	irqflags_t irq;
	int nr;

	if (p == NULL)
		return -ENOMEM;
	ref_init(&p->ref);
	list_init(&p->members);
	list_init(&p->session_members);
	waitq_init(&p->wait_exit);

	irq = spin_lock_irqsave(&tasks_lock);
	if (wanted != 0)
		nr = pid_peek(wanted) != NULL ? -EEXIST : wanted;
	else
		nr = pid_choose();
	if (nr > 0) {
		p->nr = nr;
		p->uses = 1; /* with a reference of its own, beside the caller's */
		ref_get(&p->ref);
		rb_add(&pid_table, &p->node, pid_less);
		pid_uses++;
		if (wanted == 0)
			pid_last = nr;
	}
	spin_unlock_irqrestore(&tasks_lock, irq);
	if (nr < 0) {
		cache_free(&pid_cache, p);
		return nr;
	}
	*out = p;
	return 0;
}

void pid_release(struct pid *p)
{
	irqflags_t irq;

	if (p == NULL)
		return;
	irq = spin_lock_irqsave(&tasks_lock);
	pid_unuse(p);
	spin_unlock_irqrestore(&tasks_lock, irq);
}

struct task *task_peek(int tid)
{
	struct pid *p = pid_peek(tid);

	return p == NULL ? NULL : p->task;
}

struct group *group_peek(int tgid)
{
	struct pid *p = pid_peek(tgid);

	return p == NULL ? NULL : p->group;
}

struct task *task_find(int tid)
{
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);
	struct task *t = task_peek(tid);

	if (t != NULL)
		task_get(t);
	spin_unlock_irqrestore(&tasks_lock, irq);
	return t;
}

struct group *group_find(int tgid)
{
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);
	struct group *g = group_peek(tgid);

	if (g != NULL)
		group_get(g);
	spin_unlock_irqrestore(&tasks_lock, irq);
	return g;
}

struct pid *pid_find(int nr)
{
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);
	struct pid *p = pid_peek(nr);

	if (p != NULL)
		pid_get(p);
	spin_unlock_irqrestore(&tasks_lock, irq);
	return p;
}

unsigned pid_count(void)
{
	return pid_uses;
}

int pid_last_given(void)
{
	return pid_last;
}
