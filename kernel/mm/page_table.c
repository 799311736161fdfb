/*
 * Walking, making and emptying tables. Middle tables appear by compare-and-swap, so two faults in
 * one address space need no lock above the leaf.
 */
#include "kernel/mm/page_table.h"

#include "arch/tlb.h"
#include "kernel/core/panic.h"
#include "kernel/sched/sched.h"

uint64_t pte_prot_of(const struct vma *v, bool write)
{
	uint64_t prot = PTE_U;

	if (v->flags & (VM_READ | VM_WRITE)) /* W without R is reserved */
		prot |= PTE_R;
	if (v->flags & VM_EXEC)
		prot |= PTE_X;
	if (write && (v->flags & VM_WRITE))
		prot |= PTE_W;
	return prot;
}

pte_t pte_for_page(const struct vma *v, const struct page *p, bool write)
{
	uint64_t prot = pte_prot_of(v, write);
	pte_t e = pte_leaf(page_phys(p), prot);

	if (!(prot & (PTE_R | PTE_X)))
		e = (e & ~PTE_V) | PTE_HELD;
	return e;
}

static struct page *table_alloc(struct mm *mm)
{
	struct page *p = page_alloc(0, ALLOC_ZERO, PAGE_TABLE);

	if (p == NULL)
		return NULL;
	p->entries = 0;
	p->sharers = 1;
	spinlock_init(&p->lock, "page table", LOCK_RANK_PAGE_TABLE);
	atomic_fetch_add(&mm->table_pages, 1);
	return p;
}

static void table_free(struct mm *mm, struct page *p)
{
	atomic_fetch_sub(&mm->table_pages, 1);
	page_put(p);
}

