/*
 * A user address space's page tables: three levels, the leaf tables counted objects.
 *
 *	root (512 GiB half used)  ->  middle, 1 GiB each  ->  leaf, 2 MiB each  ->  pages
 *
 * A leaf table belongs to one address space, or is shared copy-on-write by several since a fork
 * (leaf.c tells how). What a middle entry says of the table it points to:
 *
 *	0                     there is no table
 *	V                     own: nobody else points to it, its entries may be changed
 *	V | PTE_SHARED        perhaps shared, and every entry in it is read-only: it can be read
 *	    PTE_SHARED        perhaps shared, entries as they were at fork: hidden from the
 *	                      hardware, so that the first access asks
 *
 * "Perhaps", because the others may have gone since: sharers in the table's struct page is the
 * truth. The step from own to shared is taken by fork, with mm->lock held for writing; the way back
 * by pt_leaf_own, with mm->lock held either way. So a table found to be own stays own for as long
 * as mm->lock is held; and whoever is about to change an entry first makes the table own.
 *
 * A leaf entry is 0, or holds a page: valid for the hardware, or with V clear and PTE_HELD set when
 * its area allows no access at all (PROT_NONE), so that the page is kept.
 *
 * In struct page, kind TABLE: entries counts those that are not 0, anon and file the pages they
 * show, [first, last] bounds where they are. A page's count is the number of TABLES that map it.
 *
 * Invariant: an entry of a shared table lies, in every address space that points to the table, in
 * an area of the same backing and protection. Hence areas are cut or changed only after the entries
 * under them are own or gone; a place that has no entry is nobody's concern.
 *
 * Locking: a leaf's entries, counts and sharers under its lock. Middle and root entries under
 * mm->tables; they may be read without. A table is pinned by the entry that points to it, so it is
 * found and locked under mm->tables (pt_leaf_lock), unless it is known to be own. Tables are freed
 * with mm->lock held for writing, or by the last sharer.
 */
#pragma once

#include "kernel/mm/vma.h"

#define PTE_HELD PTE_SW0   /* leaf entry: holds a page though it may not be accessed */
#define PTE_SHARED PTE_SW1 /* middle entry: the table may be others' too */

#define LEAF_SPAN PT_SPAN(1)

/* A table's struct page, its entry for va, its lock. */
static inline struct page *pt_page(pte_t *table)
{
	return page_of(table);
}
static inline pte_t *pt_slot(pte_t *table, vaddr_t va)
{
	return &table[pt_index(va, 0)];
}
static inline void pt_lock(pte_t *table) __acquires(pt_page(table)->lock)
{
	spin_lock(&pt_page(table)->lock);
}
static inline void pt_unlock(pte_t *table) __releases(pt_page(table)->lock)
{
	spin_unlock(&pt_page(table)->lock);
}
/* For who has a table that was locked for it. */
static inline void pt_assert_locked(pte_t *table) __asserts_held(pt_page(table)->lock)
{
	spin_assert_held(&pt_page(table)->lock);
}

/* The page that an entry holds; the table that an upper entry points to. */
static inline struct page *pte_page(pte_t e)
{
	return page_of_phys(pte_paddr(e));
}
static inline pte_t *pte_table_of(pte_t e)
{
	return phys_to_virt(pte_paddr(e));
}
static inline bool middle_is_own(pte_t e)
{
	return (e & (PTE_V | PTE_SHARED)) == PTE_V;
}

/* Hardware permissions of an area, without write: what a fresh read-only entry gets. */
uint64_t pte_prot_of(const struct vma *v, bool write);
/* The entry that shows page p in area v. */
pte_t pte_for_page(const struct vma *v, const struct page *p, bool write);

/* --- finding and making (page_table.c) -------------------------------------------------------- */

/* The middle entry for va, or NULL when there is no middle table. */
pte_t *pt_middle(const struct mm *mm, vaddr_t va);
/* The same, its table made if need be. NULL: out of memory. mm->tables held. */
pte_t *pt_middle_make(struct mm *mm, vaddr_t va);
/* The same for who does not hold it. */
pte_t *pt_middle_ensure(struct mm *mm, vaddr_t va);
/* What lies under two middle entries changes places. mm->lock held for writing; the caller flushes
 * both spans. */
void pt_middles_swap(struct mm *mm, vaddr_t a, vaddr_t b);
/* Changes a root or middle entry, keeping the table's count. mm->tables held. */
void pt_upper_set(pte_t *slot, pte_t e);
/* `count` entries of one table, from first to last, have been filled: it counts them. */
void pt_filled(const pte_t *first, const pte_t *last, unsigned count);
/* An empty leaf table, with one sharer. NULL: out of memory. */
struct page *pt_leaf_alloc(void);

/* Where the next leaf table may begin: walks over areas of many GiB with little in them step over
 * what has not even a middle table. */
static inline vaddr_t pt_span_end(const struct mm *mm, vaddr_t va)
{
	vaddr_t span = mm->root[pt_index(va, 2)] == 0 ? PT_SPAN(2) : LEAF_SPAN;

	return ALIGN_DOWN(va, span) + span;
}

/* The leaf table of va if it is own, else NULL. */
static inline pte_t *pt_leaf_if_own(const struct mm *mm, vaddr_t va)
{
	pte_t *middle = pt_middle(mm, va);
	pte_t e = middle != NULL ? __atomic_load_n(middle, __ATOMIC_ACQUIRE) : 0;

	return middle_is_own(e) ? pte_table_of(e) : NULL;
}

