/*
 * SAN=thread: what the compiler calls.
 *
 * With -fsanitize=thread gcc calls __tsan_read4(p) before it reads 4 bytes at p, and so on:
 * __tsan_volatile_read4 when the access is volatile (--param tsan-distinguish-volatile=1), a range
 * for a struct or for what may not be aligned. C's atomics are not in line any more but calls, each
 * of which is done here as well. memcpy and its like come here by the linker's --wrap.
 *
 * All of them go to race.c with their own frame, in which the caller's address lies. Nobody but the
 * compiler calls them, so no header declares them.
 */
#include "kernel/core/race.h"

#include <stdatomic.h>

#define FRAME ((uintptr_t)__builtin_frame_address(0))

#define LOOK_DEFINE(name, size, how)                                                               \
	void name(vaddr_t addr);                                                                   \
	void name(vaddr_t addr)                                                                    \
	{                                                                                          \
		race_look(addr, size, how, FRAME);                                                 \
	}

#define LOOKS_DEFINE(size)                                                                         \
	LOOK_DEFINE(__tsan_read##size, size, RACE_READS)                                           \
	LOOK_DEFINE(__tsan_write##size, size, RACE_WRITES)                                         \
	LOOK_DEFINE(__tsan_volatile_read##size, size, RACE_READS | RACE_MARKED)                    \
	LOOK_DEFINE(__tsan_volatile_write##size, size, RACE_WRITES | RACE_MARKED)

LOOKS_DEFINE(1)
LOOKS_DEFINE(2)
LOOKS_DEFINE(4)
LOOKS_DEFINE(8)

#define RANGE_DEFINE(name, params, size, how)                                                      \
	void name params;                                                                          \
	void name params                                                                           \
	{                                                                                          \
		race_look_range(addr, size, how, FRAME);                                           \
	}

RANGE_DEFINE(__tsan_read16, (vaddr_t addr), 16, RACE_READS)
RANGE_DEFINE(__tsan_write16, (vaddr_t addr), 16, RACE_WRITES)
RANGE_DEFINE(__tsan_read_range, (vaddr_t addr, size_t len), len, RACE_READS)
RANGE_DEFINE(__tsan_write_range, (vaddr_t addr, size_t len), len, RACE_WRITES)

/* Each file's constructor would call it; they are not run. */
void __tsan_init(void);
void __tsan_init(void)
{
}

/* --- atomics: a call each, and done in the strongest order ------------------------------------ */

#define ATOMIC_BASE(bits)                                                                          \
	uint##bits##_t __tsan_atomic##bits##_load(const volatile uint##bits##_t *p, int order);    \
	void __tsan_atomic##bits##_store(volatile uint##bits##_t *p, uint##bits##_t v, int order); \
	uint##bits##_t __tsan_atomic##bits##_load(const volatile uint##bits##_t *p, int order)     \
	{                                                                                          \
		race_look((vaddr_t)p, sizeof(*p), RACE_READS | RACE_MARKED, FRAME);                \
		return __atomic_load_n(p, __ATOMIC_SEQ_CST);                                       \
	}                                                                                          \
	void __tsan_atomic##bits##_store(volatile uint##bits##_t *p, uint##bits##_t v, int order)  \
	{                                                                                          \
		race_look((vaddr_t)p, sizeof(*p), RACE_WRITES | RACE_MARKED, FRAME);               \
		__atomic_store_n(p, v, __ATOMIC_SEQ_CST);                                          \
	}

#define ATOMIC_CHANGE(bits, name, builtin)                                                         \
	uint##bits##_t __tsan_atomic##bits##_##name(volatile uint##bits##_t *p, uint##bits##_t v,  \
						    int order);                                    \
	uint##bits##_t __tsan_atomic##bits##_##name(volatile uint##bits##_t *p, uint##bits##_t v,  \
						    int order)                                     \
	{                                                                                          \
		race_look((vaddr_t)p, sizeof(*p), RACE_WRITES | RACE_MARKED, FRAME);               \
		return builtin(p, v, __ATOMIC_SEQ_CST);                                            \
	}

#define ATOMIC_COMPARE(bits, strength, is_weak)                                                    \
	bool __tsan_atomic##bits##_compare_exchange_##strength(                                    \
		volatile uint##bits##_t *p, uint##bits##_t *seen, uint##bits##_t v, int order,     \
		int failed);                                                                       \
	bool __tsan_atomic##bits##_compare_exchange_##strength(                                    \
		volatile uint##bits##_t *p, uint##bits##_t *seen, uint##bits##_t v, int order,     \
		int failed)                                                                        \
	{                                                                                          \
		race_look((vaddr_t)p, sizeof(*p), RACE_WRITES | RACE_MARKED, FRAME);               \
		return __atomic_compare_exchange_n(p, seen, v, is_weak, __ATOMIC_SEQ_CST,          \
						   __ATOMIC_SEQ_CST);                              \
	}

