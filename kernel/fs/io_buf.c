/*
 * Copying to and from whatever the caller of read or write gave: one loop over user iovecs, or the
 * kernel's own memory.
 *
 * A copy that meets a bad address stops there: the count says how far it got, and the buffer
 * stands behind the last byte that was copied.
 */
#include "kernel/fs/io_buf.h"

#include "arch/uaccess.h"
#include "lib/string.h"

void io_buf_kernel(struct io_buf *b, void *buf, size_t n)
{
	b->iov = NULL;
	b->iov_count = 0;
	b->iov_done = 0;
	b->kernel = buf;
	b->remaining = n;
}

enum copy_kind { COPY_OUT, COPY_IN, COPY_ZERO };

/* Each caller below has its own copy of this, with the kind known: no dispatch on the way. */

/* Moves n bytes between p and the kernel buffer. */
static __always_inline void copy_kernel(struct io_buf *b, enum copy_kind kind, void *p, size_t n)
{
	if (kind == COPY_OUT)
		memcpy(b->kernel, p, n);
	else if (kind == COPY_IN)
		memcpy(p, b->kernel, n);
	else
		memset(b->kernel, 0, n);
	b->kernel += n;
}

/* Bytes not copied. */
static __always_inline size_t copy_user(void __user *user, enum copy_kind kind, void *p, size_t n)
{
	if (kind == COPY_OUT)
		return user_copy_out(user, p, n);
	if (kind == COPY_IN)
		return user_copy_in(p, user, n);
	return user_zero(user, n);
}

static __always_inline size_t copy_vector(struct io_buf *b, enum copy_kind kind, char *p, size_t n)
{
	size_t done = 0;

	while (done < n) {
		size_t piece = min(b->iov->len - b->iov_done, n - done), left;

		if (piece == 0) { /* an element is used up, or was empty */
			b->iov++;
			b->iov_count--;
			b->iov_done = 0;
			continue;
		}
		left = copy_user((char __user *)b->iov->base + b->iov_done, kind, p + done, piece);
		b->iov_done += piece - left;
		done += piece - left;
		if (left)
			break;
	}
	return done;
}

static __always_inline size_t io_buf_copy(struct io_buf *b, enum copy_kind kind, void *p, size_t n)
{
	n = min(n, b->remaining);
	if (!b->iov)
		copy_kernel(b, kind, p, n);
	else
		n = copy_vector(b, kind, p, n);
	b->remaining -= n;
	return n;
}

size_t io_buf_put(struct io_buf *b, const void *src, size_t n)
{
	return io_buf_copy(b, COPY_OUT, (void *)src, n);
}

size_t io_buf_get(struct io_buf *b, void *dst, size_t n)
{
	return io_buf_copy(b, COPY_IN, dst, n);
}

size_t io_buf_zero(struct io_buf *b, size_t n)
{
	return io_buf_copy(b, COPY_ZERO, NULL, n);
}