/* The leaf table of va, whoever's it is, with its lock held; NULL if there is none. For reading
 * entries, and for truncation. What it says of writing is true only if the table is own. */
pte_t *pt_leaf_lock(struct mm *mm, vaddr_t va);

/* Shows every entry of [start, end) that holds a page to fn, which may not change it nor sleep (the
 * table's lock is held) and ends the walk by returning other than 0; that is returned. PTE_SHARED
 * is set in what fn is shown if the table is shared: others see the page too, though its count does
 * not say so. mm->lock held, either way. Lets others run in between; -EINTR when current is to
 * die. */
int pt_walk(struct mm *mm, vaddr_t start, vaddr_t end, int (*fn)(vaddr_t va, pte_t e, void *arg),
	    void *arg) __must_check;

/* Entry number `index` of leaf table tp, which was 0, holds p from now on / no longer. The table's
 * lock held. */
static inline void pt_count_add(struct page *tp, unsigned index, const struct page *p)
{
	if (ADD_ONCE(tp->entries, 1) == 1) {
		tp->first = tp->last = (uint16_t)index;
	} else {
		if (index < tp->first)
			tp->first = (uint16_t)index;
		if (index > tp->last)
			tp->last = (uint16_t)index;
	}
	tp->anon += p->kind == PAGE_ANON;
	tp->file += p->kind == PAGE_FILE;
}
static inline void pt_count_sub(struct page *tp, const struct page *p)
{
	ADD_ONCE(tp->entries, -1);
	tp->anon -= p->kind == PAGE_ANON;
	tp->file -= p->kind == PAGE_FILE;
}
/* Which counter of mm a page in an entry belongs to. */
void mm_rss_add(struct mm *mm, const struct page *p, long n);

/* Frees leaf tables that lie wholly in [floor, ceiling) and touch [start, end): no area is left in
 * there. mm->lock held for writing. */
void pt_free_range(struct mm *mm, vaddr_t start, vaddr_t end, vaddr_t floor, vaddr_t ceiling);
/* All tables but the root, and what they hold. Nobody uses mm any more and no area is left. */
void pt_free_all(struct mm *mm);

/* --- sharing (leaf.c) ------------------------------------------------------------------------- */

/* The leaf table of va, made if there is none, as mm's own: taken back if the other sharers are
 * gone, else copied. NULL: out of memory. mm->lock held, either way, and own until it is dropped.
 */
pte_t *pt_leaf_own(struct mm *mm, vaddr_t va);
/* The same for every shared table with entries in [start, end). 0; -ENOMEM: nothing that a program
 * sees has changed. */
int pt_range_own(struct mm *mm, vaddr_t start, vaddr_t end) __must_check;
/* The entry for va is there, in a shared table, and can be read or executed as it is: true, and the
 * hardware sees it from now on. mm->lock held, either way. */
bool pt_leaf_show(struct mm *mm, vaddr_t va);
/* What fork has shared. */
struct leaf_share {
	long anon, file, tables; /* what the child has got */
	bool hidden;		 /* a table was the parent's own: harts have to forget it */
};
/* fork: points the middle entries of the child from `to` on, which are empty, to the leaf tables
 * that those of the parent do from `from` on. The parent's mm->lock held for writing; nobody
 * changes the child. */
void pt_leaves_share(struct leaf_share *s, pte_t *to, pte_t *from, unsigned count);
/* A sharer less; the last one frees the table and lets go of its pages. No hart of who lets go
 * remembers anything that came from it. */
void pt_leaf_put(struct page *table);
/* The same for all leaf tables below a middle table that nobody uses any more. */
void pt_leaves_put(struct page *middle_table);

/* --- emptying (zap.c) ------------------------------------------------------------------------- */

/* Pages taken out of tables, and whole tables, let go after the TLBs have forgotten them. */
#define GATHER_PAGES 64
struct gather {
	struct mm *mm;
	vaddr_t start, end;	/* span touched since the last flush */
	unsigned count;
	struct page *page[GATHER_PAGES];
};
void gather_begin(struct gather *g, struct mm *mm);
void gather_end(struct gather *g);
/* To come before v, which has been emptied, leaves its cache's list. Another sharer's turn in a
 * truncation may have taken entries out of a table that v shows; after the list v has no turn, so
 * that its harts have to forget them now. */
void gather_area(struct gather *g, const struct vma *v);

/* To come before pt_zap over [start, end): of the shared tables there, those that have entries
 * outside too become own, the others are let go as a whole. 0; -ENOMEM: nothing that a program sees
 * has changed. mm->lock held for writing. */
int pt_cut(struct gather *g, vaddr_t start, vaddr_t end) __must_check;
/* Empties the entries of v in [start, end). mm->lock held for writing. */
void pt_zap(struct gather *g, struct vma *v, vaddr_t start, vaddr_t end);

/* The same, but only entries that show pages of v's cache, for all who share the tables: private
 * copies stay. cache->map_lock held instead of mm->lock. The caller goes through all areas of the
 * cache and keeps its own references to the pages until then: of what is taken out of a shared
 * table, each sharer's harts forget it when that sharer's area has its turn. */
void pt_zap_cache(struct gather *g, struct vma *v, vaddr_t start, vaddr_t end);
