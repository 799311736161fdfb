/*
 * The tables of numbers.
 *
 * A struct pid is in the table, a tree by number, of its pid namespace and of each above it, as
 * long as `uses` of it is not zero: by a task (its tid), a thread group (its tgid), the members of
 * a process group, the members of a session. pid_use and pid_unuse count that, under tasks_lock.
 * When the last use goes the numbers may be given again, while those who hold a reference still
 * have the struct and can tell that its task is gone.
 *
 * Numbers are given in rising order, each the lowest free one above the last, and begin again at
 * PID_RESERVED when pid_max is reached, so that a number stays unused for as long as possible after
 * its task has died.
 *
 * Locking: tasks_lock guards the tables and every field but ref and the numbers.
 */
#include "kernel/task/pid.h"

#include "kernel/abi/capability.h"
#include "kernel/alloc/slab.h"
#include "kernel/core/panic.h"
#include "kernel/task/user_ns.h"
#include "lib/errno.h"

#define PID_RESERVED 300 /* after wrapping, numbers below are left to what started at boot */

int pid_max = 32768; /* until root changes it: /proc/sys/kernel/pid_max */

struct pid boot_pid = {
	.ref = { 2 },
	.uses = 1,
	.members = LIST_INIT(boot_pid.members),
	.session_members = LIST_INIT(boot_pid.session_members),
	.wait_exit = WAITQ_INIT(boot_pid.wait_exit),
	.numbers = { { .ns = &init_pid_ns } },
};

/* A pid of the first namespace, as most are; the others, with more numbers, are of any size. */
static struct cache pid_cache =
	CACHE_INIT(pid_cache, "pid", sizeof(struct pid) + sizeof(struct pid_number),
		   _Alignof(struct pid));

struct pid *pid_get(struct pid *p)
{
	ref_get(&p->ref);
	return p;
}

static struct pid *pid_memory(unsigned level)
{
	if (level == 0)
		return cache_alloc(&pid_cache, ALLOC_ZERO);
	return kzalloc(sizeof(struct pid) + (level + 1) * sizeof(struct pid_number));
}

static void pid_free(struct pid *p)
{
	if (p->level == 0)
		cache_free(&pid_cache, p);
	else
		kfree(p);
}

void pid_put(struct pid *p)
{
	struct pid_ns *ns;

	if (p == NULL || !ref_put(&p->ref))
		return;
	assert(p->uses == 0);
	ns = p->numbers[p->level].ns;
	pid_free(p);
	pid_ns_put(ns);
}

void pid_use(struct pid *p)
{
	p->uses++;
	ref_get(&p->ref);
}

/* Out of all tables. A namespace whose first task was never born can't have another. */
static void pid_unlist(struct pid *p)
{
	for (unsigned i = 0; i <= p->level; i++) {
		struct pid_ns *ns = p->numbers[i].ns;

		rb_erase(&ns->table, &p->numbers[i].node);
		if (--ns->numbers == 0 && ns->init == NULL)
			ns->dying = true;
	}
}

void pid_unuse(struct pid *p)
{
	assert(p->uses > 0);
	if (--p->uses == 0)
		pid_unlist(p);
	pid_put(p);
}

static struct pid_number *number_entry(struct rb_node *node)
{
	return rb_entry_or_null(node, struct pid_number, node);
}

static int number_compare(const void *key, const struct rb_node *node)
{
	int nr = *(const int *)key, theirs = rb_entry(node, struct pid_number, node)->nr;

	return nr < theirs ? -1 : nr > theirs;
}

static bool number_less(const struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct pid_number, node)->nr < rb_entry(b, struct pid_number, node)->nr;
}

/* A number of a namespace's table stands at the namespace's level in its pid. */
static struct pid *pid_of_number(struct pid_number *n)
{
	return n == NULL ? NULL : container_of(n - n->ns->level, struct pid, numbers[0]);
}

struct pid *pid_peek_in(struct pid_ns *ns, int nr)
{
	return pid_of_number(number_entry(rb_find(&ns->table, &nr, number_compare)));
}

struct pid *pid_peek(int nr)
{
	return pid_peek_in(pid_ns_current(), nr);
}

