/*
 * SAN=address: the checks.
 *
 * With -fsanitize=kernel-address the compiler calls __asan_load4_noabort(p) before it loads 4 bytes
 * from p, and so on; around variables on the stack whose address is taken it leaves gaps and writes
 * their shadow itself; after each global variable it leaves a gap too, and describes all of a file
 * in an array that a constructor hands to __asan_register_globals. memcpy and its like come here
 * by the linker's --wrap and check their whole range at once.
 *
 * Calls and not code in line: the kernel is half the size, and what is called can look before it
 * leaps, at `checking` (early boot has no shadow worth looking at) and at the half an address
 * is in (a bad pointer is the hardware's to refuse).
 *
 * A second use of the constructors: to find the name of a variable they are run again, with another
 * function at the end (asan_globals_walk). So no table of them is kept.
 *
 * This file is not compiled with checks. asan_report.c has what happens when one fails.
 */
#include "kernel/core/asan.h"

#include "arch/shadow.h"
#include "lib/string.h"

static bool checking;

extern void (*const _ctors_start[])(void), (*const _ctors_end[])(void);

/* lib/string.c's, past the checks. */
void *__real_memcpy(void *dst, const void *src, size_t len);
void *__real_memmove(void *dst, const void *src, size_t len);
void *__real_memset(void *dst, int byte, size_t len);
int __real_memcmp(const void *a, const void *b, size_t len);

/* --- marking ---------------------------------------------------------------------------------- */

void asan_poison(const void *p, size_t len, enum asan_why why)
{
	int8_t *at = shadow_of((vaddr_t)p), *end = shadow_of((vaddr_t)p + len + 7);

	if (checking)
		__real_memset(at, (int)why, (size_t)(end - at));
}

void asan_unpoison(const void *p, size_t len)
{
	int8_t *at = shadow_of((vaddr_t)p);

	if (!checking)
		return;
	__real_memset(at, 0, len / 8);
	if (len % 8)
		at[len / 8] = (int8_t)(len % 8);
}

uint8_t asan_why(const void *p)
{
	return (uint8_t)*shadow_of((vaddr_t)p);
}

/* --- looking ---------------------------------------------------------------------------------- */

/* Has the byte at addr been forbidden? */
static __always_inline bool is_bad(vaddr_t addr)
{
	int8_t s = *shadow_of(addr);

	return unlikely(s != 0) && (int8_t)(addr & 7) >= s;
}

static __always_inline bool is_checked(vaddr_t addr)
{
	return checking && addr >= DIRECT_BASE;
}

/* The end. What the report touches is not looked at any more. */
static __noinline __noreturn void refuse(vaddr_t addr, size_t len, vaddr_t bad, bool write,
					 uintptr_t pc)
{
	checking = false;
	asan_report_access(addr, len, bad, write, pc);
}

/* An access of at most 8 bytes. It is aligned or crosses one border: its last byte decides, or its
 * first. */
static __always_inline void check(vaddr_t addr, size_t len, bool write)
{
	if (!is_checked(addr) || likely(!is_bad(addr + len - 1) && !is_bad(addr)))
		return;
	refuse(addr, len, is_bad(addr) ? addr : addr + len - 1, write,
	       (uintptr_t)__builtin_return_address(0));
}

/* The first forbidden byte of [start, end), or end. */
static vaddr_t first_bad(vaddr_t start, vaddr_t end)
{
	for (vaddr_t at = start; at < end; at = ALIGN_DOWN(at, 8) + 8) {
		int8_t s = *shadow_of(at);

		if (likely(s == 0))
			continue;
		if (is_bad(at))
			return at;
		if (ALIGN_DOWN(at, 8) + (vaddr_t)s < end)
			return ALIGN_DOWN(at, 8) + (vaddr_t)s;
	}
	return end;
}

static void check_range(vaddr_t addr, size_t len, bool write, uintptr_t pc)
{
	vaddr_t bad;

	if (!is_checked(addr))
		return;
	if (unlikely(addr + len < addr)) /* a negative length: no shadow is that long */
		refuse(addr, len, addr, write, pc);
	bad = first_bad(addr, addr + len);
	if (unlikely(bad < addr + len))
		refuse(addr, len, bad, write, pc);
}

void asan_check(const void *p, size_t len, bool write)
{
	check_range((vaddr_t)p, len, write, (uintptr_t)__builtin_return_address(0));
}

/* --- what the compiler calls ------------------------------------------------------------------ */

