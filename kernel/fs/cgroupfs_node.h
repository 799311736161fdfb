/*
 * The inodes of cgroup2: shared by cgroupfs.c, which makes them, and cgroupfs_file.c.
 */
#pragma once

#include "kernel/fs/cgroup_files.h"
#include "kernel/fs/file.h"
#include "kernel/fs/inode.h"

struct cgroup_node {
	struct inode inode;
	struct cgroup *cgroup;		 /* [i] counted */
	const struct cgroup_file *file;  /* [i] NULL: the directory */
};

static inline struct cgroup_node *cgroup_node(const struct inode *inode)
{
	return container_of(inode, struct cgroup_node, inode);
}

extern const struct file_ops cgroup_file_ops;
