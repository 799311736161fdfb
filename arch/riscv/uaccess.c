/*
 * uaccess.c: copies to and from user memory, in the words of arch/uaccess.h.
 *
 * Two things can be wrong with a user pointer. It may name the kernel's half: refused here, before
 * anything is touched, because with SUM on the hardware would not refuse it. Or its page may be
 * missing or forbidden: found by the access itself, and settled by trap.c through the exception
 * table (user_copy.S).
 */
#include "arch/uaccess.h"

#include "kernel/core/asan.h"
#include "kernel/core/fault_inject.h"
#include "kernel/task/task.h"

size_t user_copy(void *dst, const void *src, size_t n);
size_t user_fill_zero(void *dst, size_t n);
long user_string(char *dst, const char *src, size_t n);
int user_get32(uint32_t *val, const uint32_t *p);
int user_put32(uint32_t *p, uint32_t val);
int user_swap32(uint32_t *seen, uint32_t *p, uint32_t expected, uint32_t desired);

/* A page may have to be faulted in. */
static inline void copy_may_sleep(void)
{
	if (!current->fault_disabled)
		might_sleep();
}

size_t user_copy_in(void *dst, const void __user *src, size_t n)
{
	copy_may_sleep();
	if (!user_range_ok(src, n) || fault_inject(FAULT_COPY))
		return n;
	asan_check(dst, n, true);
	return user_copy(dst, (const void *)src, n);
}

size_t user_copy_out(void __user *dst, const void *src, size_t n)
{
	copy_may_sleep();
	if (!user_range_ok(dst, n) || fault_inject(FAULT_COPY))
		return n;
	asan_check(src, n, false);
	return user_copy((void *)dst, src, n);
}

size_t user_zero(void __user *dst, size_t n)
{
	copy_may_sleep();
	if (!user_range_ok(dst, n) || fault_inject(FAULT_COPY))
		return n;
	return user_fill_zero((void *)dst, n);
}

long user_string_in(char *dst, const char __user *src, size_t size)
{
	vaddr_t start = (vaddr_t)src;
	size_t limit = size;
	long len;

	copy_may_sleep();
	if (start >= USER_END || fault_inject(FAULT_COPY))
		return -EFAULT;
	if (limit > USER_END - start)
		limit = USER_END - start;
	asan_check(dst, limit, true);
	len = user_string(dst, (const char *)src, limit);
	if (len < 0)
		return -EFAULT;
	if ((size_t)len < limit)
		return len;
	return limit < size ? -EFAULT : -ENAMETOOLONG;
}

int user_load32(uint32_t *val, const uint32_t __user *p)
{
	copy_may_sleep();
	if (!user_range_ok(p, sizeof(*p)) || fault_inject(FAULT_COPY))
		return -EFAULT;
	if (user_get32(val, (const uint32_t *)p))
		return -EFAULT;
	return 0;
}

int user_store32(uint32_t __user *p, uint32_t val)
{
	copy_may_sleep();
	if (!user_range_ok(p, sizeof(*p)) || fault_inject(FAULT_COPY))
		return -EFAULT;
	if (user_put32((uint32_t *)p, val))
		return -EFAULT;
	return 0;
}

int user_cmpxchg32(uint32_t *seen, uint32_t __user *p, uint32_t expected, uint32_t desired)
{
	copy_may_sleep();
	if (!user_range_ok(p, sizeof(*p)) || fault_inject(FAULT_COPY))
		return -EFAULT;
	if (user_swap32(seen, (uint32_t *)p, expected, desired))
		return -EFAULT;
	return 0;
}

int user_load32_nofault(uint32_t *val, const uint32_t __user *p)
{
	int err;

	current->fault_disabled++;
	err = user_load32(val, p);
	current->fault_disabled--;
	return err;
}
