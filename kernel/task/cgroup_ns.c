/*
 * A cgroup namespace has no content yet: there is no tree of groups whose part it could show.
 */
#include "kernel/task/cgroup_ns.h"

#include "kernel/alloc/slab.h"
#include "kernel/task/user_ns.h"
#include "lib/errno.h"

struct cgroup_ns init_cgroup_ns = { .ns = NS_INIT(NS_CGROUP, NS_INO_CGROUP) };

static void cgroup_ns_destroy(struct ns *ns)
{
	kfree(container_of(ns, struct cgroup_ns, ns));
}

int cgroup_ns_create(struct user_ns *owner, struct cgroup_ns **out)
{
	struct cgroup_ns *ns = kzalloc(sizeof(*ns));
	int err;

	if (ns == NULL)
		return -ENOMEM;
	err = ns_init(&ns->ns, NS_CGROUP, owner, cgroup_ns_destroy);
	if (err) {
		kfree(ns);
		return err;
	}
	*out = ns;
	return 0;
}
