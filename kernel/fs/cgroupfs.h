/*
 * The file system cgroup2: control groups as directories.
 */
#pragma once

#include "kernel/fs/file.h"
#include "kernel/task/cgroup.h"

struct cred;

/* The group whose directory an open file is, counted. 0, -EBADF (not such a directory), -ENOENT
 * (removed). */
int cgroup_of_file(const struct file *f, struct cgroup **out) __must_check;
/* May a process be taken from one group to another by who has these credentials? 0, -EACCES,
 * -EBUSY, -ENODEV. tasks_lock held. */
int cgroup_may_move(struct cgroup *from, struct cgroup *to, const struct cred *cred) __must_check
	__must_hold(tasks_lock);

/* The same for a new process of current's, who must also be allowed to write to `to`. */
int cgroup_may_clone_into(struct cgroup *from, struct cgroup *to) __must_check
	__must_hold(tasks_lock);

void cgroupfs_init(void);
