/*
 * Pidfds: a task as a file. Unlike its number, it never comes to mean another.
 */
#pragma once

#include "kernel/fs/file.h"

struct pid;

/* flags: PIDFD_NONBLOCK, PIDFD_THREAD. autokill: closing the last descriptor kills the process.
 * 0, -ENOMEM. */
int pidfd_create(struct pid *pid, unsigned flags, bool autokill, struct file **out) __must_check;

/* Whose it is, borrowed from the file; NULL: not a pidfd. */
struct pid *pidfd_pid(const struct file *f);

/* The one file system of all of them. 0, -ENOMEM. */
int pidfs_init(void) __must_check;
