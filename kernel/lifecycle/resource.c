/*
 * The rows, and what is done with all of them alike. To add a resource: a pointer in struct task, a
 * row here.
 *
 * Who may follow a task's pointers: the task itself freely; others under tasks_lock or the lock of
 * its group (a timer that sends a signal has only that), both of which are held wherever a slot of
 * a published task changes. (exec's new mm is the exception, under tasks_lock alone: no sender of
 * signals looks there.)
 */
#include "kernel/lifecycle/resource.h"

#include "kernel/abi/sched.h"
#include "kernel/core/upcall.h"
#include "kernel/fs/files.h"
#include "kernel/fs/fs_context.h"
#include "kernel/ipc/sighand.h"
#include "kernel/ipc/signal.h"
#include "kernel/ipc/sysv_sem_undo.h"
#include "kernel/lifecycle/clone_flags.h"
#include "kernel/lifecycle/namespaces.h"
#include "kernel/mm/mm.h"
#include "kernel/task/group.h"
#include "kernel/task/io_context.h"

/* Wrappers that give a typed resource the table's untyped signatures. */
#define RESOURCE_OPS(type)                                                                         \
	static void *type##_row_get(void *object)                                                  \
	{                                                                                          \
		return type##_get(object);                                                         \
	}                                                                                          \
	static int type##_row_copy(void *from, void **out)                                         \
	{                                                                                          \
		struct type *copy = NULL;                                                          \
		int err = type##_copy(from, &copy);                                                \
\
		*out = copy;                                                                       \
		return err;                                                                        \
	}                                                                                          \
	static void type##_row_put(void *object)                                                   \
	{                                                                                          \
		type##_put(object);                                                                \
	}

#define RESOURCE_COUNT(type, member)                                                               \
	static unsigned type##_row_count(const void *object)                                       \
	{                                                                                          \
		return ref_count(&((const struct type *)object)->member);                          \
	}

RESOURCE_OPS(mm)
RESOURCE_COUNT(mm, users)
RESOURCE_OPS(files)
RESOURCE_COUNT(files, ref)
RESOURCE_OPS(fs_context)
RESOURCE_COUNT(fs_context, ref)
RESOURCE_OPS(io_context)
RESOURCE_COUNT(io_context, ref)
RESOURCE_OPS(sighand)
RESOURCE_COUNT(sighand, ref)

/* Undos are not copied: what the parent did is the parent's to undo. */
static int sem_undo_list_copy(struct sem_undo_list *from, struct sem_undo_list **out)
{
	*out = NULL;
	return 0;
}
RESOURCE_OPS(sem_undo_list)
RESOURCE_COUNT(sem_undo_list, ref)

static int sem_undo_list_row_first(void **out)
{
	struct sem_undo_list *l = NULL;
	int err = sem_undo_list_create(&l);

	*out = l;
	return err;
}

/* A thread group is never copied: a process that is not a thread of another is a new one, with the
 * same limits. */
static int group_copy(struct group *from, struct group **out)
{
	return group_create(from, out);
}
RESOURCE_OPS(group)

static unsigned group_row_count(const void *object)
{
	return ((const struct group *)object)->live;
}

/* Namespaces are shared by all who don't ask for new ones. */
static int ns_set_row_inherit(const struct task *child, void *from, uint64_t flags, void **out)
{
	struct ns_set *set = NULL;
	int err = 0;

	if (!(flags & CLONE_NEW_SET)) {
		*out = ns_set_get(from);
		return 0;
	}
	err = ns_set_copy(from, flags, child->cred, child->fs, &set);
	if (err == 0)
		err = clone_flags_check(flags, BY_LATE);
	*out = set;
	return err;
}

static void *ns_set_row_get(void *object)
{
	return ns_set_get(object);
}

static void ns_set_row_put(void *object)
{
	ns_set_put(object);
}
RESOURCE_COUNT(ns_set, ref)

static int sighand_row_cleared(void *from, void **out)
{
	int err = sighand_row_copy(from, out);

	if (err == 0)
		sighand_reset(*out);
	return err;
}

#define ROW_BEGIN(row_name, type, field, flag)                                                     \
	.name = row_name, .share = flag, .share_name = #flag,                                      \
	.slot = offsetof(struct task, field), .get = type##_row_get, .copy = type##_row_copy,      \
	.put = type##_row_put, .count = type##_row_count

