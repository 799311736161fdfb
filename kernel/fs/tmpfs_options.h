/*
 * The options of a tmpfs: text to numbers and back.
 */
#pragma once

#include "lib/types.h"

struct tmpfs_options {
	long max_pages, max_inodes; /* 0: no limit */
	unsigned mode, uid, gid;    /* of the root directory */
};

void tmpfs_options_default(struct tmpfs_options *o);
/* "size=64k,mode=755,...": what is named replaces what *o has. 0, -EINVAL. */
int tmpfs_options_parse(const char *text, struct tmpfs_options *o) __must_check;
size_t tmpfs_options_show(const struct tmpfs_options *o, char *buf, size_t size);
