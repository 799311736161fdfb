/*
 * cgroup namespaces: which group /proc/PID/cgroup shows as the root.
 */
#pragma once

#include "kernel/task/cgroup.h"
#include "kernel/task/ns.h"

struct cgroup_ns {
	struct ns ns;
	struct cgroup *root; /* [i] counted: its maker's group at that time */
};
extern struct cgroup_ns init_cgroup_ns;

static inline struct cgroup_ns *cgroup_ns_current(void)
{
	return container_of(current->ns->of[NS_CGROUP], struct cgroup_ns, ns);
}

/* One whose root is current's group. 0, -ENOMEM, -ENOSPC. */
int cgroup_ns_create(struct user_ns *owner, struct cgroup_ns **out) __must_check;
/* Another root for one that nobody sees yet. */
void cgroup_ns_set_root(struct cgroup_ns *ns, struct cgroup *root);
