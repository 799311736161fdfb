/*
 * Memory of any size: up to 8 KiB from a row of object caches of fixed sizes, above that whole
 * frames, a power of two of them. The struct page of an address says which it was, so kfree needs
 * no size.
 *
 * LIMIT: a request above 8 KiB is rounded up to a power of two pages, and above 4 MiB fails;
 * kmap_alloc does neither.
 */
#include "kernel/alloc/slab.h"

#include "kernel/alloc/slab_asan.h"
#include "kernel/alloc/slab_debug.h"
#include "kernel/core/panic.h"
#include "lib/bits.h"
#include "lib/string.h"

#define CLASS(index, bytes)                                                                        \
	[index] = CACHE_INIT(classes[index], "kmalloc-" #bytes, bytes, (bytes) & -(bytes))

static struct cache classes[] = {
	CLASS(0, 16),   CLASS(1, 32),    CLASS(2, 48),    CLASS(3, 64),    CLASS(4, 96),
	CLASS(5, 128),  CLASS(6, 192),   CLASS(7, 256),   CLASS(8, 384),   CLASS(9, 512),
	CLASS(10, 768), CLASS(11, 1024), CLASS(12, 2048), CLASS(13, 4096), CLASS(14, 8192),
};

/* Up to 1 KiB: the class for each multiple of 16 bytes. */
static const uint8_t class_of[] = {
	[0 ... 1] = 0,   [2] = 1,         [3] = 2,          [4] = 3,
	[5 ... 6] = 4,   [7 ... 8] = 5,   [9 ... 12] = 6,   [13 ... 16] = 7,
	[17 ... 24] = 8, [25 ... 32] = 9, [33 ... 48] = 10, [49 ... 64] = 11,
};

struct cache *kmalloc_cache(size_t size)
{
	if (likely(size <= 1024))
		return &classes[class_of[(size + 15) / 16]];
	if (size <= 2048)
		return &classes[12];
	if (size <= 8192)
		return &classes[size <= 4096 ? 13 : 14];
	return NULL;
}

void *kmalloc(size_t size, unsigned flags)
{
	struct cache *c = kmalloc_cache(size);
	struct page *p;

	if (likely(c != NULL))
		return object_asan_trim(c, cache_alloc(c, flags), size);
	if (size > PAGE_SIZE << PAGE_ORDER_MAX)
		return NULL;
	p = page_alloc(log2_ceil(DIV_ROUND_UP(size, PAGE_SIZE)), flags, PAGE_KERNEL);
	if (p == NULL)
		return NULL;
	asan_poison(page_address(p), PAGE_SIZE << p->order, ASAN_PAGE_END);
	asan_unpoison(page_address(p), size);
	return page_address(p);
}

void kfree(const void *ptr)
{
	struct page *p;

	if (ptr == NULL)
		return;
	p = page_of(ptr);
	if (likely(p->kind == PAGE_SLAB)) {
		cache_free(p->cache, (void *)ptr);
		return;
	}
	assert(p->kind == PAGE_KERNEL && IS_ALIGNED((vaddr_t)ptr, PAGE_SIZE << p->order));
	asan_unpoison(ptr, PAGE_SIZE << p->order);
	page_put(p);
}

void *kcalloc(size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	return kmalloc(bytes, ALLOC_ZERO);
}

void *kmemdup(const void *src, size_t n)
{
	void *copy = kmalloc(n, 0);

	if (copy != NULL)
		memcpy(copy, src, n);
	return copy;
}

char *kstrdup(const char *s)
{
	return kmemdup(s, strlen(s) + 1);
}
