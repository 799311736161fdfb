/*
 * The table of users, a tree by namespace and id. A user is in it as long as somebody refers to it;
 * the lock covers look-up and the drop of the last reference, so that one that is going is never
 * found.
 */
#include "kernel/task/user.h"

#include "kernel/abi/resource.h"
#include "kernel/alloc/slab.h"
#include "kernel/task/group.h"
#include "kernel/task/user_ns.h"

static CACHE_DEFINE(user_cache, struct user);
static struct spinlock users_lock = SPINLOCK_INIT("users", LOCK_RANK_USERS);
static struct rb_root users;

struct user_key {
	struct user_ns *ns;
	unsigned uid;
};

static int user_compare(const void *key, const struct rb_node *node)
{
	const struct user_key *mine = key;
	const struct user *u = rb_entry(node, struct user, node);

	if (mine->ns != u->ns)
		return mine->ns < u->ns ? -1 : 1;
	return mine->uid < u->uid ? -1 : mine->uid > u->uid;
}

static bool user_less(const struct rb_node *a, const struct rb_node *b)
{
	const struct user *u = rb_entry(a, struct user, node);
	struct user_key key = { u->ns, u->uid };

	return user_compare(&key, b) < 0;
}

static struct user *user_find_locked(struct user_ns *ns, unsigned uid)
{
	struct user_key key = { ns, uid };
	struct user *u = rb_entry_or_null(rb_find(&users, &key, user_compare), struct user, node);

	if (u != NULL)
		ref_get(&u->ref);
	return u;
}

struct user *user_get(struct user_ns *ns, unsigned uid)
{
	irqflags_t irq = spin_lock_irqsave(&users_lock);
	struct user *u = user_find_locked(ns, uid), *fresh;

	spin_unlock_irqrestore(&users_lock, irq);
	if (u != NULL)
		return u;
	fresh = cache_alloc(&user_cache, ALLOC_ZERO);
	if (fresh == NULL)
		return NULL;
	ref_init(&fresh->ref);
	fresh->ns = ns;
	fresh->uid = uid;
	irq = spin_lock_irqsave(&users_lock);
	u = user_find_locked(ns, uid);
	if (u == NULL) {
		user_ns_get(ns);
		rb_add(&users, &fresh->node, user_less);
	}
	spin_unlock_irqrestore(&users_lock, irq);
	if (u != NULL)
		cache_free(&user_cache, fresh);
	return u != NULL ? u : fresh;
}

bool user_is_over_limit(const struct task *t, unsigned but)
{
	return atomic_load(&t->user->tasks) - but > group_rlimit(current->group, RLIMIT_NPROC);
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
	if (!last)
		return;
	user_ns_put(u->ns);
	cache_free(&user_cache, u);
}
