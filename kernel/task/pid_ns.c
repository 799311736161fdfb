/*
 * pid namespaces: how they are made. How their numbers are given: pid.c; how one ends:
 * kernel/lifecycle/exit_ns.c.
 *
 * A namespace is held by each struct pid that has its own number in it, by the sets of tasks whose
 * children will be in it, and by its mounts of /proc. It holds the one above.
 */
#include "kernel/task/pid_ns.h"

#include "kernel/alloc/slab.h"
#include "kernel/task/pid.h"
#include "kernel/task/user_ns.h"
#include "lib/errno.h"

struct pid_ns init_pid_ns = { .ns = NS_INIT(NS_PID, NS_INO_PID) };

static CACHE_DEFINE(pid_ns_cache, struct pid_ns);

static void pid_ns_destroy(struct ns *ns)
{
	struct pid_ns *p = pid_ns_of(ns), *parent = p->parent;

	cache_free(&pid_ns_cache, p);
	pid_ns_put(parent);
}

int pid_ns_copy(struct ns *from, struct user_ns *owner, struct ns **out)
{
	struct pid_ns *parent = pid_ns_of(from), *ns;
	int err;

	if (parent != pid_ns_current() || !user_ns_is_inside(owner, from->owner))
		return -EINVAL;
	if (parent->level >= PID_LEVELS_MAX)
		return -ENOSPC;
	ns = cache_alloc(&pid_ns_cache, ALLOC_ZERO);
	if (ns == NULL)
		return -ENOMEM;
	err = ns_init(&ns->ns, NS_PID, owner, pid_ns_destroy);
	if (err) {
		cache_free(&pid_ns_cache, ns);
		return err;
	}
	ns->parent = pid_ns_get(parent);
	ns->level = parent->level + 1;
	ns->memfd_noexec = pid_ns_memfd_noexec(parent);
	*out = &ns->ns;
	return 0;
}

unsigned pid_ns_memfd_noexec(const struct pid_ns *ns)
{
	unsigned strictest = 0;

	for (; ns != NULL; ns = ns->parent)
		strictest = max(strictest, READ_ONCE(ns->memfd_noexec));
	return strictest;
}

bool pid_ns_is_inside(const struct pid_ns *ns, const struct pid_ns *above)
{
	while (ns->level > above->level)
		ns = ns->parent;
	return ns == above;
}
