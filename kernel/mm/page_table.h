/*
 * A user address space's page tables: three levels, the leaf tables counted objects.
 *
 *	root (512 GiB half used)  ->  middle, 1 GiB each  ->  leaf, 2 MiB each  ->  pages
 *
 * Leaf tables are what the copy-on-write of whole tables will share: struct page of a table has its
 * lock, the number of its entries that hold a page, and the number of address spaces that point to
 * it (today always one).
 *
 * An entry is 0, or holds a page: valid for the hardware, or with V clear and PTE_HELD set when its
 * area allows no access at all (PROT_NONE), so that the page is kept.
 *
 * Locking: mm->lock for reading lets entries be filled and changed under their table's lock; tables
 * are freed only with mm->lock held for writing and no area left in their span.
 */
#pragma once

#include "kernel/mm/vma.h"

#define PTE_HELD PTE_SW0 /* holds a page though it may not be accessed */

#define LEAF_SPAN PT_SPAN(1)

/* The leaf table of an address, made if need be / or NULL. NULL from pt_leaf_make: out of
 * memory. */
pte_t *pt_leaf_make(struct mm *mm, vaddr_t va);
pte_t *pt_leaf_find(const struct mm *mm, vaddr_t va);

/* A leaf table's lock and its entry for va. */
static inline struct page *pt_page(pte_t *table)
{
	return page_of(table);
}
static inline pte_t *pt_slot(pte_t *table, vaddr_t va)
{
	return &table[pt_index(va, 0)];
}
static inline void pt_lock(pte_t *table)
{
	spin_lock(&pt_page(table)->lock);
}
static inline void pt_unlock(pte_t *table)
{
	spin_unlock(&pt_page(table)->lock);
}

/* The page that an entry holds. */
static inline struct page *pte_page(pte_t e)
{
	return page_of_phys(pte_paddr(e));
}

/* Hardware permissions of an area, without write: what a fresh read-only entry gets. */
uint64_t pte_prot_of(const struct vma *v, bool write);
/* The entry that shows page p in area v. */
pte_t pte_for_page(const struct vma *v, const struct page *p, bool write);

/* Shows every entry of [start, end) that holds a page to fn, which may not change it nor sleep (the
 * table's lock is held) and ends the walk by returning other than 0; that is returned. mm->lock
 * held, either way. Lets others run in between; -EINTR when current is to die. */
int pt_walk(struct mm *mm, vaddr_t start, vaddr_t end, int (*fn)(vaddr_t va, pte_t e, void *arg),
	    void *arg) __must_check;

/* Frees leaf tables that lie wholly in [floor, ceiling) and touch [start, end): no area is left in
 * there. */
void pt_free_range(struct mm *mm, vaddr_t start, vaddr_t end, vaddr_t floor, vaddr_t ceiling);
/* All tables but the root; every entry is 0. */
void pt_free_all(struct mm *mm);

/* Pages taken out of tables, let go after the TLBs have forgotten them. */
#define GATHER_PAGES 64
struct gather {
	struct mm *mm;
	vaddr_t start, end;	/* span touched since the last flush */
	unsigned count;
	struct page *page[GATHER_PAGES];
};
void gather_begin(struct gather *g, struct mm *mm);
void gather_end(struct gather *g);

/* Empties the entries of v in [start, end). mm->lock held (either way). */
void pt_zap(struct gather *g, struct vma *v, vaddr_t start, vaddr_t end);

/* The same, but only entries that show pages of v's cache: private copies stay. cache->map_lock
 * held instead of mm->lock. */
void pt_zap_cache(struct gather *g, struct vma *v, vaddr_t start, vaddr_t end);

/* Which counter of mm a page in an entry belongs to. */
void mm_rss_add(struct mm *mm, const struct page *p, long n);
