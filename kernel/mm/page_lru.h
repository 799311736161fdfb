/*
 * Pages that can be read again, by age. For page_cache.c.
 */
#pragma once

#include "kernel/alloc/page.h"
#include "lib/list.h"

struct page_cache;

/* A page enters its cache's tree, or is cut off it: the cache's lock held. To be left before
 * page->mapping changes. */
void page_lru_enter(struct page *p);
void page_lru_remove(struct page *p);
static inline void page_lru_leave(struct page *p)
{
	if (!list_empty(&p->lru)) /* those of a tmpfs are in no list */
		page_lru_remove(p);
}

/* Takes the page at index out of c, if only the cache has it: 1 if it went. In page_cache.c. */
uint64_t page_cache_drop(struct page_cache *c, uint64_t index);
