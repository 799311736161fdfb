/*
 * The tree of control groups, who is in which, and the pids controller.
 *
 * Everything is counted up the tree as it changes, so that what a file shows is one number. Nobody
 * counts in the root: a process there has group->cgroup NULL, and stands on no list. Every other
 * group lists its processes, so that to kill or freeze it costs what is in it.
 *
 * Zombies: a process leaves its group, as far as "populated" goes, with its last thread, but its
 * tasks count against pids.max until they are reaped, and /proc/PID/cgroup still tells.
 *
 * Locking: tasks_lock for all of it.
 *
 * NOTE(linux): tasks are counted in every group, whether it has the pids controller or not.
 * LIMIT: the only controller is pids; no threaded groups (cgroup.type is always "domain"); no
 * limits to the tree's own size (cgroup.max.depth, cgroup.max.descendants).
 */
#include "kernel/task/cgroup.h"

#include "kernel/alloc/slab.h"
#include "kernel/core/panic.h"
#include "kernel/task/group.h"
#include "lib/errno.h"
#include "lib/string.h"

struct cgroup cgroup_root = {
	.ref = { 1 },
	.name = "",
	.id = 1,
	.children = LIST_INIT(cgroup_root.children),
	.members = LIST_INIT(cgroup_root.members),
	.sibling = LIST_INIT(cgroup_root.sibling),
	.events = { 0, WAITQ_INIT(cgroup_root.events.waiters) },
	.limit_events = { 0, WAITQ_INIT(cgroup_root.limit_events.waiters) },
	.tasks_max = CGROUP_NO_LIMIT,
};

static CACHE_DEFINE(cgroup_cache, struct cgroup);
static atomic_ulong last_id = 1;

struct cgroup *cgroup_get(struct cgroup *c)
{
	ref_get(&c->ref);
	return c;
}

void cgroup_put(struct cgroup *c)
{
	while (c != NULL && ref_put(&c->ref)) {
		struct cgroup *parent = c->parent;

		kfree(c->name);
		cache_free(&cgroup_cache, c);
		c = parent;
	}
}

static void notice_init(struct cgroup_notice *n)
{
	n->count = 0;
	waitq_init(&n->waiters);
}

void cgroup_notify(struct cgroup_notice *n)
{
	n->count++;
	waitq_wake_all(&n->waiters, 0);
}

/* --- The tree --------------------------------------------------------------------------------- */

static int cgroup_link(struct cgroup *c, struct cgroup *parent)
{
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);
	int err = parent->dead ? -ENODEV : 0;

	if (err == 0) {
		c->freezers = parent->freezers;
		c->parent = cgroup_get(parent);
		list_add_tail(&cgroup_get(c)->sibling, &parent->children);
	}
	spin_unlock_irqrestore(&tasks_lock, irq);
	return err;
}

int cgroup_create(struct cgroup *parent, const char *name, struct cgroup **out)
{
	struct cgroup *c = cache_alloc(&cgroup_cache, ALLOC_ZERO);
	int err = -ENOMEM;

	if (c == NULL)
		return -ENOMEM;
	ref_init(&c->ref);
	list_init(&c->children);
	list_init(&c->sibling);
	list_init(&c->members);
	notice_init(&c->events);
	notice_init(&c->limit_events);
	c->tasks_max = CGROUP_NO_LIMIT;
	c->id = atomic_fetch_add(&last_id, 1) + 1;
	c->name = kstrdup(name);
	if (c->name != NULL)
		err = cgroup_link(c, parent);
	if (err)
		cgroup_put(c);
	else
		*out = c;
	return err;
}

int cgroup_remove(struct cgroup *c)
{
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);
	int err = 0;

	if (cgroup_is_populated(c) || !list_empty(&c->children)) {
		err = -EBUSY;
	} else {
		WRITE_ONCE(c->dead, true);
		list_del_init(&c->sibling);
		cgroup_notify(&c->events);
	}
	spin_unlock_irqrestore(&tasks_lock, irq);
	if (err == 0)
		cgroup_put(c);
	return err;
}

