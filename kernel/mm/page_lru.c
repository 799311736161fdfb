/*
 * Which pages of files go first when memory is short.
 *
 * Those that their file system can fill again are on one list of all, oldest first. Whoever wants
 * memory looks from the old end: a page that was found in its cache since the last look goes to the
 * young end and has another round; one that only its cache has is dropped. The look is under the
 * list's lock and the drop under the cache's, which comes first in rank: so the list is left in
 * between, with the cache pinned by its owner and the page known by its index, where by then there
 * may be another or none.
 *
 * LIMIT: a page that is mapped is not dropped; there is no writing back, and so no mark on pages
 * that were changed, since no file system has a device behind it yet.
 */
#include "kernel/mm/page_lru.h"

#include "kernel/core/spinlock.h"
#include "kernel/mm/page_cache.h"
#include "kernel/sched/sched.h"

/* A page on the list is in its cache's tree: who cuts it off takes it off the list first, so
 * whoever holds lru_lock may follow page->mapping. */
static struct spinlock lru_lock = SPINLOCK_INIT("page lru", LOCK_RANK_PAGE_LRU);
static struct list lru = LIST_INIT(lru); /* [lru_lock] */
static uint64_t lru_count;		 /* [lru_lock] */

void page_lru_enter(struct page *p)
{
	spin_lock(&lru_lock);
	list_add_tail(&p->lru, &lru);
	ADD_ONCE(lru_count, 1);
	spin_unlock(&lru_lock);
}

void page_lru_remove(struct page *p)
{
	spin_lock(&lru_lock);
	list_del_init(&p->lru);
	ADD_ONCE(lru_count, -1);
	spin_unlock(&lru_lock);
}

uint64_t page_cache_droppable(void)
{
	return READ_ONCE(lru_count);
}

/* The oldest page that was not found since the last look, and its cache, pinned by its owner.
 * False: none among so many. */
static bool lru_oldest(uint64_t *scan, struct page_cache **cache, uint64_t *index)
{
	bool found = false;

	spin_lock(&lru_lock);
	while (!found && *scan > 0 && !list_empty(&lru)) {
		struct page *p = list_first_entry(&lru, struct page, lru);

		--*scan;
		list_move_tail(&p->lru, &lru);
		if (!p->found && ref_get_unless_zero(p->mapping->owner_ref)) {
			*cache = p->mapping;
			*index = p->index;
			found = true;
		}
		p->found = false;
	}
	spin_unlock(&lru_lock);
	return found;
}

uint64_t page_cache_shrink(uint64_t n)
{
	uint64_t scan = 2 * READ_ONCE(lru_count), gone = 0, index;
	struct page_cache *c;

	while (gone < n && lru_oldest(&scan, &c, &index)) {
		gone += page_cache_drop(c, index);
		c->owner_put(c->owner);
		sched_checkpoint();
	}
	return gone;
}
