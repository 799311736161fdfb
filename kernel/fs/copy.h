/*
 * Moving bytes from file to file inside the kernel.
 */
#pragma once

#include "kernel/fs/file.h"

/* At most n bytes; NULL positions are the files' own. Bytes moved (0: end of in) or -errno. */
ssize_t file_sendfile(struct file *in, uint64_t *in_pos, struct file *out, size_t n) __must_check;
/* The same between regular files only; ranges of one file must not overlap. */
ssize_t file_copy_range(struct file *in, uint64_t *in_pos, struct file *out, uint64_t *out_pos,
			size_t n) __must_check;