struct cgroup *cgroup_child(struct cgroup *c, const char *name)
{
	struct cgroup *child;

	list_for_each_entry(child, &c->children, sibling) {
		if (strcmp(child->name, name) == 0)
			return child;
	}
	return NULL;
}

struct cgroup *cgroup_of(const struct group *g)
{
	return g->cgroup != NULL ? g->cgroup : &cgroup_root;
}

bool cgroup_is_below(const struct cgroup *c, const struct cgroup *top)
{
	while (c != NULL && c != top)
		c = c->parent;
	return c != NULL;
}

struct cgroup *cgroup_common(struct cgroup *a, struct cgroup *b)
{
	while (!cgroup_is_below(b, a))
		a = a->parent;
	return a;
}

/* A loop and not a recursion: who makes the groups decides how deep the tree is, and the kernel's
 * stack is small. */
struct cgroup *cgroup_next(struct cgroup *c, const struct cgroup *top)
{
	if (!list_empty(&c->children))
		return list_first_entry(&c->children, struct cgroup, sibling);
	for (; c != top; c = c->parent) {
		if (c->sibling.next != &c->parent->children)
			return list_entry(c->sibling.next, struct cgroup, sibling);
	}
	return NULL;
}

struct cgroup **cgroup_chain(struct cgroup *c, const struct cgroup *top, unsigned *count)
{
	struct cgroup **chain;
	unsigned n = 0;

	for (struct cgroup *up = c; up != top; up = up->parent)
		n++;
	*count = n;
	chain = kcalloc(n + 1, sizeof(*chain));
	for (struct cgroup *up = c; chain != NULL && up != top; up = up->parent)
		chain[--n] = up;
	return chain;
}

unsigned cgroup_count_below(struct cgroup *c)
{
	unsigned n = 0;

	for (struct cgroup *below = cgroup_next(c, c); below != NULL; below = cgroup_next(below, c))
		n++;
	return n;
}

/* --- Counting --------------------------------------------------------------------------------- */

bool cgroup_is_populated(const struct cgroup *c)
{
	return c->processes + c->populated_children != 0;
}

bool cgroup_is_frozen(const struct cgroup *c)
{
	return c->freezers != 0 && c->unfrozen == 0;
}

/* A process more or less (by: 1, -1). */
static void count_process(struct cgroup *c, int by) __must_hold(tasks_lock)
{
	bool was = cgroup_is_populated(c);

	if (c == &cgroup_root)
		return;
	c->processes += (unsigned)by;
	while (c->parent != NULL && was != cgroup_is_populated(c)) {
		cgroup_notify(&c->events);
		c = c->parent;
		was = cgroup_is_populated(c);
		c->populated_children += (unsigned)by;
	}
}

static void count_tasks(struct cgroup *c, int by)
{
	for (; c->parent != NULL; c = c->parent) {
		c->tasks += (unsigned)by;
		c->tasks_peak = max(c->tasks_peak, c->tasks);
	}
}

static void count_unfrozen(struct cgroup *c, int by) __must_hold(tasks_lock)
{
	for (; c->parent != NULL; c = c->parent) {
		bool was = cgroup_is_frozen(c);

		c->unfrozen += (unsigned)by;
		if (was != cgroup_is_frozen(c))
			cgroup_notify(&c->events);
	}
}

void cgroup_count_frozen(struct task *t, bool frozen)
{
	if (t->frozen == frozen)
		return;
	t->frozen = frozen;
	count_unfrozen(cgroup_of(t->group), frozen ? -1 : 1);
}

static void limit_was_hit(struct cgroup *c)
{
	c->limit_hits_own++;
	for (; c->parent != NULL; c = c->parent) {
		c->limit_hits++;
		cgroup_notify(&c->limit_events);
	}
}

/* --- Membership ------------------------------------------------------------------------------- */

int cgroup_may_hold(const struct cgroup *c)
{
	if (c->dead)
		return -ENODEV;
	return c->parent != NULL && c->populated_children != 0 && c->enabled != 0 ? -EBUSY : 0;
}

