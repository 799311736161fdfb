/*
 * Start of the file systems.
 */
#pragma once

#include "lib/types.h"

struct fs_context;

/* Name cache, file system kinds, the root tmpfs, devices. *out: root and working directory "/" for
 * the first task. Called once, before the first user of files. 0 or -errno. */
int fs_init(struct fs_context **out) __must_check;

/* Unpacks a newc cpio archive into current's root. 0, or -EINVAL / -ENOSPC... with a sentence
 * printed. The archive's memory stays the caller's. */
int initramfs_unpack(const void *data, size_t size) __must_check;
