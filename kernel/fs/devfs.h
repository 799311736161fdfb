/*
 * Device nodes: who answers for a device number, and the devtmpfs in which nodes appear by
 * themselves.
 */
#pragma once

#include "kernel/fs/file.h"
#include "kernel/fs/inode.h"

/* Registers a character device and makes its node /dev/name (slashes allowed: its directories are
 * made). mode: permission bits. Callable before fs_init: the node appears when /dev does.
 * ops->open gets the inode (rdev says which device). 0, -ENOMEM, -EEXIST (number taken). name
 * stays the caller's and must not go away. */
int dev_register_char(dev_t dev, const char *name, unsigned mode,
		      const struct file_ops *ops) __must_check;
/* Numbers first .. first + count - 1 (same major) without nodes: terminals of devpts. */
int dev_register_char_range(dev_t first, unsigned count, const struct file_ops *ops) __must_check;
/* Who answers for dev; NULL: nobody (open gives -ENXIO). */
const struct file_ops *dev_char_ops(dev_t dev);
/* The n-th registered major and its name, for /proc/devices; false past the end. */
bool dev_char_at(unsigned n, unsigned *major, const char **name);

/* Called by fs_init. */
int devfs_init(void) __must_check;
int mem_devices_init(void) __must_check; /* null zero full random urandom kmsg */
