/*
 * Namespaces as files: what the links in /proc/PID/ns lead to, and what setns is given.
 */
#pragma once

#include "kernel/fs/path.h"
#include "kernel/task/ns.h"

struct file;

/* A file that stands for ns, and keeps it. *out has references. 0, -ENOMEM. May sleep. */
int nsfs_path(struct ns *ns, struct path *out) __must_check;
/* The namespace that an open file stands for, borrowed from it; NULL: it is another file. */
struct ns *nsfs_ns(const struct file *f);
int nsfs_init(void) __must_check;
