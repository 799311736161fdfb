/*
 * A place in the tree of names: which mount, and which name in it.
 */
#pragma once

#include "lib/types.h"

struct mount;
struct dentry;

struct path {
	struct mount *mnt;
	struct dentry *dentry;
};

/* References to both members. path_put clears it. */
void path_get(const struct path *p);
void path_put(struct path *p);

/* Where iterate puts directory entries. */
struct dir_emit {
	/* False: no room left, stop before this entry. next_pos: where to go on after it. type:
	 * DT_*. */
	bool (*fn)(struct dir_emit *e, const char *name, size_t len, uint64_t ino, unsigned type,
		   uint64_t next_pos);
};
