/*
 * Structs that grew over time: a call that takes one takes its size as well.
 */
#pragma once

#include "arch/uaccess.h"
#include "lib/string.h"

/* Copies a user's struct of usize bytes into one of ksize: missing fields are zero, unknown ones
 * must be. 0, -EFAULT, -E2BIG. */
static inline int __must_check user_struct_in(void *dst, size_t ksize, const void __user *src,
					      size_t usize)
{
	size_t known = min(ksize, usize);

	if (usize > PAGE_SIZE)
		return -E2BIG;
	for (size_t at = ksize; at < usize; at++) {
		char byte;

		if (user_copy_in(&byte, (const char __user *)src + at, 1))
			return -EFAULT;
		if (byte)
			return -E2BIG;
	}
	memset((char *)dst + known, 0, ksize - known);
	return copy_from_user(dst, src, known);
}