#define ATOMIC_DEFINE(bits)                                                                        \
	ATOMIC_BASE(bits)                                                                          \
	ATOMIC_CHANGE(bits, exchange, __atomic_exchange_n)                                         \
	ATOMIC_CHANGE(bits, fetch_add, __atomic_fetch_add)                                         \
	ATOMIC_CHANGE(bits, fetch_sub, __atomic_fetch_sub)                                         \
	ATOMIC_CHANGE(bits, fetch_and, __atomic_fetch_and)                                         \
	ATOMIC_CHANGE(bits, fetch_or, __atomic_fetch_or)                                           \
	ATOMIC_CHANGE(bits, fetch_xor, __atomic_fetch_xor)                                         \
	ATOMIC_COMPARE(bits, strong, false)                                                        \
	ATOMIC_COMPARE(bits, weak, true)

/* The machine has more only for 32 and 64 bits, and so the kernel does. */
ATOMIC_BASE(8)
ATOMIC_BASE(16)
ATOMIC_DEFINE(32)
ATOMIC_DEFINE(64)

void __tsan_atomic_thread_fence(int order);
void __tsan_atomic_thread_fence(int order)
{
	atomic_thread_fence(memory_order_seq_cst);
}

/* --- memcpy and its like: ld --wrap, past lib/string.c's ------------------------------------- */

void *__real_memcpy(void *dst, const void *src, size_t len);
void *__real_memmove(void *dst, const void *src, size_t len);
void *__real_memset(void *dst, int byte, size_t len);
int __real_memcmp(const void *a, const void *b, size_t len);
void *__wrap_memcpy(void *dst, const void *src, size_t len);
void *__wrap_memmove(void *dst, const void *src, size_t len);
void *__wrap_memset(void *dst, int byte, size_t len);
int __wrap_memcmp(const void *a, const void *b, size_t len);

void *__wrap_memcpy(void *dst, const void *src, size_t len)
{
	race_look_range((vaddr_t)src, len, RACE_READS, FRAME);
	race_look_range((vaddr_t)dst, len, RACE_WRITES, FRAME);
	return __real_memcpy(dst, src, len);
}

void *__wrap_memmove(void *dst, const void *src, size_t len)
{
	race_look_range((vaddr_t)src, len, RACE_READS, FRAME);
	race_look_range((vaddr_t)dst, len, RACE_WRITES, FRAME);
	return __real_memmove(dst, src, len);
}

void *__wrap_memset(void *dst, int byte, size_t len)
{
	race_look_range((vaddr_t)dst, len, RACE_WRITES, FRAME);
	return __real_memset(dst, byte, len);
}

int __wrap_memcmp(const void *a, const void *b, size_t len)
{
	race_look_range((vaddr_t)a, len, RACE_READS, FRAME);
	race_look_range((vaddr_t)b, len, RACE_READS, FRAME);
	return __real_memcmp(a, b, len);
}
