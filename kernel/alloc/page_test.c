/*
 * Tests of the page allocator. Other threads allocate meanwhile, so what the machine has as a whole
 * is compared with some tolerance.
 */
#include "kernel/alloc/page.h"
#include "kernel/core/ktest.h"
#include "lib/string.h"

#define TOLERANCE 256 /* frames that the rest of the kernel may take or give during a test */

static uint64_t frames_free(void)
{
	struct page_stats s;

	page_stats_get(&s);
	return s.free;
}

static bool frames_near(uint64_t a, uint64_t b)
{
	return a < b ? b - a <= TOLERANCE : a - b <= TOLERANCE;
}

static bool memory_is_zero(const uint64_t *word, size_t bytes)
{
	for (size_t i = 0; i < bytes / sizeof(*word); i++)
		if (word[i] != 0)
			return false;
	return true;
}

KTEST(page_zeroed_and_aligned)
{
	for (unsigned order = 0; order <= 4; order++) {
		struct page *dirty = page_alloc(order, 0, PAGE_KERNEL), *p;

		KTEST_REQUIRE(dirty != NULL);
		memset(page_address(dirty), 0xff, PAGE_SIZE << order);
		page_put(dirty);
		p = page_alloc(order, ALLOC_ZERO, PAGE_KERNEL);
		KTEST_REQUIRE(p != NULL);
		KTEST_CHECK(IS_ALIGNED(page_phys(p), PAGE_SIZE << order));
		KTEST_CHECK(memory_is_zero(page_address(p), PAGE_SIZE << order));
		KTEST_CHECK(page_of(page_address(p)) == p);
		page_put(p);
	}
}

KTEST(page_references)
{
	struct page *p = page_alloc(0, 0, PAGE_ANON);

	KTEST_REQUIRE(p != NULL);
	page_get(p);
	page_put(p);
	KTEST_CHECK(ref_count(&p->ref) == 1 && p->kind == PAGE_ANON);
	page_put(p);
	page_put(NULL);
}

KTEST(page_kinds_counted)
{
	struct page_stats before, during, after;
	struct page *p;

	page_stats_get(&before);
	p = page_alloc(3, 0, PAGE_FILE);
	KTEST_REQUIRE(p != NULL);
	page_stats_get(&during);
	page_put(p);
	page_stats_get(&after);
	KTEST_CHECK(during.file == before.file + 8);
	KTEST_CHECK(after.file == before.file);
	KTEST_CHECK(after.total == before.total);
}

/* Blocks of mixed sizes do not overlap: each is filled with its own number. */
KTEST(page_blocks_disjoint)
{
	struct page *blocks[64];
	unsigned n = 0;

	while (n < ARRAY_SIZE(blocks)) {
		blocks[n] = page_alloc((unsigned)ktest_random(4), 0, PAGE_KERNEL);
		if (blocks[n] == NULL)
			break;
		memset(page_address(blocks[n]), (int)n, PAGE_SIZE << blocks[n]->order);
		n++;
	}
	KTEST_CHECK(n == ARRAY_SIZE(blocks));
	for (unsigned i = 0; i < n; i++) {
		const unsigned char *bytes = page_address(blocks[i]);
		size_t len = PAGE_SIZE << blocks[i]->order;

		KTEST_CHECK(bytes[0] == i && bytes[len / 2] == i && bytes[len - 1] == i);
		page_put(blocks[i]);
	}
}

/* Chains frames through their memory until there are none. */
static size_t take_all(unsigned order, struct page **chain)
{
	size_t taken = 0;
	struct page *p;

	while ((p = page_alloc(order, 0, PAGE_KERNEL)) != NULL) {
		*(struct page **)page_address(p) = *chain;
		*chain = p;
		taken++;
	}
	return taken;
}

static void give_all(struct page *chain)
{
	while (chain != NULL) {
		struct page *p = chain;

		chain = *(struct page **)page_address(p);
		page_put(p);
	}
}

/* To the last frame and back; then large blocks can be had again, so the buddies were joined. */
KTEST(page_exhaustion_and_merging)
{
	uint64_t before = frames_free();
	struct page *chain = NULL;
	size_t large, small, large_after;

	large = take_all(6, &chain);
	give_all(chain);
	chain = NULL;
	small = take_all(0, &chain);
	KTEST_CHECK(frames_free() <= TOLERANCE);
	give_all(chain);
	chain = NULL;
	KTEST_CHECK(small + TOLERANCE >= before);
	KTEST_CHECK(frames_near(frames_free(), before));
	large_after = take_all(6, &chain);
	give_all(chain);
	KTEST_CHECK(large_after + 8 >= large);
	KTEST_CHECK(page_alloc(PAGE_ORDER_MAX + 1, 0, PAGE_KERNEL) == NULL);
}
