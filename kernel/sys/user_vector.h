/*
 * Vectors of user buffers, fetched and checked.
 */
#pragma once

#include "kernel/fs/io_buf.h"

#define IO_MAX (0x7fffffffUL & PAGE_MASK) /* the most that one call moves */
#define IOV_SMALL 8u

struct vector {
	struct abi_iovec small[IOV_SMALL], *iov;
	struct io_buf buf; /* over all of it; not for vectors of foreign addresses */
};

/* Copies the caller's vector in and checks it: no more than IOV_MAX elements, addresses in the user
 * half, all together cut to IO_MAX. 0, -EINVAL, -EFAULT, -ENOMEM; on failure nothing is held. */
int vector_fetch(struct vector *v, const struct abi_iovec __user *uiov, size_t count) __must_check;
/* One that speaks of another address space: only that no length is negative. */
int vector_fetch_foreign(struct vector *v, const struct abi_iovec __user *uiov,
			 size_t count) __must_check;
void vector_release(struct vector *v);
