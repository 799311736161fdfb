/*
 * Emptying page tables: munmap, madvise, truncation.
 *
 * What is taken out of a table is kept in a gather until the TLBs have forgotten it; pages one by
 * one, a table that is shared as a whole. The order: entry to 0, flush, then a reference less.
 *
 * Only own tables are emptied entry by entry, except by truncation: the file's pages go for
 * everybody, and so out of a shared table at once. Its other sharers are found among the areas that
 * show the cache; what leaves the table leaves their counts of resident pages too, under the
 * table's lock, so that it can't go twice.
 *
 * Entry points: pt_cut, then pt_zap for each area (with mm->lock); pt_zap_cache (with the cache's
 * map_lock); gather_begin before, gather_end after.
 */
#include "kernel/mm/page_table.h"

#include "arch/tlb.h"
#include "kernel/core/panic.h"
#include "kernel/sched/sched.h"
#include "lib/errno.h"

void gather_begin(struct gather *g, struct mm *mm)
{
	(void)mm_rss_peak(mm); /* noted before pages go */
	g->mm = mm;
	g->count = 0;
	g->start = UINT64_MAX;
	g->end = 0;
}

static void gather_span(struct gather *g, vaddr_t start, vaddr_t end)
{
	g->start = min(g->start, start);
	g->end = max(g->end, end);
}

void gather_end(struct gather *g)
{
	if (g->end != 0)
		tlb_flush_harts(&g->mm->harts, g->start, g->end - g->start);
	for (unsigned i = 0; i < g->count; i++) {
		if (g->page[i]->kind == PAGE_TABLE)
			pt_leaf_put(g->page[i]);
		else
			page_put(g->page[i]);
	}
	gather_begin(g, g->mm);
}

static void rss_sub(struct mm *mm, long anon, long file)
{
	if (anon != 0)
		atomic_fetch_sub_explicit(&mm->rss_anon, anon, memory_order_relaxed);
	if (file != 0)
		atomic_fetch_sub_explicit(&mm->rss_file, file, memory_order_relaxed);
}

void gather_area(struct gather *g, const struct vma *v)
{
	if (v->cache == NULL || !vma_is_private(v))
		return;
	gather_span(g, v->start, v->end);
	gather_end(g);
}

/* Empties a run of entries of a locked leaf table, as many as the gather has room for; returns
 * where it stopped. With cache_only entries that show anonymous pages are left. */
static vaddr_t zap_leaf(struct gather *g, pte_t *table, vaddr_t va, vaddr_t end, bool cache_only)
{
	struct page *tp = pt_page(table);
	vaddr_t base = ALIGN_DOWN(va, LEAF_SPAN);
	long anon = tp->anon, file = tp->file;

	if (tp->entries == 0)
		return end;
	va = max(va, base + tp->first * PAGE_SIZE);
	for (; va < end && g->count < GATHER_PAGES && tp->entries != 0; va += PAGE_SIZE) {
		pte_t *slot = pt_slot(table, va);
		struct page *p;

		if (*slot == 0)
			continue;
		p = pte_page(*slot);
		if (cache_only && p->kind != PAGE_FILE)
			continue;
		pte_set(slot, 0);
		pt_count_sub(tp, p);
		gather_span(g, va, va + PAGE_SIZE);
		g->page[g->count++] = p;
	}
	rss_sub(g->mm, anon - tp->anon, file - tp->file);
	return tp->entries == 0 ? end : va;
}

void pt_zap(struct gather *g, struct vma *v, vaddr_t start, vaddr_t end)
{
	vaddr_t va = max(start, v->start), stop;

	for (end = min(end, v->end); va < end; va = stop) {
		pte_t *table = pt_leaf_if_own(g->mm, va);

		stop = min(end, pt_span_end(g->mm, va));
		if (table == NULL) /* none, or shared and pt_cut has seen no entry here */
			continue;
		pt_lock(table);
		stop = zap_leaf(g, table, va, stop, false);
		pt_unlock(table);
		if (g->count == GATHER_PAGES)
			gather_end(g);
		sched_checkpoint();
	}
}

/* The others who share the table at va, which v shows, lose `file` pages of it. Table's lock held;
 * an address space has at most one area at va. */