/* The table that entry e of an upper level points to, made if it is empty. */
static pte_t *table_below(struct mm *mm, pte_t *e)
{
	pte_t seen = __atomic_load_n(e, __ATOMIC_ACQUIRE);
	struct page *fresh;

	if (pte_present(seen))
		return phys_to_virt(pte_paddr(seen));
	fresh = table_alloc(mm);
	if (fresh == NULL)
		return NULL;
	if (__atomic_compare_exchange_n(e, &seen, pte_table(page_phys(fresh)), false,
					__ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return page_address(fresh);
	table_free(mm, fresh);
	return phys_to_virt(pte_paddr(seen));
}

pte_t *pt_leaf_make(struct mm *mm, vaddr_t va)
{
	pte_t *middle = table_below(mm, &mm->root[pt_index(va, 2)]);

	return middle == NULL ? NULL : table_below(mm, &middle[pt_index(va, 1)]);
}

pte_t *pt_leaf_find(const struct mm *mm, vaddr_t va)
{
	pte_t e = __atomic_load_n(&mm->root[pt_index(va, 2)], __ATOMIC_ACQUIRE);
	pte_t *middle;

	if (!pte_present(e))
		return NULL;
	middle = phys_to_virt(pte_paddr(e));
	e = __atomic_load_n(&middle[pt_index(va, 1)], __ATOMIC_ACQUIRE);
	return pte_present(e) ? phys_to_virt(pte_paddr(e)) : NULL;
}

static int leaf_walk(pte_t *table, vaddr_t va, vaddr_t end,
		     int (*fn)(vaddr_t va, pte_t e, void *arg), void *arg)
{
	int ret = 0;

	pt_lock(table);
	for (; va < end && ret == 0; va += PAGE_SIZE) {
		pte_t e = *pt_slot(table, va);

		if (e != 0)
			ret = fn(va, e, arg);
	}
	pt_unlock(table);
	return ret;
}

int pt_walk(struct mm *mm, vaddr_t start, vaddr_t end, int (*fn)(vaddr_t va, pte_t e, void *arg),
	    void *arg)
{
	vaddr_t va = start;
	int ret = 0;

	while (va < end && ret == 0) {
		vaddr_t stop = min(end, ALIGN_DOWN(va, LEAF_SPAN) + LEAF_SPAN);
		pte_t *table = pt_leaf_find(mm, va);

		if (table != NULL && pt_page(table)->entries != 0)
			ret = leaf_walk(table, va, stop, fn, arg);
		if (ret == 0)
			ret = sched_checkpoint_killable();
		va = stop;
	}
	return ret;
}

void mm_rss_add(struct mm *mm, const struct page *p, long n)
{
	if (p->kind == PAGE_ANON)
		atomic_fetch_add_explicit(&mm->rss_anon, n, memory_order_relaxed);
	else if (p->kind == PAGE_FILE)
		atomic_fetch_add_explicit(&mm->rss_file, n, memory_order_relaxed);
}

void gather_begin(struct gather *g, struct mm *mm)
{
	(void)mm_rss_peak(mm); /* noted before pages go */
	g->mm = mm;
	g->count = 0;
	g->start = UINT64_MAX;
	g->end = 0;
}

void gather_end(struct gather *g)
{
	if (g->end != 0)
		tlb_flush_harts(&g->mm->harts, g->start, g->end - g->start);
	for (unsigned i = 0; i < g->count; i++)
		page_put(g->page[i]);
	gather_begin(g, g->mm);
}

/* Empties a run of entries of one leaf table, as many as the gather has room for; returns where it
 * stopped. With cache_only entries that show anonymous pages are left. */
static vaddr_t zap_leaf(struct gather *g, pte_t *table, vaddr_t start, vaddr_t end, bool cache_only)
{
	struct page *tp = pt_page(table);
	vaddr_t va = start;

	pt_lock(table);
	for (; va < end && g->count < GATHER_PAGES; va += PAGE_SIZE) {
		pte_t *slot = pt_slot(table, va);
		struct page *p;

		if (*slot == 0)
			continue;
		p = pte_page(*slot);
		if (cache_only && p->kind != PAGE_FILE)
			continue;
		pte_set(slot, 0);
		tp->entries--;
		g->start = min(g->start, va);
		g->end = max(g->end, va + PAGE_SIZE);
		mm_rss_add(g->mm, p, -1);
		g->page[g->count++] = p;
	}
	pt_unlock(table);
	return va;
}

static void zap_range(struct gather *g, vaddr_t va, vaddr_t end, bool cache_only)
{
	while (va < end) {
		vaddr_t stop = min(end, ALIGN_DOWN(va, LEAF_SPAN) + LEAF_SPAN);
		pte_t *table = pt_leaf_find(g->mm, va);

		sched_checkpoint();
		/* An empty table is passed over, but not by truncation: faults run beside it, and
		 * the count says something for certain only under the table's lock. */
		if (table == NULL || (pt_page(table)->entries == 0 && !cache_only)) {
			va = stop;
			continue;
		}
		va = zap_leaf(g, table, va, stop, cache_only);
		if (g->count == GATHER_PAGES)
			gather_end(g);
	}
}

void pt_zap(struct gather *g, struct vma *v, vaddr_t start, vaddr_t end)
{
	zap_range(g, max(start, v->start), min(end, v->end), false);
}

void pt_zap_cache(struct gather *g, struct vma *v, vaddr_t start, vaddr_t end)
{
	zap_range(g, start, end, true);
}

void pt_free_range(struct mm *mm, vaddr_t start, vaddr_t end, vaddr_t floor, vaddr_t ceiling)
{
	vaddr_t va = ALIGN_DOWN(start, LEAF_SPAN);

	for (; va < end; va += LEAF_SPAN) {
		pte_t *middle, *e;
		pte_t top = mm->root[pt_index(va, 2)];
		struct page *table;

		if (va < floor || va + LEAF_SPAN > ceiling || !pte_present(top))
			continue;
		middle = phys_to_virt(pte_paddr(top));
		e = &middle[pt_index(va, 1)];
		if (!pte_present(*e))
			continue;
		table = pte_page(*e);
		assert(table->entries == 0);
		pte_set(e, 0);
		/* Even without an entry the table's address may be cached by the hardware
		 * walker. */
		tlb_flush_harts(&mm->harts, va, LEAF_SPAN);
		table_free(mm, table);
	}
}

void pt_free_all(struct mm *mm)
{
	/* A hart that idles with this tree loaded touches no user address, but its walker may, on a
	 * guess: it must not find what the tables' pages become next. */
	for (unsigned i = 0; i < PT_ENTRIES / 2; i++)
		mm->root[i] &= ~PTE_V;
	tlb_flush_harts(&mm->harts, 0, USER_END);
	for (unsigned i = 0; i < PT_ENTRIES / 2; i++) {
		pte_t *middle;

		if (mm->root[i] == 0)
			continue;
		middle = phys_to_virt(pte_paddr(mm->root[i]));
		for (unsigned j = 0; j < PT_ENTRIES; j++) {
			if (!pte_present(middle[j]))
				continue;
			assert(pte_page(middle[j])->entries == 0);
			table_free(mm, pte_page(middle[j]));
		}
		table_free(mm, page_of(middle));
		mm->root[i] = 0;
	}
}
