/*
 * SAN=address: which bytes of the kernel may be touched.
 *
 * Every 8 bytes have one of shadow (arch/shadow.h): 0 all may be touched, 1 to 7 only the first so
 * many, a negative number none, and why. The compiler puts a call before every access; allocators
 * say here what they give out and take back. Without SAN=address all this is nothing.
 */
#pragma once

#include "lib/types.h"

/* Why 8 bytes must not be touched. f1 to f8 are the compiler's own, for variables on the stack. */
enum asan_why {
	ASAN_STACK_LEFT = 0xf1,
	ASAN_STACK_MIDDLE = 0xf2,
	ASAN_STACK_RIGHT = 0xf3,
	ASAN_STACK_SCOPE = 0xf8, /* its block has ended */
	ASAN_GLOBAL = 0xf9,	 /* between two variables */
	ASAN_OBJECT_FREED = 0xfb,
	ASAN_OBJECT_END = 0xfc, /* between two objects of a cache, or beyond what was asked for */
	ASAN_STACK_FREED = 0xfd, /* a kernel stack that no task has */
	ASAN_PAGE_END = 0xfe,	/* beyond what was asked for in a block of frames */
	ASAN_PAGE_FREED = 0xff
};

#ifdef PANDO_ASAN

/* After paging_init: finds the red zones of global variables; checks begin. */
void asan_start(void);

/* From now on [p, p + len) must not be touched / may be. p is a multiple of 8; poison takes in the
 * rest of the last 8 bytes, unpoison ends at the byte. */
void asan_poison(const void *p, size_t len, enum asan_why why);
void asan_unpoison(const void *p, size_t len);

/* What the shadow says of the 8 bytes at p. */
uint8_t asan_why(const void *p);

/* Someone is about to touch [p, p + len) in a way that the compiler does not see. */
void asan_check(const void *p, size_t len, bool write);

/* An access of len bytes at addr of which the one at bad is the first that is not allowed, from
 * pc: says so, and what is known about the place, and panics. Called by asan.c. */
__noreturn void asan_report_access(vaddr_t addr, size_t len, vaddr_t bad, bool write, uintptr_t pc);
/* The same for an address that is freed and must not be. */
__noreturn void asan_report_free(const char *kind, vaddr_t addr);

/* No more checks: a report is being made. */
void asan_stop(void);

/* A global variable as the compiler describes it. */
struct asan_global {
	const char *start;
	size_t size, size_padded;
	const char *name, *file;
	uintptr_t rest[3];
};
/* Calls fn for the arrays of all files' globals. */
void asan_globals_walk(void (*fn)(const struct asan_global *globals, size_t n));

#else

static inline void asan_start(void)
{
}

static inline void asan_poison(const void *p, size_t len, enum asan_why why)
{
}

static inline void asan_unpoison(const void *p, size_t len)
{
}

static inline void asan_check(const void *p, size_t len, bool write)
{
}

#endif
