/*
 * unshare and setns: a task changes what it shares, instead of a child.
 */
#pragma once

#include "kernel/task/task.h"

/* unshare(2): current gets its own of what the flags name. All of it or, on failure, nothing:
 * -EINVAL (rules), -EPERM, -ENOSPC, -ENOMEM. May sleep. */
int task_unshare(uint64_t flags) __must_check;

/* setns(2): current enters the namespace of a file in /proc/PID/ns, or with a pidfd those of the
 * types in flags. -EBADF, -EINVAL, -EPERM, -ESRCH, -ENOMEM ... May sleep. */
int task_setns(int fd, uint64_t flags) __must_check;
