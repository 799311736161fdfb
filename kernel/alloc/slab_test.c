/*
 * Tests of object caches and kmalloc.
 */
#include "kernel/alloc/slab.h"
#include "kernel/core/ktest.h"
#include "lib/string.h"

struct odd {
	char bytes[200];
};
static CACHE_DEFINE(odd_cache, struct odd);

struct large {
	uint64_t words[375]; /* 3000 bytes: a slab of several pages */
};
static CACHE_DEFINE(large_cache, struct large);

static void cache_fill_and_check(struct cache *c, size_t size, unsigned count)
{
	unsigned char **objects = kcalloc(count, sizeof(*objects));
	uint64_t live = cache_live(c);

	KTEST_REQUIRE(objects != NULL);
	for (unsigned i = 0; i < count; i++) {
		objects[i] = cache_alloc(c, 0);
		KTEST_REQUIRE(objects[i] != NULL);
		memset(objects[i], (int)(i & 0x3f), size);
	}
	KTEST_CHECK(cache_live(c) == live + count);
	for (unsigned i = 0; i < count; i++)
		KTEST_CHECK(objects[i][0] == (i & 0x3f) && objects[i][size - 1] == (i & 0x3f));
	/* Half of them in a random order, then the rest. */
	for (unsigned i = 0; i < count / 2; i++) {
		unsigned j = (unsigned)ktest_random(count);

		cache_free(c, objects[j]);
		objects[j] = NULL;
	}
	for (unsigned i = 0; i < count; i++)
		cache_free(c, objects[i]);
	KTEST_CHECK(cache_live(c) == live);
	kfree(objects);
}

KTEST(slab_objects_disjoint)
{
	cache_fill_and_check(&odd_cache, sizeof(struct odd), 500);
}

KTEST(slab_large_objects)
{
	cache_fill_and_check(&large_cache, sizeof(struct large), 60);
}

KTEST(slab_zeroed)
{
	struct odd *o = cache_alloc(&odd_cache, 0);

	KTEST_REQUIRE(o != NULL);
	memset(o, 0xee, sizeof(*o));
	cache_free(&odd_cache, o);
	o = cache_alloc(&odd_cache, ALLOC_ZERO);
	KTEST_REQUIRE(o != NULL);
	for (unsigned i = 0; i < sizeof(o->bytes); i++)
		KTEST_CHECK(o->bytes[i] == 0);
	cache_free(&odd_cache, o);
	cache_free(&odd_cache, NULL);
}

KTEST(kmalloc_sizes)
{
	static const size_t sizes[] = {0,    1,    16,   17,   100,  128,   511,
				       1024, 1025, 4096, 8192, 8193, 100000};

	for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
		unsigned char *p = kmalloc(sizes[i], ALLOC_ZERO);

		KTEST_REQUIRE(p != NULL);
		KTEST_CHECK(IS_ALIGNED((vaddr_t)p, 16));
		if (sizes[i] != 0 && sizes[i] <= PAGE_SIZE && (sizes[i] & (sizes[i] - 1)) == 0)
			KTEST_CHECK(IS_ALIGNED((vaddr_t)p, sizes[i]));
		for (size_t at = 0; at < sizes[i]; at++)
			if (p[at] != 0)
				KTEST_CHECK(p[at] == 0);
		memset(p, 0x77, sizes[i]);
		kfree(p);
	}
	kfree(NULL);
}

KTEST(kmalloc_refuses)
{
	KTEST_CHECK(kmalloc(SIZE_MAX, 0) == NULL);
	KTEST_CHECK(kcalloc(SIZE_MAX / 2, 3) == NULL);
	KTEST_CHECK(kmalloc((PAGE_SIZE << PAGE_ORDER_MAX) + 1, 0) == NULL);
}

KTEST(kmalloc_copies)
{
	char *s = kstrdup("aspen");

	KTEST_REQUIRE(s != NULL);
	KTEST_CHECK(str_equal(s, "aspen"));
	kfree(s);
}

static void count_caches(const struct cache_info *info, void *arg)
{
	unsigned *found = arg;

	*found += str_equal(info->name, "odd") && info->size == sizeof(struct odd);
}

KTEST(slab_caches_listed)
{
	unsigned found = 0;

	cache_free(&odd_cache, cache_alloc(&odd_cache, 0));
	cache_for_each(count_caches, &found);
	KTEST_CHECK(found == 1);
}
