/*
 * Users: what is counted per user id, across all its processes: its tasks, for RLIMIT_NPROC, and
 * the namespaces that it has made.
 *
 * A user is one of a user namespace: the same kernel id counts apart in each. Tasks count in the
 * first.
 */
#pragma once

#include <stdatomic.h>

#include "kernel/core/ref.h"
#include "kernel/task/ns.h"
#include "lib/rbtree.h"

struct user {
	struct ref ref;	     /* tasks and namespaces that count here, and holders */
	struct user_ns *ns;  /* [i] counted */
	unsigned uid;	     /* [i] kernel id */
	struct rb_node node; /* [users_lock] in the table, by ns and uid */
	atomic_uint tasks;   /* [a] */
	atomic_long pipe_pages; /* [a] sizes of the pipes made by it */
	atomic_uint namespaces[NS_TYPE_COUNT]; /* [a] and those of users in namespaces below */
	atomic_ulong mqueue_bytes; /* [a] that its message queues may hold */
	atomic_ulong locked_pages; /* [a] of shared memory, by SHM_LOCK; against RLIMIT_MEMLOCK */
};

/* The user of an id, counted; made if it is the first. NULL: out of memory. Any context. */
struct user *user_get(struct user_ns *ns, unsigned uid);
/* Has t's user more tasks, but for so many of them, than current's RLIMIT_NPROC lets? */
bool user_is_over_limit(const struct task *t, unsigned but);
void user_put(struct user *u); /* NULL is legal */
