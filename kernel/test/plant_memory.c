/*
 * Planted bugs of memory: what SAN=address must catch, and in part DEBUG=1.
 *
 * The compiler must not see through them: addresses and indexes are hidden() from it.
 */
#include "kernel/alloc/kmap.h"
#include "kernel/alloc/page.h"
#include "kernel/alloc/slab.h"
#include "kernel/core/plant.h"
#include "lib/string.h"

struct victim {
	uint64_t first;
	char name[40];
	uint64_t last;
};

static CACHE_DEFINE(victim_cache, struct victim);

static char global_table[13];

static void byte_write(char *p)
{
	*(volatile char *)hidden(p) = 1;
}

static char byte_read(const char *p)
{
	return *(const volatile char *)hidden(p);
}

PLANT(slab_use_after_free)
{
	struct victim *v = cache_alloc(&victim_cache, ALLOC_ZERO);

	cache_free(&victim_cache, v);
	byte_write(&v->name[8]);
}

PLANT(slab_read_after_free)
{
	struct victim *v = cache_alloc(&victim_cache, ALLOC_ZERO);

	cache_free(&victim_cache, v);
	(void)byte_read(&v->name[8]);
}

/* What was freed is not handed out again at once, or this would be somebody else's by now. */
PLANT(slab_use_after_reuse)
{
	struct victim *v = cache_alloc(&victim_cache, ALLOC_ZERO);

	cache_free(&victim_cache, v);
	for (unsigned i = 0; i < 20; i++)
		(void)hidden(cache_alloc(&victim_cache, 0));
	byte_write(&v->name[8]);
}

PLANT(slab_double_free)
{
	struct victim *v = cache_alloc(&victim_cache, ALLOC_ZERO);

	cache_free(&victim_cache, v);
	cache_free(&victim_cache, hidden(v));
}

PLANT(slab_free_inside)
{
	char *p = kmalloc(100, 0);

	kfree(hidden(p + 16));
}

PLANT(slab_overflow)
{
	struct victim *v = cache_alloc(&victim_cache, ALLOC_ZERO);

	byte_write((char *)hidden(v) + sizeof(*v));
}

/* Within what the allocator's class has, beyond what was asked for. */
PLANT(kmalloc_overflow)
{
	char *p = kmalloc(hidden(101), 0);

	byte_write(p + 101);
}

PLANT(kmalloc_underflow)
{
	(void)hidden(kmalloc(64, 0));
	byte_write((char *)kmalloc(64, 0) - 1);
}

PLANT(memset_overflow)
{
	char *p = kmalloc(hidden(64), 0);

	memset(hidden(p), 0, hidden(65));
}

/* The difference of two lengths, the wrong way round. */
PLANT(memcpy_negative)
{
	char *from = kmalloc(64, ALLOC_ZERO), *to = kmalloc(64, 0);

	(void)hidden(memcpy(hidden(to), hidden(from), hidden(-1UL))); /* no tail call */
}

PLANT(page_use_after_free)
{
	struct page *p = page_alloc(0, 0, PAGE_KERNEL);
	char *at = page_address(p);

	page_put(p);
	byte_write(at + 100);
}

PLANT(stack_overflow_array)
{
	char bytes[24];

	memset(hidden(&bytes[0]), 0, sizeof(bytes));
	byte_write(&bytes[hidden(24)]);
}

PLANT(stack_use_after_scope)
{
	char *kept;

	{
		char bytes[24];

		memset(hidden(&bytes[0]), 0, sizeof(bytes));
		kept = hidden(&bytes[0]);
	}
	byte_write(kept);
}

PLANT(global_overflow)
{
	byte_write(&global_table[hidden(13)]);
}

/* That of a task that has gone. */
PLANT(kernel_stack_freed)
{
	char *stack = kstack_alloc();

	kstack_free(stack);
	byte_write(hidden(stack) + 5000);
}
