/*
 * tmpfs: files in memory.
 */
#pragma once

#include "kernel/fs/file.h"
#include "kernel/fs/super.h"
#include "kernel/fs/tmpfs_options.h"

struct tmpfs {
	struct tmpfs_options options; /* limits change by remount: read as words */
	atomic_long pages, inodes;    /* [a] in use */
};

/* fs_type.mount: also for types that are a tmpfs by another name. */
int tmpfs_mount(struct fs_type *type, const char *source, const char *options, struct super **out);
/* The seals of a regular file of a tmpfs; NULL for any other inode. */
unsigned *tmpfs_seals(const struct inode *inode);
void tmpfs_init(void);
