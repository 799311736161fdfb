/*
 * devpts: the file system of /dev/pts, in which a node N stands for the slave of pseudo-terminal N.
 */
#pragma once

#include "kernel/fs/path.h"

struct pty;

int devpts_init(void) __must_check;
/* Makes p's node, owned by current, and gives its name, counted, for devpts_remove. The node holds
 * a reference to p. 0, -ENOMEM. */
int devpts_add(struct pty *p, struct dentry **out) __must_check;
/* The node vanishes; consumes the reference to its name. */
void devpts_remove(struct dentry *node);
/* Where the file system of a node is mounted for current: the mount that `near` (the master's
 * path) is on, else what /dev/pts is. *out: counted. -ENODEV: nowhere. */
int devpts_mount_find(const struct path *near, struct path *out) __must_check;
