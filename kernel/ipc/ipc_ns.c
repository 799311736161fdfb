/*
 * An ipc namespace holds no object yet that could be found by a key.
 */
#include "kernel/ipc/ipc_ns.h"

#include "kernel/alloc/slab.h"
#include "kernel/task/user_ns.h"
#include "lib/errno.h"

struct ipc_ns init_ipc_ns = { .ns = NS_INIT(NS_IPC, NS_INO_IPC) };

static void ipc_ns_destroy(struct ns *ns)
{
	kfree(container_of(ns, struct ipc_ns, ns));
}

int ipc_ns_create(struct user_ns *owner, struct ipc_ns **out)
{
	struct ipc_ns *ns = kzalloc(sizeof(*ns));
	int err;

	if (ns == NULL)
		return -ENOMEM;
	err = ns_init(&ns->ns, NS_IPC, owner, ipc_ns_destroy);
	if (err) {
		kfree(ns);
		return err;
	}
	*out = ns;
	return 0;
}
