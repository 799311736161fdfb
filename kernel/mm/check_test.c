/*
 * Tests of the checker: counts that are wrong on purpose must be found.
 */
#include "kernel/core/ktest.h"
#include "kernel/mm/check.h"
#include "kernel/mm/fault.h"
#include "kernel/mm/page_table.h"

#define AT 0x40000000UL
#define PAGES 100UL

/* An address space with one area of pages that have been written; NULL: no memory. */
static struct mm *space_create(void)
{
	struct mm *mm;
	struct vma *v;

	if (mm_create(&mm) != 0)
		return NULL;
	v = vma_create(mm, AT, AT + PAGES * PAGE_SIZE, VM_READ | VM_WRITE);
	if (v != NULL) {
		rwlock_write_lock(&mm->lock);
		vma_link(v);
		rwlock_write_unlock(&mm->lock);
		if (mm_populate(mm, AT, AT + PAGES * PAGE_SIZE, FAULT_WRITE) == 0)
			return mm;
	}
	mm_put(mm);
	return NULL;
}

static uint64_t disagreements(void)
{
	struct mm_check result;

	mm_check(&result);
	return result.disagreements;
}

/* One after the other, each by itself: the check is clean before and after. */
KTEST(check_finds_planted_counts)
{
	struct mm *mm = space_create();
	struct page *tp, *p;
	pte_t *slot;

	KTEST_REQUIRE(mm != NULL);
	tp = pt_page(pt_leaf_if_own(mm, AT));
	slot = pt_slot(page_address(tp), AT);
	p = pte_page(*slot);
	KTEST_CHECK(disagreements() == 0);
	tp->sharers++; /* as many as are counted, and more than an own table has */
	KTEST_CHECK(disagreements() == 2);
	tp->sharers--;
	tp->entries++;
	KTEST_CHECK(disagreements() == 1);
	tp->entries--;
	tp->last--; /* the last entry is out of bounds */
	KTEST_CHECK(disagreements() == 1);
	tp->last++;
	page_get(p);
	KTEST_CHECK(disagreements() == 1);
	page_put(p);
	mm_rss_add(mm, p, 1);
	KTEST_CHECK(disagreements() == 1);
	mm_rss_add(mm, p, -1);
	tp->flags |= PG_PROTECTED;
	KTEST_CHECK(disagreements() == 1);
	tp->flags &= ~PG_PROTECTED;
	KTEST_CHECK(disagreements() == 0);
	mm_put(mm);
}

KTEST(check_finds_a_lost_page)
{
	struct page *p = page_alloc(0, 0, PAGE_ANON);

	KTEST_REQUIRE(p != NULL);
	KTEST_CHECK(disagreements() == 1);
	page_put(p);
	KTEST_CHECK(disagreements() == 0);
}

/* Shared, read, written, emptied: what the states promise holds at every step. */
KTEST(check_follows_a_shared_table)
{
	struct mm *mm = space_create(), *child;
	struct mm_check result;

	KTEST_REQUIRE(mm != NULL);
	if (KTEST_CHECK(mm_copy(mm, &child) == 0)) {
		mm_check(&result);
		KTEST_CHECK(result.disagreements == 0 && result.shared == 1);
		KTEST_CHECK(mm_populate(child, AT, AT + 1, FAULT_READ) == 0);
		KTEST_CHECK(disagreements() == 0);
		KTEST_CHECK(mm_populate(mm, AT, AT + 1, FAULT_WRITE) == 0);
		mm_check(&result);
		KTEST_CHECK(result.disagreements == 0 && result.shared == 0);
		KTEST_CHECK(result.anon_pages >= PAGES + 1);
		mm_put(child);
	}
	KTEST_CHECK(disagreements() == 0);
	mm_put(mm);
}
