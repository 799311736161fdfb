/*
 * ipc namespaces: System V semaphores, queues and shared memory, and POSIX message queues.
 */
#pragma once

#include "kernel/task/ns.h"

struct ipc_ns {
	struct ns ns;
};
extern struct ipc_ns init_ipc_ns;

static inline struct ipc_ns *ipc_ns_current(void)
{
	return container_of(current->ns->of[NS_IPC], struct ipc_ns, ns);
}

/* An empty one. 0, -ENOMEM, -ENOSPC. */
int ipc_ns_create(struct user_ns *owner, struct ipc_ns **out) __must_check;
