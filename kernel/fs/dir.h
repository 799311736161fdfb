/*
 * Changing directories: every call that makes, moves or removes a name. Kernel strings; all checks
 * inside; 0 or -errno.
 */
#pragma once

#include "kernel/fs/inode.h"
#include "kernel/fs/path_walk.h"

/* mode with its type (S_IFREG, S_IFCHR, S_IFBLK, S_IFIFO, S_IFSOCK); the umask of current
 * applies. */
int dir_mknod(int dfd, const char *name, unsigned mode, dev_t rdev) __must_check;
int dir_mkdir(int dfd, const char *name, unsigned mode) __must_check;
int dir_symlink(const char *target, int dfd, const char *name) __must_check;
/* flags: AT_SYMLINK_FOLLOW, AT_EMPTY_PATH. */
int dir_link(int old_dfd, const char *old_name, int new_dfd, const char *new_name,
	     unsigned flags) __must_check;
int dir_unlink(int dfd, const char *name) __must_check;
int dir_rmdir(int dfd, const char *name) __must_check;
int dir_rename(int old_dfd, const char *old_name, int new_dfd, const char *new_name,
	       unsigned flags) __must_check;

/* Makes a name in parent, whose lock the caller does not hold: for bind(2). *out: the new dentry's
 * path, may be NULL. */
int dir_mknod_path(int dfd, const char *name, unsigned mode, dev_t rdev,
		   struct path *out) __must_check;

/* Shared by dir.c, rename.c, open.c. */
int dir_may_create(struct inode *dir) __must_check;
int dir_may_delete(struct inode *dir, struct dentry *victim, bool want_dir) __must_check;
unsigned dir_apply_umask(unsigned mode);
/* The S_ISGID of a directory passes on to what is made in it. Locks dir for names to change. */
void dir_lock(struct inode *dir) __acquires(dir->lock);
void dir_unlock(struct inode *dir) __releases(dir->lock);
