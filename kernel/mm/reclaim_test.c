/*
 * Tests of reclaim: a cache whose pages can be filled again, and the thread.
 */
#include "kernel/mm/reclaim.h"

#include "kernel/core/ktest.h"
#include "kernel/mm/page_cache.h"
#include "lib/string.h"

#define PAGES 200

static struct {
	struct page_cache cache;
	struct ref ref;
	unsigned fills;
	long charged;
} file;

/* Contents that tell the index. */
static int test_fill(struct page_cache *c, struct page *p, uint64_t index)
{
	memset(page_address(p), (int)(index & 0xff), PAGE_SIZE);
	file.fills++;
	return 0;
}

static int test_charge(struct page_cache *c, long n)
{
	file.charged += n;
	return 0;
}

static void test_owner_put(void *owner)
{
	(void)!ref_put(&file.ref);
}

static const struct page_cache_ops test_ops = {
	.fill = test_fill,
	.charge = test_charge,
	.can_refill = true,
};

static void file_begin(void)
{
	page_cache_init(&file.cache, &test_ops, &file);
	ref_init(&file.ref);
	file.cache.owner_ref = &file.ref;
	file.cache.owner_put = test_owner_put;
	file.fills = 0;
	file.charged = 0;
}

/* One read of each page: the right contents, whoever brought them. */
static void file_read(uint64_t from, uint64_t to)
{
	for (uint64_t i = from; i < to; i++) {
		struct page *p;

		KTEST_REQUIRE(page_cache_get(&file.cache, i, &p) == 0);
		KTEST_CHECK(*(unsigned char *)page_address(p) == (i & 0xff));
		page_put(p);
	}
}

KTEST(reclaim_pages_that_can_be_read_again)
{
	uint64_t others = page_cache_droppable();

	file_begin();
	file_read(0, PAGES);
	KTEST_CHECK(page_cache_droppable() == others + PAGES);
	KTEST_CHECK(page_cache_shrink(50) >= 50);
	KTEST_CHECK(file.cache.count == PAGES - 50 && file.charged == PAGES - 50);
	file_read(0, PAGES);
	KTEST_CHECK(file.fills == PAGES + 50);
	page_cache_shrink(UINT64_MAX);
	KTEST_CHECK(file.cache.count == 0 && file.cache.root == NULL && file.charged == 0);
	KTEST_CHECK(ref_count(&file.ref) == 1);
	page_cache_destroy(&file.cache);
}

/* What was found since the last look stays for another round; what is in use stays. */
KTEST(reclaim_spares_pages_in_use)
{
	struct page *used;

	file_begin();
	file_read(0, PAGES);
	KTEST_REQUIRE(page_cache_get(&file.cache, 3, &used) == 0);
	file_read(100, 110);
	KTEST_CHECK(page_cache_shrink(PAGES - 11) == PAGES - 11);
	for (uint64_t i = 100; i < 110; i++) {
		struct page *p = page_cache_find(&file.cache, i);

		KTEST_CHECK(p != NULL);
		page_put(p);
	}
	page_cache_shrink(UINT64_MAX);
	page_cache_shrink(UINT64_MAX);
	KTEST_CHECK(file.cache.count == 1);
	page_put(used);
	page_cache_shrink(UINT64_MAX);
	page_cache_shrink(UINT64_MAX);
	KTEST_CHECK(file.cache.count == 0);
	page_cache_destroy(&file.cache);
}

/* Truncation and reclaim take pages off the same list. */
KTEST(reclaim_and_truncation)
{
	uint64_t others = page_cache_droppable();

	file_begin();
	file_read(0, PAGES);
	page_cache_truncate(&file.cache, 100 * PAGE_SIZE);
	KTEST_CHECK(page_cache_droppable() == others + 100);
	page_cache_destroy(&file.cache);
	KTEST_CHECK(page_cache_droppable() == others && file.charged == 0);
}

/* A round of the thread, with the marks so high that it has to give everything. */
KTEST(reclaim_round)
{
	uint64_t min = page_marks.min;
	struct page_stats s;

	page_stats_get(&s);
	file_begin();
	file_read(0, PAGES);
	page_marks_set(s.total);
	/* An allocation on another hart may have asked for a round before us. */
	KTEST_CHECK(reclaim_wait() || file.cache.count == 0);
	page_marks_set(min);
	KTEST_CHECK(file.cache.count == 0);
	page_cache_destroy(&file.cache);
}