struct pid *pid_peek_from(struct pid_ns *ns, int nr)
{
	return pid_of_number(number_entry(rb_find_from(&ns->table, &nr, number_compare)));
}

/* The lowest number >= from that is not in the table, or one above pid_max. */
static int number_first_free(struct pid_ns *ns, int from)
{
	struct rb_node *node = rb_find_from(&ns->table, &from, number_compare);

	while (node != NULL && number_entry(node)->nr == from) {
		from++;
		node = rb_next(node);
	}
	return from;
}

static int number_choose(struct pid_ns *ns)
{
	int nr = number_first_free(ns, ns->last + 1), highest = READ_ONCE(pid_max);

	if (nr > highest)
		nr = number_first_free(ns, PID_RESERVED);
	return nr > highest ? -EAGAIN : nr;
}

/* Only who may bring processes back from a checkpoint may choose; the first can be only 1. */
static int number_check(struct pid_ns *ns, int nr)
{
	if (nr < 1 || nr >= READ_ONCE(pid_max) || (nr != 1 && ns->init == NULL))
		return -EINVAL;
	if (!ns_capable(ns->ns.owner, CAP_CHECKPOINT_RESTORE) &&
	    !ns_capable(ns->ns.owner, CAP_SYS_ADMIN))
		return -EPERM;
	return pid_peek_in(ns, nr) != NULL ? -EEXIST : nr;
}

/* One number in each namespace, own first; those of the namespaces above an error stay. */
static int numbers_choose(struct pid *p, const int *wanted, unsigned wanted_count)
{
	struct pid_ns *ns = p->numbers[p->level].ns;

	if (ns->dying)
		return -ENOMEM;
	for (unsigned i = 0; ns != NULL; i++, ns = ns->parent) {
		struct pid_number *n = &p->numbers[ns->level];
		int nr = i < wanted_count ? number_check(ns, wanted[i]) : number_choose(ns);

		if (nr < 0)
			return nr;
		n->nr = nr;
		n->ns = ns;
	}
	return 0;
}

static void pid_list(struct pid *p, unsigned wanted_count)
{
	for (unsigned i = 0; i <= p->level; i++) {
		struct pid_number *n = &p->numbers[i];

		rb_add(&n->ns->table, &n->node, number_less);
		n->ns->numbers++;
		if (p->level - i >= wanted_count)
			WRITE_ONCE(n->ns->last, n->nr);
	}
	p->nr = p->numbers[0].nr;
	p->uses = 1; /* with a reference of its own, beside the caller's */
	ref_get(&p->ref);
}

int pid_alloc(struct pid_ns *ns, const int *wanted, unsigned wanted_count, struct pid **out)
{
	struct pid *p;
	irqflags_t irq;
	int err;

	if (wanted_count > ns->level + 1)
		return -EINVAL;
	p = pid_memory(ns->level);
	if (p == NULL)
		return -ENOMEM;
	ref_init(&p->ref);
	list_init(&p->members);
	list_init(&p->session_members);
	waitq_init(&p->wait_exit);
	p->level = ns->level;
	p->numbers[p->level].ns = ns;

	irq = spin_lock_irqsave(&tasks_lock);
	err = numbers_choose(p, wanted, wanted_count);
	if (err == 0)
		pid_list(p, wanted_count);
	spin_unlock_irqrestore(&tasks_lock, irq);
	if (err) {
		pid_free(p);
		return err;
	}
	pid_ns_get(ns);
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

struct task *task_of_pid(struct pid *p)
{
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);
	struct task *t = p->task != NULL ? task_get(p->task) : NULL;

	spin_unlock_irqrestore(&tasks_lock, irq);
	return t;
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

struct pid *pid_find_in(struct pid_ns *ns, int nr)
{
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);
	struct pid *p = pid_peek_in(ns, nr);

	if (p != NULL)
		pid_get(p);
	spin_unlock_irqrestore(&tasks_lock, irq);
	return p;
}

struct pid *pid_find(int nr)
{
	return pid_find_in(pid_ns_current(), nr);
}

unsigned pid_count(void)
{
	return init_pid_ns.numbers;
}

int pid_last_given(const struct pid_ns *ns)
{
	return READ_ONCE(ns->last);
}