static void sharers_lose(const struct vma *v, vaddr_t va, const struct page *tp, long file)
{
	struct vma *w;

	list_for_each_entry(w, &v->cache->mappings, cache_link) {
		pte_t *middle;

		if (w->mm == v->mm || va < w->start || va >= w->end)
			continue;
		middle = pt_middle(w->mm, va);
		if (middle != NULL && *middle != 0 && pte_page(*middle) == tp)
			rss_sub(w->mm, 0, file);
	}
}

/* The first entry at or after va that shows a page of the file. */
static vaddr_t first_file_entry(pte_t *table, vaddr_t va, vaddr_t end)
{
	for (; va < end; va += PAGE_SIZE) {
		pte_t e = *pt_slot(table, va);

		if (e != 0 && pte_page(e)->kind == PAGE_FILE)
			break;
	}
	return va;
}

void pt_zap_cache(struct gather *g, struct vma *v, vaddr_t start, vaddr_t end)
{
	vaddr_t va = max(start, v->start), stop;

	for (end = min(end, v->end); va < end; va = stop) {
		pte_t *table = pt_leaf_lock(g->mm, va);
		long file;

		stop = min(end, pt_span_end(g->mm, va));
		/* Whether or not an entry is left: another sharer's turn may have taken it; and
		 * whether or not a table is: munmap may just have let go of a shared one, and not
		 * have come to its own flush. */
		gather_span(g, va, stop);
		if (table == NULL)
			continue;
		pt_assert_locked(table);
		file = pt_page(table)->file;
		va = first_file_entry(table, va, stop);
		if (va < stop) {
			stop = zap_leaf(g, table, va, stop, true);
			if (pt_page(table)->sharers > 1)
				sharers_lose(v, va, pt_page(table), file - pt_page(table)->file);
		}
		pt_unlock(table);
		if (g->count == GATHER_PAGES)
			gather_end(g);
		sched_checkpoint();
	}
}

/* What a shared table has of entries, against [va, end) within its span: none inside, all, or
 * both. mm->lock is held for writing and mm shares the table: none are added. */
enum reach { REACH_NONE, REACH_ALL, REACH_SOME };

static enum reach leaf_reach(const struct page *tp, vaddr_t va, vaddr_t end)
{
	unsigned low = pt_index(va, 0), high = pt_index(end - 1, 0);

	if (READ_ONCE(tp->entries) == 0 || tp->first > high || tp->last < low)
		return REACH_NONE;
	return tp->first >= low && tp->last <= high ? REACH_ALL : REACH_SOME;
}

/* The shared table of a span, all of whose entries are to go, is let go of: it is the gather's, or
 * own again. */
static void leaf_drop(struct gather *g, pte_t *middle, vaddr_t va)
{
	struct mm *mm = g->mm;
	struct page *tp = pte_page(*middle);

	spin_lock(&mm->tables);
	spin_lock(&tp->lock);
	rss_sub(mm, tp->anon, tp->file);
	pt_upper_set(middle, 0);
	spin_unlock(&tp->lock);
	spin_unlock(&mm->tables);
	atomic_fetch_sub(&mm->table_pages, 1);
	gather_span(g, va, pt_span_end(mm, va));
	g->page[g->count++] = tp;
	if (g->count == GATHER_PAGES)
		gather_end(g);
}

/* A shared table that holds entries both of [start, end) and others'. */
static int edge_own(struct mm *mm, vaddr_t va, vaddr_t end)
{
	pte_t *middle = pt_middle(mm, va);

	if (middle == NULL || *middle == 0 || middle_is_own(*middle) ||
	    leaf_reach(pte_page(*middle), va, end) != REACH_SOME)
		return 0;
	return pt_leaf_own(mm, va) != NULL ? 0 : -ENOMEM;
}

int pt_cut(struct gather *g, vaddr_t start, vaddr_t end)
{
	vaddr_t last = max(start, ALIGN_DOWN(end - 1, LEAF_SPAN));
	int err = edge_own(g->mm, start, min(end, pt_span_end(g->mm, start)));

	if (err == 0)
		err = edge_own(g->mm, last, end);
	if (err)
		return err;
	for (vaddr_t va = start; va < end; va = pt_span_end(g->mm, va)) {
		pte_t *middle = pt_middle(g->mm, va);

		if (middle != NULL && *middle != 0 && !middle_is_own(*middle) &&
		    leaf_reach(pte_page(*middle), va, min(end, pt_span_end(g->mm, va))) ==
			    REACH_ALL)
			leaf_drop(g, middle, va);
	}
	return 0;
}
