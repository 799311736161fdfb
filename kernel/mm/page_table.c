/*
 * The upper levels of a user address space's tables, and what entries and counts look like.
 *
 * Tables appear under mm->tables, a spinlock that is taken only where an upper entry changes or a
 * shared leaf has to be pinned: a fault under an own leaf table needs no lock above the leaf's.
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

static uint16_t slot_index(const pte_t *slot)
{
	return (uint16_t)(((vaddr_t)slot & ~PAGE_MASK) / sizeof(*slot));
}

void pt_filled(const pte_t *first, const pte_t *last, unsigned count)
{
	struct page *tp = page_of(first);
	bool was_empty = tp->entries == 0;

	ADD_ONCE(tp->entries, count);
	tp->first = was_empty ? slot_index(first) : min(tp->first, slot_index(first));
	tp->last = was_empty ? slot_index(last) : max(tp->last, slot_index(last));
}

void mm_rss_add(struct mm *mm, const struct page *p, long n)
{
	if (p->kind == PAGE_ANON)
		atomic_fetch_add_explicit(&mm->rss_anon, n, memory_order_relaxed);
	else if (p->kind == PAGE_FILE)
		atomic_fetch_add_explicit(&mm->rss_file, n, memory_order_relaxed);
}

void pt_upper_set(pte_t *slot, pte_t e)
{
	if (*slot == 0 && e != 0)
		pt_filled(slot, slot, 1);
	else if (*slot != 0 && e == 0)
		ADD_ONCE(page_of(slot)->entries, -1);
	/* Release: who finds a table through it finds the table's contents too. */
	__atomic_store_n(slot, e, __ATOMIC_RELEASE);
}

pte_t *pt_middle(const struct mm *mm, vaddr_t va)
{
	pte_t top = __atomic_load_n(&mm->root[pt_index(va, 2)], __ATOMIC_ACQUIRE);

	return top != 0 ? &pte_table_of(top)[pt_index(va, 1)] : NULL;
}

pte_t *pt_middle_make(struct mm *mm, vaddr_t va)
{
	pte_t *top = &mm->root[pt_index(va, 2)];
	struct page *p;

	if (*top == 0) {
		p = page_alloc(0, ALLOC_ZERO, PAGE_TABLE);
		if (p == NULL)
			return NULL;
		__atomic_store_n(top, pte_table(page_phys(p)), __ATOMIC_RELEASE);
		p->root_index = (uint16_t)pt_index(va, 2);
		p->next_middle = mm->middles;
		mm->middles = p;
		atomic_fetch_add(&mm->table_pages, 1);
	}
	return &pte_table_of(*top)[pt_index(va, 1)];
}

pte_t *pt_middle_ensure(struct mm *mm, vaddr_t va)
{
	pte_t *middle;

	spin_lock(&mm->tables);
	middle = pt_middle_make(mm, va);
	spin_unlock(&mm->tables);
	return middle;
}

void pt_middles_swap(struct mm *mm, vaddr_t a, vaddr_t b)
{
	pte_t *at_a = pt_middle(mm, a), *at_b = pt_middle(mm, b), e;

	spin_lock(&mm->tables);
	e = *at_a;
	pt_upper_set(at_a, *at_b);
	pt_upper_set(at_b, e);
	spin_unlock(&mm->tables);
}

struct page *pt_leaf_alloc(void)
{
	struct page *p = page_alloc(0, ALLOC_ZERO, PAGE_TABLE);

	if (p != NULL) {
		p->sharers = 1;
		spinlock_init(&p->lock, "page table", LOCK_RANK_PAGE_TABLE);
	}
	return p;
}

__lock_unchecked pte_t *pt_leaf_lock(struct mm *mm, vaddr_t va)
{
	pte_t *middle = pt_middle(mm, va), *table = NULL;

	if (middle == NULL)
		return NULL;
	spin_lock(&mm->tables);
	if (*middle != 0) {
		table = pte_table_of(*middle);
		pt_lock(table);
	}
	spin_unlock(&mm->tables);
	return table;
}

static int leaf_walk(pte_t *table, vaddr_t va, vaddr_t end,
		     int (*fn)(vaddr_t va, pte_t e, void *arg), void *arg)
{
	pte_t shared = pt_page(table)->sharers > 1 ? PTE_SHARED : 0;
	int ret = 0;

	for (; va < end && ret == 0; va += PAGE_SIZE) {
		pte_t e = *pt_slot(table, va);

		if (e != 0)
			ret = fn(va, e | shared, arg);
	}
	return ret;
}

int pt_walk(struct mm *mm, vaddr_t start, vaddr_t end, int (*fn)(vaddr_t va, pte_t e, void *arg),
	    void *arg)
{
	vaddr_t va = start;
	int ret = 0;

	while (va < end && ret == 0) {
		vaddr_t stop = min(end, pt_span_end(mm, va));
		pte_t *table = pt_leaf_lock(mm, va);

		if (table != NULL) {
			pt_assert_locked(table);
			if (pt_page(table)->entries != 0)
				ret = leaf_walk(table, va, stop, fn, arg);
			pt_unlock(table);
		}
		if (ret == 0)
			ret = sched_checkpoint_killable();
		va = stop;
	}
	return ret;
}

void pt_free_range(struct mm *mm, vaddr_t start, vaddr_t end, vaddr_t floor, vaddr_t ceiling)
{
	vaddr_t va = ALIGN_DOWN(start, LEAF_SPAN);

	for (; va < end; va = pt_span_end(mm, va)) {
		pte_t *middle = pt_middle(mm, va);
		struct page *table;

		if (va < floor || va + LEAF_SPAN > ceiling || middle == NULL || *middle == 0)
			continue;
		table = pte_page(*middle);
		assert(table->entries == 0);
		spin_lock(&mm->tables);
		pt_upper_set(middle, 0);
		spin_unlock(&mm->tables);
		/* Even without an entry the table's address may be cached by the hardware
		 * walker. */
		tlb_flush_harts(&mm->harts, va, LEAF_SPAN);
		atomic_fetch_sub(&mm->table_pages, 1);
		pt_leaf_put(table);
	}
}

void pt_free_all(struct mm *mm)
{
	struct page *p, *next;

	if (mm->middles == NULL)
		return;
	/* A hart that idles with this tree loaded touches no user address, but its walker may, on a
	 * guess: it must not find what the tables' pages become next. */
	for (p = mm->middles; p != NULL; p = p->next_middle)
		pte_set(&mm->root[p->root_index], 0);
	tlb_flush_harts(&mm->harts, 0, USER_END);
	for (p = mm->middles; p != NULL; p = next) {
		next = p->next_middle;
		pt_leaves_put(p);
		page_put(p);
	}
	mm->middles = NULL;
}
