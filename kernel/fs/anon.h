/*
 * Files without a name in any directory: pipes, sockets, eventfd, epoll...
 *
 * They live in an internal file system. Their inodes have numbers and times like any other;
 * /proc/PID/fd shows the name given here.
 */
#pragma once

#include "kernel/fs/file.h"
#include "kernel/fs/inode.h"

/* A fresh inode of the given mode (S_IFIFO | 0600...) and a name for it; ops may be NULL,
 * ops->destroy is called with the last reference. A name without '[' is shown as "name:[ino]".
 * *out: references to mount and dentry; open it as often as wished with file_open_path (fops are
 * given to the files). 0, -ENOMEM. */
int anon_path_create(const char *name, unsigned mode, const struct inode_ops *ops,
		     const struct file_ops *fops, void *private, struct path *out) __must_check;
int anon_init(void) __must_check;

/* The same on a file system of its own: a kind of such files that has its own inode numbers. */
struct fs_type;
int anon_mount_create(struct fs_type *type, uint64_t magic, struct mount **out) __must_check;
int anon_path_create_on(struct mount *mnt, const char *name, unsigned mode,
			const struct inode_ops *ops, const struct file_ops *fops, void *private,
			struct path *out) __must_check;