#define CHECK_DEFINE(size)                                                                         \
	void __asan_load##size##_noabort(vaddr_t addr);                                            \
	void __asan_store##size##_noabort(vaddr_t addr);                                           \
	void __asan_load##size##_noabort(vaddr_t addr)                                             \
	{                                                                                          \
		check(addr, size, false);                                                          \
	}                                                                                          \
	void __asan_store##size##_noabort(vaddr_t addr)                                            \
	{                                                                                          \
		check(addr, size, true);                                                           \
	}

CHECK_DEFINE(1)
CHECK_DEFINE(2)
CHECK_DEFINE(4)
CHECK_DEFINE(8)

#define RANGE_DEFINE(name, size_param, len, write)                                                 \
	void name size_param;                                                                      \
	void name size_param                                                                       \
	{                                                                                          \
		check_range(addr, len, write, (uintptr_t)__builtin_return_address(0));             \
	}

RANGE_DEFINE(__asan_load16_noabort, (vaddr_t addr), 16, false)
RANGE_DEFINE(__asan_store16_noabort, (vaddr_t addr), 16, true)
RANGE_DEFINE(__asan_loadN_noabort, (vaddr_t addr, size_t size), size, false)
RANGE_DEFINE(__asan_storeN_noabort, (vaddr_t addr, size_t size), size, true)

/* Before a call that does not return: the stack's gaps stay marked. Nobody comes back to them, and
 * a stack that is given out again is unmarked first. */
void __asan_handle_no_return(void);
void __asan_handle_no_return(void)
{
}

/* A variable's block begins or ends; large ones only, the compiler marks others itself. */
void __asan_poison_stack_memory(const void *p, size_t len);
void __asan_poison_stack_memory(const void *p, size_t len)
{
	asan_poison(p, len, ASAN_STACK_SCOPE);
}

void __asan_unpoison_stack_memory(const void *p, size_t len);
void __asan_unpoison_stack_memory(const void *p, size_t len)
{
	asan_unpoison(p, len);
}

/* --- memcpy and its like: ld --wrap ----------------------------------------------------------- */

#define CALLER ((uintptr_t)__builtin_return_address(0))

void *__wrap_memcpy(void *dst, const void *src, size_t len);
void *__wrap_memmove(void *dst, const void *src, size_t len);
void *__wrap_memset(void *dst, int byte, size_t len);
int __wrap_memcmp(const void *a, const void *b, size_t len);

void *__wrap_memcpy(void *dst, const void *src, size_t len)
{
	check_range((vaddr_t)src, len, false, CALLER);
	check_range((vaddr_t)dst, len, true, CALLER);
	return __real_memcpy(dst, src, len);
}

void *__wrap_memmove(void *dst, const void *src, size_t len)
{
	check_range((vaddr_t)src, len, false, CALLER);
	check_range((vaddr_t)dst, len, true, CALLER);
	return __real_memmove(dst, src, len);
}

void *__wrap_memset(void *dst, int byte, size_t len)
{
	check_range((vaddr_t)dst, len, true, CALLER);
	return __real_memset(dst, byte, len);
}

int __wrap_memcmp(const void *a, const void *b, size_t len)
{
	check_range((vaddr_t)a, len, false, CALLER);
	check_range((vaddr_t)b, len, false, CALLER);
	return __real_memcmp(a, b, len);
}

/* --- global variables ------------------------------------------------------------------------- */

static void (*globals_fn)(const struct asan_global *globals, size_t n);

void __asan_register_globals(const struct asan_global *globals, size_t n);
void __asan_register_globals(const struct asan_global *globals, size_t n)
{
	globals_fn(globals, n);
}

/* At an end that never comes. */
void __asan_unregister_globals(const struct asan_global *globals, size_t n);
void __asan_unregister_globals(const struct asan_global *globals, size_t n)
{
}

void asan_globals_walk(void (*fn)(const struct asan_global *globals, size_t n))
{
	globals_fn = fn;
	for (void (*const *ctor)(void) = _ctors_start; ctor < _ctors_end; ctor++)
		(*ctor)();
}

static void globals_mark(const struct asan_global *globals, size_t n)
{
	for (const struct asan_global *g = globals; g < globals + n; g++) {
		asan_poison(g->start, g->size_padded, ASAN_GLOBAL);
		asan_unpoison(g->start, g->size);
	}
}

void asan_stop(void)
{
	checking = false;
}

void asan_start(void)
{
	shadow_start();
	checking = true;
	asan_globals_walk(globals_mark);
}
