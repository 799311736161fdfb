/*
 * Reading and writing files whose contents lie in a page cache: what tmpfs and disk file systems
 * give as file_ops.
 */
#pragma once

#include "kernel/fs/file.h"

ssize_t cache_file_read(struct file *f, struct io_buf *to, uint64_t *pos);
ssize_t cache_file_write(struct file *f, struct io_buf *from, uint64_t *pos);
/* SEEK_DATA and SEEK_HOLE from the cache: right for files that have no other copy. */
int64_t cache_file_seek(struct file *f, int64_t offset, int whence);
int cache_file_mmap(struct file *f, struct vma *vma);

/* SEEK_SET, CUR, END over a file of the given size; pos_lock held. The new position or -EINVAL. */
int64_t file_seek_sized(struct file *f, int64_t offset, int whence, uint64_t size, uint64_t max);
/* Default of files that have a position: by inode->size. */
int64_t file_seek_generic(struct file *f, int64_t offset, int whence);
/* Devices to which a position means nothing: always 0. */
int64_t file_seek_zero(struct file *f, int64_t offset, int whence);

/* RLIMIT_FSIZE and the largest file: how many of n bytes may be written at pos; 0 for n == 0;
 * -EFBIG (with SIGXFSZ). */
ssize_t file_write_limit(struct file *f, uint64_t pos, size_t n);
