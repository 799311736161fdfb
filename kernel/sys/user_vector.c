/*
 * Fetching vectors of buffers (struct iovec). Short ones lie on the caller's stack.
 */
#include "kernel/sys/user_vector.h"

#include "arch/uaccess.h"
#include "kernel/alloc/slab.h"

void vector_release(struct vector *v)
{
	if (v->iov != v->small)
		kfree(v->iov);
}

static int vector_copy_in(struct vector *v, const struct abi_iovec __user *uiov, size_t count)
{
	if (count > IOV_MAX)
		return -EINVAL;
	v->iov = count <= IOV_SMALL ? v->small : kmalloc(count * sizeof(*v->iov), 0);
	if (!v->iov)
		return -ENOMEM;
	if (!copy_from_user(v->iov, uiov, count * sizeof(*v->iov)))
		return 0;
	vector_release(v);
	return -EFAULT;
}

int vector_fetch(struct vector *v, const struct abi_iovec __user *uiov, size_t count)
{
	size_t total = 0;
	int err = vector_copy_in(v, uiov, count);

	if (err)
		return err;
	for (size_t i = 0; i < count; i++) {
		err = -EINVAL;
		if ((int64_t)v->iov[i].len < 0)
			goto fail;
		err = -EFAULT;
		if (!user_range_ok(v->iov[i].base, v->iov[i].len))
			goto fail;
		v->iov[i].len = min(v->iov[i].len, IO_MAX - total);
		total += v->iov[i].len;
	}
	v->buf = (struct io_buf){ .iov = v->iov, .iov_count = (unsigned)count, .remaining = total };
	return 0;
fail:
	vector_release(v);
	return err;
}

int vector_fetch_foreign(struct vector *v, const struct abi_iovec __user *uiov, size_t count)
{
	int err = vector_copy_in(v, uiov, count);

	if (err)
		return err;
	for (size_t i = 0; i < count; i++) {
		if ((int64_t)v->iov[i].len < 0) {
			vector_release(v);
			return -EINVAL;
		}
	}
	return 0;
}
