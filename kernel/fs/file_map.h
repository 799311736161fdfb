/*
 * Files in address spaces: what mmap and exec need of a file.
 */
#pragma once

#include "kernel/fs/file.h"
#include "kernel/mm/mm.h"

/* For mm_map_request.attach: fills vma->ops and what the file's own mmap sets up (vma->cache; NULL
 * leaves it anonymous). 0, -ENODEV (the file can't be mapped). */
int file_map_attach(struct file *file, struct vma *vma) __must_check;

/* The file that an area shows, borrowed; NULL: none that was opened. mm->lock held. */
struct file *file_map_peek(const struct vma *v);

/* May file be mapped with prot (PROT_*) and, shared or not? *allow_write: a shared mapping may
 * become writable. 0, -EACCES, -EPERM (PROT_EXEC on a noexec mount). */
int file_map_check(struct file *file, unsigned prot, bool shared, bool *allow_write) __must_check;
