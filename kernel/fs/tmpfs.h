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

/* Adds n to a counter of the instance unless that takes it above max (0: no limit). 0, -ENOSPC. */
int tmpfs_counter_add(atomic_long *counter, long n, long max) __must_check;
/* A regular file, not yet counted; NULL: no memory. The other half is for inode_free. */
struct inode *tmpfs_file_create(struct super *sb, unsigned mode);
void tmpfs_file_free(struct inode *inode);
int tmpfs_file_fsync(struct file *f, bool data_only);
/* The seals of a regular file of a tmpfs; NULL for any other inode. */
unsigned *tmpfs_seals(const struct inode *inode);
void tmpfs_init(void);
