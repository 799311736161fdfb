/*
 * Leaf tables shared copy-on-write: why fork does not cost what a process is large.
 *
 *	fork      gives the child the parent's leaf table: a sharer more. Entries stay as they are;
 *	          instead both middle entries are made invalid for the hardware, so that the first
 *	          access under either asks. That is a store, where protecting 512 entries would be
 *	          512 of them, most for nothing: a child that execs never looks.
 *	access    by the only sharer left: the table is valid again, as if nothing had been. Else a
 *	          read protects the entries, once (PG_PROTECTED), and shows them; a write, or an
 *	          access to what has no entry, makes a private copy of this one table, which takes
 *	          references to its pages. From then on pages are copied one by one, as ever.
 *	fork      of a table that was only read since the last fork costs nothing more: it stays
 *	          visible, on both sides.
 *	unmap     of all that a shared table holds lets go of it, and needs no copy (zap.c).
 *	exit      lets go of it. The last sharer frees the pages too.
 *
 * Measured, in instructions: the first fork + exit + wait with 1 GiB written takes 79,000 so, and
 * 5,086,000 if fork protects the entries; when the parent then writes 64 MiB once more, the whole
 * is 114,000 against 1,472,000. What this costs is a fault for each table that is used again.
 *
 * States, of the table (sharers, PG_PROTECTED) and of a middle entry that points to it:
 *
 *	                  own --------- fork ---------> hidden, sharers + 1
 *	                   ^                               |        |
 *	   sharers is 1,   |                               |      read: PG_PROTECTED
 *	   or a copy of it +------- access ----------------+        v
 *	                   +------- write ----------------------- visible -- fork --> visible,
 *	                                                                              sharers + 1
 *
 * Why no hart ever reads or writes through what it remembers of another state:
 *  - hidden: fork flushes the parent's harts before it drops the parent's lock, and the child's
 *    never saw the table. So while an unprotected table has more than one sharer it is hidden from
 *    all of them and nobody remembers anything of it; protecting its entries needs no flush.
 *  - visible: all entries are read-only, and stay so until a sharer finds itself alone.
 *  - visible, then left for a copy (or dropped): the hart may remember entries and the table's
 *    address. They are flushed before sharers goes down, so before any other can find itself alone
 *    and change an entry.
 *  - exit: no task runs there any more; what a hart that idles remembers it never uses, and it
 *    flushes when it loads another tree.
 *  - truncation changes entries of a shared table: each sharer has the area, and is flushed when
 *    truncation comes to it, before pages are freed (pt_zap_cache); or has just had it, and is
 *    flushed before the area leaves the list that truncation goes through (gather_area).
 *
 * Threads that fault side by side, in one address space or several: mm->tables lets one of an
 * address space at the middle entry, the table's lock one of all at the table. The second finds the
 * work done. While a fault has mm->lock for reading there is no fork of this address space; so own
 * stays own, and entries of an own table are changed under its lock alone.
 */
#include "kernel/mm/page_table.h"

#include "arch/tlb.h"
#include "kernel/sched/sched.h"
#include "lib/errno.h"

/* Takes write permission from an entry; what it is then. */
static inline pte_t entry_protect(pte_t *slot)
{
	pte_t e = *slot;

	if (e & PTE_W) {
		e &= ~(PTE_W | PTE_D);
		pte_set(slot, e);
	}
	return e;
}

/* Table's lock held. */
static void leaf_protect(struct page *tp)
{
	pte_t *table = page_address(tp);

	if (tp->flags & PG_PROTECTED)
		return;
	if (tp->entries != 0)
		for (unsigned i = tp->first; i <= tp->last; i++)
			(void)entry_protect(&table[i]);
	tp->flags |= PG_PROTECTED;
}

/* A private twin of a shared table, both read-only. Table's lock held. NULL: out of memory. */
static struct page *leaf_copy(struct page *tp)
{
	struct page *twin = pt_leaf_alloc();
	pte_t *from = page_address(tp), *to;

	if (twin == NULL)
		return NULL;
	to = page_address(twin);
	if (tp->entries != 0) {
		for (unsigned i = tp->first; i <= tp->last; i++) {
			pte_t e = entry_protect(&from[i]);

			if (e == 0)
				continue;
			page_get(pte_page(e));
			to[i] = e;
		}
	}
	tp->flags |= PG_PROTECTED;
	twin->entries = tp->entries;
	twin->anon = tp->anon;
	twin->file = tp->file;
	twin->first = tp->first;
	twin->last = tp->last;
	return twin;
}