const struct resource resources[] = {
	[ROW_MM] = { ROW_BEGIN("mm", mm, mm, CLONE_VM) },
	[ROW_FILES] = { ROW_BEGIN("files", files, files, CLONE_FILES) },
	[ROW_FS] = { ROW_BEGIN("fs", fs_context, fs, CLONE_FS) },
	[ROW_SIGHAND] = { ROW_BEGIN("sighand", sighand, sighand, CLONE_SIGHAND),
			  .renew = CLONE_CLEAR_SIGHAND, .make_new = sighand_row_cleared,
			  .until_reaped = true },
	[ROW_IO] = { ROW_BEGIN("io", io_context, io, CLONE_IO) },
	/* Before the namespaces: what is undone lies in one. */
	[ROW_SYSVSEM] = { ROW_BEGIN("sysvsem", sem_undo_list, sysvsem, CLONE_SYSVSEM),
			  .make_first = sem_undo_list_row_first },
	[ROW_GROUP] = { ROW_BEGIN("group", group, group, CLONE_THREAD), .until_reaped = true },
	[ROW_NS] = { .name = "ns", .share_name = "-", .slot = offsetof(struct task, ns),
		     .renew = CLONE_NEW_SET, .get = ns_set_row_get, .put = ns_set_row_put,
		     .count = ns_set_row_count, .inherit = ns_set_row_inherit },
};
const unsigned resource_count = ARRAY_SIZE(resources);

static void **resource_slot(const struct resource *r, const struct task *t)
{
	return (void **)((char *)t + r->slot);
}

void *resource_of(const struct resource *r, const struct task *t)
{
	return *resource_slot(r, t);
}

/* Replaces what a task has in a slot, in a way that others may read under either lock; returns the
 * old. */
__lock_unchecked static void *resource_swap(const struct resource *r, struct task *t, void *object)
{
	void **slot = resource_slot(r, t);
	struct group *g = t->group;
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);
	void *old = *slot;

	if (g != NULL)
		spin_lock(&g->lock);
	*slot = object;
	if (g != NULL)
		spin_unlock(&g->lock);
	spin_unlock_irqrestore(&tasks_lock, irq);
	return old;
}

int resource_inherit(const struct resource *r, struct task *child, const struct task *from,
		     uint64_t flags)
{
	void *theirs = resource_of(r, from);
	void **slot = resource_slot(r, child);

	if (theirs == NULL && (flags & r->share) && r->make_first != NULL) {
		int err = r->make_first(&theirs);

		if (err)
			return err;
		resource_swap(r, current, theirs);
	}
	if (theirs == NULL)
		return 0;
	if (r->inherit != NULL)
		return r->inherit(child, theirs, flags, slot);
	if (flags & r->share) {
		*slot = r->get(theirs);
		return 0;
	}
	return (flags & r->renew) ? r->make_new(theirs, slot) : r->copy(theirs, slot);
}

int resource_unshare_prepare(const struct resource *r, void **copy)
{
	void *mine = resource_of(r, current);

	*copy = NULL;
	return mine == NULL || r->count(mine) == 1 ? 0 : r->copy(mine, copy);
}

void resource_install(const struct resource *r, void *object)
{
	if (object != NULL)
		r->put(resource_swap(r, current, object));
}

int resource_unshare(const struct resource *r)
{
	void *copy;
	int err = resource_unshare_prepare(r, &copy);

	if (err == 0)
		resource_install(r, copy);
	return err;
}

static void resource_put_row(const struct resource *r, struct task *t)
{
	if (resource_of(r, t) != NULL)
		r->put(resource_swap(r, t, NULL));
}

void resource_leave(const struct resource *r)
{
	resource_put_row(r, current);
}

void resources_put_at_exit(struct task *t)
{
	for (unsigned i = 0; i < resource_count; i++) {
		if (!resources[i].until_reaped)
			resource_put_row(&resources[i], t);
	}
}

void resources_put(struct task *t)
{
	for (unsigned i = 0; i < resource_count; i++)
		resource_put_row(&resources[i], t);
}

void upcall_task_destroy(struct task *t)
{
	sigpending_flush(&t->pending);
	resources_put(t);
}
