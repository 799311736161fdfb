/*
 * The table of users, a tree by id. A user is in it as long as somebody refers to it; the lock
 * covers look-up and the drop of the last reference, so that one that is going is never found.
 */
#include "kernel/task/user.h"

#include "kernel/alloc/slab.h"

static CACHE_DEFINE(user_cache, struct user);
static struct spinlock users_lock = SPINLOCK_INIT("users", LOCK_RANK_USERS);
static struct rb_root users;

static int user_compare(const void *key, const struct rb_node *node)
{
	unsigned uid = *(const unsigned *)key, theirs = rb_entry(node, struct user, node)->uid;

	return uid < theirs ? -1 : uid > theirs;
}

static bool user_less(const struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct user, node)->uid < rb_entry(b, struct user, node)->uid;
}

static struct user *user_find_locked(unsigned uid)
{
	struct user *u = rb_entry_or_null(rb_find(&users, &uid, user_compare), struct user, node);

	if (u != NULL)
		ref_get(&u->ref);
	return u;
}

struct user *user_get(unsigned uid)
{
	irqflags_t irq = spin_lock_irqsave(&users_lock);
	struct user *u = user_find_locked(uid), *fresh;

	spin_unlock_irqrestore(&users_lock, irq);
	if (u != NULL)
		return u;
	fresh = cache_alloc(&user_cache, ALLOC_ZERO);
	if (fresh == NULL)
		return NULL;
	ref_init(&fresh->ref);
	fresh->uid = uid;
	irq = spin_lock_irqsave(&users_lock);
	u = user_find_locked(uid);
	if (u == NULL)
		rb_add(&users, &fresh->node, user_less);
	spin_unlock_irqrestore(&users_lock, irq);
	if (u != NULL)
		cache_free(&user_cache, fresh);
	return u != NULL ? u : fresh;
}

void user_put(struct user *u)
{
	irqflags_t irq;
	bool last;

	if (u == NULL)
		return;
	irq = spin_lock_irqsave(&users_lock);
	last = ref_put(&u->ref);
	if (last)
		rb_erase(&users, &u->node);
	spin_unlock_irqrestore(&users_lock, irq);
	if (last)
		cache_free(&user_cache, u);
}