/* The table at *middle, perhaps shared, becomes mm's own. mm->tables held. 0, -ENOMEM. */
static int leaf_reclaim(struct mm *mm, pte_t *middle)
{
	struct page *tp = pte_page(*middle), *twin;
	bool seen;

	spin_lock(&tp->lock);
	if (tp->sharers == 1) {
		tp->flags &= ~PG_PROTECTED;
		pt_upper_set(middle, pte_table(page_phys(tp)));
		spin_unlock(&tp->lock);
		tlb_flush_local(); /* the middle entry, if it was remembered as invalid */
		return 0;
	}
	twin = leaf_copy(tp);
	if (twin != NULL) {
		seen = pte_present(*middle);
		pt_upper_set(middle, pte_table(page_phys(twin)));
		if (seen) /* all of it: the table's address may be remembered too */
			tlb_flush_harts(&mm->harts, 0, USER_END);
		else
			tlb_flush_local();
		tp->sharers--;
	}
	spin_unlock(&tp->lock);
	return twin != NULL ? 0 : -ENOMEM;
}

static int leaf_make(struct mm *mm, pte_t *middle)
{
	struct page *tp = pt_leaf_alloc();

	if (tp == NULL)
		return -ENOMEM;
	pt_upper_set(middle, pte_table(page_phys(tp)));
	atomic_fetch_add(&mm->table_pages, 1);
	return 0;
}

pte_t *pt_leaf_own(struct mm *mm, vaddr_t va)
{
	pte_t *table = pt_leaf_if_own(mm, va), *middle;
	int err = 0;

	if (table != NULL)
		return table;
	spin_lock(&mm->tables);
	middle = pt_middle_make(mm, va);
	if (middle == NULL)
		err = -ENOMEM;
	else if (*middle == 0)
		err = leaf_make(mm, middle);
	else if (!middle_is_own(*middle))
		err = leaf_reclaim(mm, middle);
	if (err == 0)
		table = pte_table_of(*middle);
	spin_unlock(&mm->tables);
	return table;
}

int pt_range_own(struct mm *mm, vaddr_t start, vaddr_t end)
{
	for (vaddr_t va = start; va < end; va = pt_span_end(mm, va)) {
		pte_t *middle = pt_middle(mm, va);
		const struct page *tp;
		unsigned low = pt_index(va, 0);
		unsigned high = pt_index(min(end, pt_span_end(mm, va)) - 1, 0);

		/* mm->lock is held for writing: the table stays, and gets no entries. */
		if (middle == NULL || *middle == 0 || middle_is_own(*middle))
			continue;
		tp = pte_page(*middle);
		if (READ_ONCE(tp->entries) != 0 && tp->first <= high && tp->last >= low &&
		    pt_leaf_own(mm, va) == NULL)
			return -ENOMEM;
	}
	return 0;
}

bool pt_leaf_show(struct mm *mm, vaddr_t va)
{
	pte_t *middle = pt_middle(mm, va);
	bool shown = false;
	struct page *tp;

	if (middle == NULL)
		return false;
	spin_lock(&mm->tables);
	if (*middle != 0 && !middle_is_own(*middle)) {
		tp = pte_page(*middle);
		spin_lock(&tp->lock);
		shown = tp->sharers > 1 && pte_present(*pt_slot(page_address(tp), va));
		if (shown) {
			leaf_protect(tp);
			pt_upper_set(middle, *middle | PTE_V);
		}
		spin_unlock(&tp->lock);
	}
	spin_unlock(&mm->tables);
	if (shown)
		tlb_flush_local();
	return shown;
}

void pt_leaves_share(struct leaf_share *s, pte_t *to, pte_t *from, unsigned count)
{
	unsigned first = count, last = 0, shared = 0;

	for (unsigned i = 0; i < count; i++) {
		pte_t e = from[i];
		struct page *tp = pte_page(e);

		if (e == 0 || READ_ONCE(tp->entries) == 0)
			continue;
		if (middle_is_own(e)) {
			from[i] = e = (e & ~PTE_V) | PTE_SHARED;
			s->hidden = true;
		}
		spin_lock(&tp->lock);
		tp->sharers++;
		s->anon += tp->anon;
		s->file += tp->file;
		WRITE_ONCE(to[i], e);
		spin_unlock(&tp->lock);
		first = min(first, i);
		last = i;
		shared++;
	}
	s->tables += shared;
	if (shared != 0)
		pt_filled(to + first, to + last, shared);
}

static void leaf_free(struct page *tp)
{
	const pte_t *table = page_address(tp);

	for (unsigned left = tp->entries, i = tp->first; left > 0; i++) {
		if (table[i] == 0)
			continue;
		page_put(pte_page(table[i]));
		left--;
	}
	page_put(tp);
}

/* True if that was the last sharer. */
static inline bool leaf_let_go(struct page *tp)
{
	bool last;

	spin_lock(&tp->lock);
	last = --tp->sharers == 0;
	spin_unlock(&tp->lock);
	return last;
}

void pt_leaf_put(struct page *tp)
{
	if (leaf_let_go(tp))
		leaf_free(tp);
}

void pt_leaves_put(struct page *mp)
{
	const pte_t *e = (pte_t *)page_address(mp) + mp->first;

	for (unsigned left = mp->entries; left > 0; e++) {
		if (*e == 0)
			continue;
		left--;
		if (!leaf_let_go(pte_page(*e)))
			continue;
		leaf_free(pte_page(*e));
		sched_checkpoint();
	}
}