static unsigned unfrozen_threads(const struct group *g)
{
	const struct task *t;
	unsigned n = 0;

	for_each_thread(t, g)
		n += atomic_load(&t->state) != TASK_ZOMBIE && !t->frozen;
	return n;
}

void cgroup_for_each(struct cgroup *c, void (*fn)(struct group *g, void *arg), void *arg)
{
	struct group *g;
	struct task *t;

	list_for_each_entry(g, &c->members, cgroup_link)
		fn(g, arg);
	if (c != &cgroup_root)
		return;
	list_for_each_entry(t, &task_list, all_link) {
		g = t->group;
		if (t == g->leader && READ_ONCE(g->live) > 0 && g->cgroup == NULL)
			fn(g, arg);
	}
}

static void member_add(struct cgroup *c, struct group *g)
{
	if (c == &cgroup_root)
		return;
	g->cgroup = cgroup_get(c);
	list_add_tail(&g->cgroup_link, &c->members);
}

void cgroup_move(struct group *g, struct cgroup *to)
{
	struct cgroup *from = cgroup_of(g);
	int tasks = (int)list_length(&g->threads), unfrozen = (int)unfrozen_threads(g);

	if (from == to)
		return;
	count_process(to, 1);
	count_tasks(to, tasks);
	count_unfrozen(to, unfrozen);
	count_process(from, -1);
	count_tasks(from, -tasks);
	count_unfrozen(from, -unfrozen);
	if (from != &cgroup_root) {
		list_del(&g->cgroup_link);
		g->cgroup = NULL;
		cgroup_put(from);
	}
	member_add(to, g);
}

int cgroup_fork(struct task *child, const struct task *from, struct cgroup *into)
{
	struct cgroup *to = into != NULL ? into : cgroup_of(from->group), *c;
	bool process = child->group != from->group;

	if (into != NULL && into->dead)
		return -ENODEV;
	for (c = to; c->parent != NULL; c = c->parent) {
		if (c->tasks >= c->tasks_max) {
			limit_was_hit(c);
			return -EAGAIN;
		}
	}
	if (to == &cgroup_root)
		return 0;
	if (process) {
		member_add(to, child->group);
		count_process(to, 1);
	}
	count_tasks(to, 1);
	count_unfrozen(to, 1);
	if (to->freezers != 0)
		atomic_fetch_or(&child->pending_work, WORK_FREEZE);
	return 0;
}

void cgroup_task_exit(struct task *t, bool last)
{
	struct cgroup *c = cgroup_of(t->group);

	if (t->frozen)
		t->frozen = false;
	else
		count_unfrozen(c, -1);
	if (last) {
		list_del(&t->group->cgroup_link);
		count_process(c, -1);
	}
}

void cgroup_task_reaped(struct task *t)
{
	count_tasks(cgroup_of(t->group), -1);
}

/* --- Controllers ------------------------------------------------------------------------------ */

static bool a_child_has_enabled(const struct cgroup *c, unsigned controllers)
{
	const struct cgroup *child;

	list_for_each_entry(child, &c->children, sibling) {
		if (child->enabled & controllers)
			return true;
	}
	return false;
}

int cgroup_enable(struct cgroup *c, unsigned enable, unsigned disable)
{
	unsigned available = c->parent != NULL ? c->parent->enabled : CGROUP_CONTROLLERS;
	struct cgroup *child;

	enable &= ~c->enabled;
	disable &= c->enabled;
	if (enable & ~available)
		return -ENOENT;
	if (a_child_has_enabled(c, disable))
		return -EBUSY;
	if (enable != 0 && c->parent != NULL && c->populated_children != 0 && c->processes != 0)
		return -EBUSY;
	WRITE_ONCE(c->enabled, (c->enabled | enable) & ~disable);
	if (disable & CGROUP_PIDS) {
		list_for_each_entry(child, &c->children, sibling)
			child->tasks_max = CGROUP_NO_LIMIT;
	}
	return 0;
}
