/*
 * The only way to user memory: copies that survive any address a user can name.
 *
 * SUM is on only inside these. An address outside the user half, an unmapped or forbidden page
 * gives a short copy or -EFAULT; a page that is merely not there yet is faulted in, so all of these
 * may sleep unless current->fault_disabled is raised (then they fail instead of faulting in:
 * *_nofault wraps that).
 */
#pragma once

#include "arch/page.h"
#include "lib/errno.h"

/* Return the number of bytes NOT copied, from the end: 0 is success. */
size_t user_copy_in(void *dst, const void __user *src, size_t n);
size_t user_copy_out(void __user *dst, const void *src, size_t n);
size_t user_zero(void __user *dst, size_t n);

/* Copies a string with its NUL, size bytes at most. Its length without NUL, -EFAULT, or
 * -ENAMETOOLONG if no NUL lies within size. */
long user_string_in(char *dst, const char __user *src, size_t size);

/* All or -EFAULT. */
static inline int __must_check copy_from_user(void *dst, const void __user *src, size_t n)
{
	return user_copy_in(dst, src, n) ? -EFAULT : 0;
}

static inline int __must_check copy_to_user(void __user *dst, const void *src, size_t n)
{
	return user_copy_out(dst, src, n) ? -EFAULT : 0;
}

static inline int __must_check clear_user(void __user *dst, size_t n)
{
	return user_zero(dst, n) ? -EFAULT : 0;
}

/* Aligned 32-bit words, for futexes. 0 or -EFAULT. cmpxchg: *seen is what was there before. */
int user_load32(uint32_t *val, const uint32_t __user *p) __must_check;
int user_store32(uint32_t __user *p, uint32_t val) __must_check;
int user_cmpxchg32(uint32_t *seen, uint32_t __user *p, uint32_t expected,
		   uint32_t desired) __must_check;

/* As user_load32, but fails rather than sleep: may be called with spinlocks held. */
int user_load32_nofault(uint32_t *val, const uint32_t __user *p) __must_check;

/* [p, p+n) lies in the user half. Says nothing about what is mapped there. */
static inline bool user_range_ok(const void __user *p, size_t n)
{
	return n <= USER_END && (vaddr_t)p <= USER_END - n;
}
