/*
 * A network namespace has no content yet: there are no sockets.
 */
#include "kernel/net/net_ns.h"

#include "kernel/alloc/slab.h"
#include "kernel/task/user_ns.h"
#include "lib/errno.h"

struct net_ns init_net_ns = { .ns = NS_INIT(NS_NET, NS_INO_NET) };

static void net_ns_destroy(struct ns *ns)
{
	kfree(container_of(ns, struct net_ns, ns));
}

int net_ns_create(struct user_ns *owner, struct net_ns **out)
{
	struct net_ns *ns = kzalloc(sizeof(*ns));
	int err;

	if (ns == NULL)
		return -ENOMEM;
	err = ns_init(&ns->ns, NS_NET, owner, net_ns_destroy);
	if (err) {
		kfree(ns);
		return err;
	}
	*out = ns;
	return 0;
}
