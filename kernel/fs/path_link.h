/*
 * A symlink on a walk's way. For path_walk.c.
 */
#pragma once

#include "kernel/fs/path_walk.h"

/* Goes on with the text of symlink d, or where it leads. Consumes d. 1 or -errno. */
int walk_enter_link(struct walk *w, struct dentry *d) __must_check;
/* The link is walked to its end, or given up. */
void walk_link_release(struct walk_link *l);
/* w->root becomes what / is for current, and is held. */
void walk_hold_root(struct walk *w);
