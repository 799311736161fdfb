/*
 * types.h: the words that every file of Pando is written in.
 *
 * Fixed-width integers, the two address types, compiler attributes under short names, and the
 * handful of macros (container_of, min, ALIGN_UP ...) that C lacks. Nothing here has a body in a
 * .c file and nothing depends on the machine.
 *
 * Beware of the compiler's own library: on rv64gc the builtins for counting or scanning bits and
 * for swapping bytes turn into calls into libgcc, which the kernel does not link. lib/bits.h and
 * lib/bytes.h have replacements.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t paddr_t; /* a physical address */
typedef uint64_t vaddr_t; /* a virtual address, of the kernel or of a user */

/* A size, or a negative error. A C library's own definition is the same. */
typedef long ssize_t;

/* __user marks a pointer that a program gave us: only the user-copy functions may follow it. A
 * checker build makes it an address space of its own, so that a stray dereference is an error. */
#if defined(__CHECKER__) || defined(__clang_analyzer__)
#define __user __attribute__((noderef, address_space(1)))
#else
#define __user
#endif

#define __packed	__attribute__((packed))
#define __aligned(n)	__attribute__((aligned(n)))
#define __noreturn	__attribute__((noreturn))
#define __must_check	__attribute__((warn_unused_result))
#define __printf(a, b)	__attribute__((format(printf, a, b)))
#define __maybe_unused	__attribute__((unused))
#define __used		__attribute__((used))
#define __noinline	__attribute__((noinline))
#define __section(name) __attribute__((section(name)))
/* SAN=address: this function's accesses are not looked at one by one. */
#ifdef PANDO_ASAN
#define __unchecked __attribute__((no_sanitize_address))
#else
#define __unchecked
#endif
#define __weak		__attribute__((weak))
#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif
#ifndef static_assert
#define static_assert _Static_assert
#endif

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

/* Stops the compiler, not the hart, from moving memory accesses across this point. */
#define barrier() __asm__ volatile("" : : : "memory")

/* One access, neither torn nor repeated nor dropped by the compiler. They order nothing. Where one
 * side of memory that is shared without a lock has to say this, the other has to, too. */
#define READ_ONCE(x)	 (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))
/* By the only one who writes x now; others may look. */
#define ADD_ONCE(x, n)	 WRITE_ONCE(x, (x) + (n))

/* The struct of type `type` whose field `member` is at `ptr`. */
#define container_of(ptr, type, member)                                                            \
	({                                                                                         \
		const __typeof__(((type *)0)->member) *container_ptr = (ptr);                      \
		(type *)((char *)container_ptr - offsetof(type, member));                          \
	})

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* Each argument is evaluated once. Arguments of different signedness draw -Wsign-compare; min_t
 * and max_t convert both to `type` first, for the caller who knows that this is right. */
#define min(a, b)                                                                                  \
	({                                                                                         \
		__auto_type min_a = (a);                                                           \
		__auto_type min_b = (b);                                                           \
		min_a < min_b ? min_a : min_b;                                                     \
	})
#define max(a, b)                                                                                  \
	({                                                                                         \
		__auto_type max_a = (a);                                                           \
		__auto_type max_b = (b);                                                           \
		max_a > max_b ? max_a : max_b;                                                     \
	})
#define min_t(type, a, b)   min((type)(a), (type)(b))
#define max_t(type, a, b)   max((type)(a), (type)(b))
#define clamp(x, low, high) min(max(x, low), high)

/* `a` is a power of two; the result has the type of x. */
#define ALIGN_DOWN(x, a)   ((x) & ~((__typeof__(x))(a) - 1))
#define ALIGN_UP(x, a)	   (((x) + ((__typeof__(x))(a) - 1)) & ~((__typeof__(x))(a) - 1))
#define IS_ALIGNED(x, a)   (((x) & ((__typeof__(x))(a) - 1)) == 0)
#define DIV_ROUND_UP(n, d) (((n) + (d) - 1) / (d))

#define BIT(n) ((uint64_t)1 << (n))

/*
 * An error in a pointer: functions that return a pointer and may fail for several reasons return
 * ERR_PTR(-errno). The last 4095 addresses are never those of an object. Whether a function may
 * return NULL as well is for its contract to say; IS_ERR(NULL) is false.
 */
#define ERR_MAX 4095

static inline void *ERR_PTR(int error)
{
	return (void *)(intptr_t)error;
}

static inline int PTR_ERR(const void *ptr)
{
	return (int)(intptr_t)ptr;
}

static inline bool IS_ERR(const void *ptr)
{
	return (uintptr_t)ptr >= (uintptr_t)-ERR_MAX;
}
