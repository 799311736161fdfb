/*
 * Changing attributes by path or file, as the system calls do. kernel/fs/inode.h has inode_change
 * below them.
 */
#pragma once

#include "kernel/fs/file.h"
#include "kernel/fs/inode.h"

/* Each also refuses a read-only mount: -EROFS. */
int path_chmod(const struct path *p, unsigned mode) __must_check;
/* (unsigned)-1 leaves an id as it is. */
int path_chown(const struct path *p, unsigned uid, unsigned gid) __must_check;
#define TIME_OMIT INT64_MIN
/* ns since 1970, or TIME_OMIT; touch: both are "now", for which write permission is enough. */
int path_utimes(const struct path *p, int64_t atime, int64_t mtime, bool touch) __must_check;
int path_truncate(const struct path *p, uint64_t size) __must_check;
/* By a file open for writing. */
int file_truncate(struct file *f, uint64_t size) __must_check;
int file_fallocate(struct file *f, unsigned mode, int64_t offset, int64_t len) __must_check;
/* Writing to a file takes its set-id bits, unless CAP_FSETID. inode->lock held. */
void inode_drop_setid(struct inode *inode);
