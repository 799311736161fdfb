/*
 * Users: what is counted per user id, across all its processes. Today its tasks, for RLIMIT_NPROC.
 */
#pragma once

#include <stdatomic.h>

#include "kernel/core/ref.h"
#include "lib/rbtree.h"

struct user {
	struct ref ref;	     /* tasks that count here, and holders */
	unsigned uid;	     /* [i] */
	struct rb_node node; /* [users_lock] in the table, by uid */
	atomic_uint tasks;   /* [a] */
};

/* The user of an id, counted; made if it is the first. NULL: out of memory. Any context. */
struct user *user_get(unsigned uid);
void user_put(struct user *u); /* NULL is legal */
