/*
 * Tests of kernel mappings.
 */
#include "arch/task.h"
#include "kernel/alloc/kmap.h"
#include "kernel/alloc/page.h"
#include "kernel/core/ktest.h"
#include "lib/string.h"

/* Mappings of random sizes come and go in random order; each keeps its contents and starts out
 * zeroed. */
KTEST(kmap_random_sizes)
{
	struct mapping {
		unsigned char *at;
		size_t len;
	} maps[24] = { 0 };

	for (unsigned round = 0; round < 400; round++) {
		struct mapping *m = &maps[ktest_random(ARRAY_SIZE(maps))];
		unsigned char mark = (unsigned char)(m - maps + 1);

		if (m->at != NULL) {
			KTEST_CHECK(m->at[0] == mark && m->at[m->len - 1] == mark);
			kmap_free(m->at);
			m->at = NULL;
			continue;
		}
		m->len = 1 + ktest_random(5 * PAGE_SIZE);
		m->at = kmap_alloc(m->len);
		KTEST_REQUIRE(m->at != NULL);
		KTEST_CHECK(m->at[0] == 0 && m->at[m->len - 1] == 0);
		memset(m->at, mark, m->len);
	}
	for (unsigned i = 0; i < ARRAY_SIZE(maps); i++)
		kmap_free(maps[i].at);
}

/* Frames and leaf tables: eight megabytes need four of these, at least three of them for
 * themselves. */
static bool frames_come_back(void)
{
	struct page_stats before, during, after;
	void *p;

	kmap_purge();
	page_stats_get(&before);
	p = kmap_alloc(2048 * PAGE_SIZE);
	page_stats_get(&during);
	kmap_free(p);
	kmap_purge();
	page_stats_get(&after);
	return p != NULL && before.kernel == after.kernel && before.table == after.table &&
	       during.kernel >= before.kernel + 2048 && during.table >= before.table + 3;
}

static bool flushes_for_many(void)
{
	struct page_stats before, after;
	unsigned lot = (unsigned)(page_total() / 128 / 5 + 1);

	kmap_purge();
	page_stats_get(&before);
	for (unsigned i = 0; i < lot; i++) {
		void *p = kmap_alloc(4 * PAGE_SIZE);

		kmap_free(p);
		page_stats_get(&after);
		if (p == NULL || (i < lot - 1 && after.kernel != before.kernel + 4 * (i + 1)))
			return false;
	}
	return after.kernel == before.kernel;
}

/* The counts are everybody's, and the thread of an earlier test may just go: among so many attempts
 * one is undisturbed. */
static bool holds_once(bool (*attempt)(void))
{
	for (unsigned i = 0; i < 20; i++) {
		if (attempt())
			return true;
	}
	return false;
}

KTEST(kmap_gives_frames_back)
{
	KTEST_CHECK(holds_once(frames_come_back));
}

/* What is freed is unmapped at once, but free for others only together with more. */
KTEST(kmap_flushes_for_many)
{
	KTEST_CHECK(holds_once(flushes_for_many));
}

KTEST(kmap_refuses)
{
	KTEST_CHECK(kmap_alloc(0) == NULL);
	KTEST_CHECK(kmap_alloc(KMAP_SIZE) == NULL);
}

KTEST(kstack_writable)
{
	char *stacks[40];

	for (unsigned i = 0; i < ARRAY_SIZE(stacks); i++) {
		stacks[i] = kstack_alloc();
		KTEST_REQUIRE(stacks[i] != NULL);
		memset(stacks[i], (int)i, KSTACK_SIZE);
	}
	for (unsigned i = 0; i < ARRAY_SIZE(stacks); i++) {
		KTEST_CHECK(stacks[i][0] == (char)i && stacks[i][KSTACK_SIZE - 1] == (char)i);
		kstack_free(stacks[i]);
	}
}
