/*
 * A stretch of memory to copy to or from: user iovecs or one kernel buffer.
 */
#pragma once

#include "kernel/abi/uio.h"
#include "lib/types.h"

struct io_buf {
	/* kernel copy of the user's vector, addresses not yet trusted; NULL: kernel memory */
	const struct abi_iovec *iov;
	unsigned iov_count;
	size_t iov_done;  /* bytes of the first element already used */
	char *kernel;	  /* when iov is NULL */
	size_t remaining; /* bytes in all */
};

void io_buf_kernel(struct io_buf *b, void *buf, size_t n);
/* One user buffer: iov is storage the caller keeps alive. */
static inline void io_buf_user(struct io_buf *b, struct abi_iovec *iov, void __user *buf, size_t n)
{
	iov->base = buf;
	iov->len = n;
	b->iov = iov;
	b->iov_count = 1;
	b->iov_done = 0;
	b->kernel = NULL;
	b->remaining = n;
}
/* Copy and advance. Bytes copied, fewer than n at a fault; *b says remaining. */
size_t io_buf_put(struct io_buf *b, const void *src, size_t n);
size_t io_buf_get(struct io_buf *b, void *dst, size_t n);
size_t io_buf_zero(struct io_buf *b, size_t n);
