/*
 * getdents64.
 */
#pragma once

#include "kernel/fs/file.h"

/* Fills buf with struct abi_dirent64. Bytes, 0 at the end, -ENOTDIR, -EINVAL (not even one entry
 * fits), -EFAULT, -ENOENT (removed). */
ssize_t dir_read(struct file *f, void __user *buf, size_t size);
