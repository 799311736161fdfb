/*
 * Undo lists.
 *
 *	list (of tasks that share it by CLONE_SYSVSEM)
 *	  |
 *	  +-- undo -- set A      adjust[]: the opposite of all that its tasks did to A's semaphores
 *	  +-- undo -- set B      with SEM_UNDO
 *
 * A list comes into being at a task's first SEM_UNDO, or when it is to be shared. The last task
 * that leaves it (exit, unshare, another ipc namespace) applies it. exec keeps it.
 *
 * An undo is in its list's tree and on its set's list. It goes with whichever ends first, and only
 * with the set's lock held: so with that lock held an undo that was found stays. The last put of a
 * list comes from the list's side: it pins a set while the list's lock keeps the undo, hence the
 * set, from going; then it takes the locks in their order and looks again.
 */
#include "kernel/ipc/sysv_sem_undo.h"

#include "kernel/alloc/slab.h"
#include "kernel/ipc/sysv_sem_ops.h"
#include "lib/errno.h"

static CACHE_DEFINE(sem_undo_list_cache, struct sem_undo_list);

int sem_undo_list_create(struct sem_undo_list **out)
{
	struct sem_undo_list *l = cache_alloc(&sem_undo_list_cache, ALLOC_ZERO);

	if (l == NULL)
		return -ENOMEM;
	ref_init(&l->ref);
	spinlock_init(&l->lock, "sem undo", LOCK_RANK_IPC_UNDO);
	*out = l;
	return 0;
}

struct sem_undo_list *sem_undo_list_get(struct sem_undo_list *l)
{
	ref_get(&l->ref);
	return l;
}

/* --- finding */

static int undo_compare(const void *key, const struct rb_node *node)
{
	uintptr_t mine = (uintptr_t)key;
	uintptr_t theirs = (uintptr_t)rb_entry(node, struct sem_undo, node)->set;

	return mine < theirs ? -1 : mine > theirs;
}

static bool undo_less(const struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct sem_undo, node)->set < rb_entry(b, struct sem_undo, node)->set;
}

static struct sem_undo *undo_find_locked(struct sem_undo_list *l, const struct sem_set *set)
{
	return rb_entry_or_null(rb_find(&l->undos, set, undo_compare), struct sem_undo, node);
}

static struct sem_undo *undo_find(struct sem_undo_list *l, const struct sem_set *set)
{
	struct sem_undo *u;

	spin_lock(&l->lock);
	u = undo_find_locked(l, set);
	spin_unlock(&l->lock);
	return u;
}

/* Enters a fresh one, unless a thread was faster. The set's lock is held. */
static struct sem_undo *undo_enter(struct sem_undo_list *l, struct sem_set *set,
				   struct sem_undo *fresh)
{
	struct sem_undo *u;

	spin_lock(&l->lock);
	u = undo_find_locked(l, set);
	if (u == NULL) {
		fresh->list = l;
		fresh->set = set;
		rb_add(&l->undos, &fresh->node, undo_less);
		list_add(&fresh->set_link, &set->undos);
	}
	spin_unlock(&l->lock);
	return u != NULL ? u : fresh;
}

/* Current's own list; only current changes the pointer. */
static struct sem_undo_list *list_of_current(void)
{
	struct sem_undo_list *l = current->sysvsem;
	irqflags_t irq;

	if (l != NULL || sem_undo_list_create(&l))
		return l;
	irq = spin_lock_irqsave(&tasks_lock);
	current->sysvsem = l;
	spin_unlock_irqrestore(&tasks_lock, irq);
	return l;
}

int sem_undo_list_need(void)
{
	return list_of_current() != NULL ? 0 : -ENOMEM;
}

__lock_unchecked static int undo_make(struct sem_set *set, struct sem_undo **out)
{
	struct sem_undo *fresh = kzalloc(sizeof(*fresh) + set->count * sizeof(fresh->adjust[0]));
	struct sem_undo_list *l = list_of_current();

	*out = NULL;
	if (fresh == NULL || l == NULL) {
		kfree(fresh);
		return -ENOMEM;
	}
	spin_lock(&set->head.lock);
	if (!set->head.removed)
		*out = undo_enter(l, set, fresh);
	else
		spin_unlock(&set->head.lock);
	if (*out != fresh)
		kfree(fresh);
	return *out != NULL ? 0 : -EIDRM;
}

__lock_unchecked int sem_undo_of_current(struct sem_set *set, struct sem_undo **out)
{
	int err;

	*out = current->sysvsem != NULL ? undo_find(current->sysvsem, set) : NULL;
	if (*out != NULL)
		return 0;
	ref_get(&set->head.ref);
	spin_unlock(&set->head.lock);
	err = undo_make(set, out);
	sem_set_put(set);
	return err;
}

/* --- the set's side */

void sem_undo_clear(struct sem_set *set, unsigned num)
{
	struct sem_undo *u;

	list_for_each_entry(u, &set->undos, set_link)
		u->adjust[num] = 0;
}

void sem_undo_forget_set(struct sem_set *set)
{
	struct sem_undo *u, *next;

	list_for_each_entry_safe(u, next, &set->undos, set_link) {
		list_del(&u->set_link);
		spin_lock(&u->list->lock);
		rb_erase(&u->list->undos, &u->node);
		spin_unlock(&u->list->lock);
		kfree(u);
	}
}

/* --- the list's side */

/* A set that the list has something to do with, pinned; NULL: none is left. */
static struct sem_set *set_pin(struct sem_undo_list *l)
{
	struct sem_set *set = NULL;
	struct sem_undo *u;

	spin_lock(&l->lock);
	u = rb_entry_or_null(rb_first(&l->undos), struct sem_undo, node);
	if (u != NULL) {
		set = u->set;
		ref_get(&set->head.ref);
	}
	spin_unlock(&l->lock);
	return set;
}

/* The set's lock is held. */
static void undo_apply(struct sem_set *set, const struct sem_undo *u)
{
	for (unsigned i = 0; i < set->count; i++) {
		if (u->adjust[i] == 0)
			continue;
		sem_change(set, i, clamp(set->sems[i].value + u->adjust[i], 0, SEMVMX));
		ipc_pid_note(&set->sems[i].pid, ipc_pid());
	}
	set->otime = ipc_now();
	sem_settle(set);
}

void sem_undo_list_put(struct sem_undo_list *l)
{
	struct sem_set *set;

	if (l == NULL || !ref_put(&l->ref))
		return;
	while ((set = set_pin(l)) != NULL) {
		struct sem_undo *u;

		spin_lock(&set->head.lock);
		u = undo_find(l, set);
		if (u != NULL) { /* else the set has gone meanwhile */
			spin_lock(&l->lock);
			rb_erase(&l->undos, &u->node);
			spin_unlock(&l->lock);
			list_del(&u->set_link);
			undo_apply(set, u);
			kfree(u);
		}
		spin_unlock(&set->head.lock);
		sem_set_put(set);
	}
	cache_free(&sem_undo_list_cache, l);
}
