/*
 * Network namespaces: interfaces, addresses, routes, sockets' names.
 */
#pragma once

#include "kernel/task/ns.h"

struct net_ns {
	struct ns ns;
};
extern struct net_ns init_net_ns;

static inline struct net_ns *net_ns_current(void)
{
	return container_of(current->ns->of[NS_NET], struct net_ns, ns);
}

/* An empty one. 0, -ENOMEM, -ENOSPC. */
int net_ns_create(struct user_ns *owner, struct net_ns **out) __must_check;
