/*
 * A cgroup namespace names control groups from another root: the group that its maker was in.
 * /proc/PID/cgroup and new mounts of cgroup2 begin there. Nobody is kept from groups outside by
 * that, if he has a way to them.
 */
#include "kernel/task/cgroup_ns.h"

#include "kernel/alloc/slab.h"
#include "kernel/task/user_ns.h"
#include "lib/errno.h"

struct cgroup_ns init_cgroup_ns = { .ns = NS_INIT(NS_CGROUP, NS_INO_CGROUP),
				     .root = &cgroup_root };

static void cgroup_ns_destroy(struct ns *ns)
{
	struct cgroup_ns *c = container_of(ns, struct cgroup_ns, ns);

	cgroup_put(c->root);
	kfree(c);
}

int cgroup_ns_create(struct user_ns *owner, struct cgroup_ns **out)
{
	struct cgroup_ns *ns = kzalloc(sizeof(*ns));
	irqflags_t irq;
	int err;

	if (ns == NULL)
		return -ENOMEM;
	err = ns_init(&ns->ns, NS_CGROUP, owner, cgroup_ns_destroy);
	if (err) {
		kfree(ns);
		return err;
	}
	irq = spin_lock_irqsave(&tasks_lock);
	ns->root = cgroup_get(cgroup_of(current->group));
	spin_unlock_irqrestore(&tasks_lock, irq);
	*out = ns;
	return 0;
}

void cgroup_ns_set_root(struct cgroup_ns *ns, struct cgroup *root)
{
	struct cgroup *old = ns->root;

	ns->root = cgroup_get(root);
	cgroup_put(old);
}
