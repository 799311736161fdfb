/*
 * What is common to namespaces: the header, and the sets that tasks point to.
 *
 * Limits: a namespace counts for the user who made it, in the user namespace that owns it, and
 * again in each user namespace above for whoever made the one below. So a user namespace can't be
 * used to escape from the limit of its maker.
 */
#include "kernel/task/ns.h"

#include "kernel/alloc/slab.h"
#include "kernel/core/trace.h"
#include "kernel/task/cred.h"
#include "kernel/task/user.h"
#include "kernel/task/user_ns.h"
#include "lib/errno.h"
#include "lib/string.h"

static CACHE_DEFINE(ns_set_cache, struct ns_set);
static atomic_ulong next_ino = NS_INO_MNT + 1;

/* One more for the user and for those above; false, and nothing changed, if that is too much. */
static bool charge(struct user *user, enum ns_type type)
{
	struct user *u, *full;

	for (u = user; u != NULL; u = u->ns->ns.charged) {
		if (atomic_fetch_add(&u->namespaces[type], 1) >= READ_ONCE(u->ns->max[type]))
			break;
	}
	if (u == NULL)
		return true;
	full = u->ns->ns.charged;
	for (u = user; u != full; u = u->ns->ns.charged)
		atomic_fetch_sub(&u->namespaces[type], 1);
	return false;
}

static void uncharge(struct user *user, enum ns_type type)
{
	for (struct user *u = user; u != NULL; u = u->ns->ns.charged)
		atomic_fetch_sub(&u->namespaces[type], 1);
	user_put(user);
}

int ns_init(struct ns *ns, enum ns_type type, struct user_ns *owner, void (*destroy)(struct ns *ns))
{
	struct user *user = user_get(owner, current_cred()->euid);

	if (user == NULL)
		return -ENOMEM;
	if (!charge(user, type)) {
		user_put(user);
		return -ENOSPC;
	}
	ref_init(&ns->ref);
	ns->type = type;
	ns->ino = atomic_fetch_add_explicit(&next_ino, 1, memory_order_relaxed);
	ns->owner = user_ns_get(owner);
	ns->charged = user;
	ns->destroy = destroy;
	trace(TRACE_NS_BORN, type, ns->ino, 0);
	return 0;
}

struct ns *ns_get(struct ns *ns)
{
	ref_get(&ns->ref);
	return ns;
}

void ns_put(struct ns *ns)
{
	struct user_ns *owner;

	if (ns == NULL || !ref_put(&ns->ref))
		return;
	trace(TRACE_NS_GONE, ns->type, ns->ino, 0);
	owner = ns->owner;
	uncharge(ns->charged, ns->type);
	ns->destroy(ns);
	user_ns_put(owner);
}

struct ns_set *ns_set_create(const struct ns_set *from)
{
	struct ns_set *set = cache_alloc(&ns_set_cache, ALLOC_ZERO);

	if (set == NULL)
		return NULL;
	ref_init(&set->ref);
	for (unsigned i = 0; from != NULL && i < NS_SET_COUNT; i++)
		set->of[i] = ns_get(from->of[i]);
	return set;
}

void ns_set_replace(struct ns_set *set, struct ns *ns)
{
	ns_put(set->of[ns->type]);
	set->of[ns->type] = ns;
}

struct ns_set *ns_set_get(struct ns_set *set)
{
	ref_get(&set->ref);
	return set;
}

void ns_set_put(struct ns_set *set)
{
	if (set == NULL || !ref_put(&set->ref))
		return;
	for (unsigned i = 0; i < NS_SET_COUNT; i++)
		ns_put(set->of[i]);
	cache_free(&ns_set_cache, set);
}
