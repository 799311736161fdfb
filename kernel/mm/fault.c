/*
 * Page faults.
 *
 *	entry       access  area            what appears
 *	empty       read    anonymous       the zero page, read-only
 *	empty       write   anonymous       a fresh page of zeros
 *	empty       any     file, shared    the cache's page
 *	empty       read    file, private   the cache's page, read-only
 *	empty       write   file, private   a copy of the cache's page
 *	read-only   write   private         the same page if no other entry shows it, else a copy
 *	read-only   write   shared          the same page, now writable
 *
 * The area is looked up under mm->lock for reading, so threads fault side by side. Pages are found
 * or made before the leaf table's lock is taken; under it the entry is looked at again, and if
 * somebody else was faster there is nothing left to do.
 *
 * That is what happens under an own leaf table. A shared one (leaf.c) is shown, if the access is
 * one that its entry allows to everybody; for any other it becomes own first.
 *
 * A private page may be written in place when its count is 1: the count is the number of tables
 * that show it, and only through this entry of an own table, under its lock, could another user of
 * it come into being. Its neighbours are then most likely to be in the same case (the other side of
 * a fork is gone): they get their write permission back in the same fault.
 */
#include "kernel/mm/fault.h"

#include "arch/tlb.h"
#include "kernel/abi/resource.h"
#include "kernel/abi/signal.h"
#include "kernel/mm/commit.h"
#include "kernel/mm/icache.h"
#include "kernel/mm/map.h"
#include "kernel/mm/page_table.h"
#include "kernel/task/group.h"
#include "lib/errno.h"
#include "lib/string.h"

/* Looking at 16 entries costs less than a second fault. */
#define REUSE_SPAN (16 * PAGE_SIZE)

/* Where another page was readable, all harts must have forgotten it before any of them can write
 * the new one: else one thread would read old contents after another has changed them. A page that
 * was absent needs only this hart to look again; the others fault and find it. */
static void entry_replace(struct mm *mm, vaddr_t addr, pte_t *slot, pte_t new)
{
	if (pte_present(*slot)) {
		pte_set(slot, 0);
		tlb_flush_harts(&mm->harts, addr, PAGE_SIZE);
		pte_set(slot, new);
	} else {
		pte_set(slot, new);
		tlb_flush_local_page(addr);
	}
}

static void sync_icache(const struct vma *v, struct page *p)
{
	if (!(v->flags & VM_EXEC))
		return;
	if (p->flags & PG_ICACHE) {
		icache_catch_up(v->mm);
	} else {
		icache_changed(v->mm);
		p->flags |= PG_ICACHE; /* not before it is true */
	}
}

/* Replaces the entry `old` by page p (whose reference is consumed), unless it has changed. */
static void entry_install(struct vma *v, vaddr_t addr, pte_t *table, pte_t old, struct page *p,
			  bool write)
{
	pte_t *slot = pt_slot(table, addr);
	struct page *drop = p;

	sync_icache(v, p);
	pt_lock(table);
	/* A page that truncation took from its file meanwhile must not appear any more. It cuts
	 * before it looks into tables: what is not seen here yet, it finds in this one, which was
	 * there before the page was looked for (page_cache.c). */
	if (*slot == old &&
	    !(p->kind == PAGE_FILE && v->cache != NULL && READ_ONCE(p->mapping) != v->cache)) {
		drop = NULL;
		entry_replace(v->mm, addr, slot, pte_for_page(v, p, write));
		mm_rss_add(v->mm, p, 1);
		if (old != 0) {
			drop = pte_page(old);
			pt_count_sub(pt_page(table), drop);
			mm_rss_add(v->mm, drop, -1);
		}
		pt_count_add(pt_page(table), pt_index(addr, 0), p);
	}
	pt_unlock(table);
	page_put(drop);
}

static int fault_zero_page(struct vma *v, vaddr_t addr, pte_t *table)
{
	entry_install(v, addr, table, 0, page_get(zero_page), false);
	return 0;
}

static int fault_fresh(struct vma *v, vaddr_t addr, pte_t *table, pte_t old)
{
	struct page *p = page_alloc(0, ALLOC_ZERO | ALLOC_WAIT, PAGE_ANON);

	if (p == NULL)
		return -ENOMEM;
	entry_install(v, addr, table, old, p, true);
	return 0;
}

/* A private copy of what src (counted; consumed) holds. */
static int fault_copy(struct vma *v, vaddr_t addr, pte_t *table, pte_t old, struct page *src)
{
	struct page *p;

	if (src == zero_page) {
		page_put(src);
		return fault_fresh(v, addr, table, old);
	}
	p = page_alloc(0, ALLOC_WAIT, PAGE_ANON);
	if (p != NULL) {
		memcpy(page_address(p), page_address(src), PAGE_SIZE);
		entry_install(v, addr, table, old, p, true);
	}
	page_put(src);
	return p != NULL ? 0 : -ENOMEM;
}

static bool is_in_file(const struct page_cache *c, uint64_t index)
{
	return index < DIV_ROUND_UP(__atomic_load_n(&c->size, __ATOMIC_RELAXED), PAGE_SIZE);
}

static int fault_file(struct vma *v, vaddr_t addr, pte_t *table, bool write)
{
	uint64_t index = v->pgoff + ((addr - v->start) >> PAGE_SHIFT);
	struct page *p;
	int err;

	if (!is_in_file(v->cache, index))
		return -ERANGE;
	err = page_cache_get(v->cache, index, &p);
	if (err)
		return err;
	/* Truncation stores the size before it cuts: a page that was made after the cut, and that
	 * nobody would take back, is recognised here. */
	if (!is_in_file(v->cache, index)) {
		page_put(p);
		return -ERANGE;
	}
	if (write && vma_is_private(v))
		return fault_copy(v, addr, table, 0, p);
	entry_install(v, addr, table, 0, p, !vma_is_private(v));
	return 0;
}

/* A page of the kernel image (vDSO): shown as it is, never written. */
static int fault_kernel_page(struct vma *v, vaddr_t addr, pte_t *table)
{
	const char *kernel =
		(const char *)v->kernel_pages + (addr - v->start) + (v->pgoff << PAGE_SHIFT);

	entry_install(v, addr, table, 0, page_get(page_of(kernel)), false);
	return 0;
}

/* The pages around addr, in the table and the area, that have no other user either, become writable
 * too. Table's lock held. */
static void reuse_around(const struct vma *v, vaddr_t addr, pte_t *table)
{
	vaddr_t va = ALIGN_DOWN(addr, REUSE_SPAN), end = min(v->end, va + REUSE_SPAN);

	for (va = max(va, v->start); va < end; va += PAGE_SIZE) {
		pte_t *slot = pt_slot(table, va), e = *slot;
		const struct page *p = pte_page(e);

		if (pte_present(e) && !(e & PTE_W) && p->kind == PAGE_ANON &&
		    ref_count(&p->ref) == 1)
			pte_set(slot, e | PTE_W | PTE_D);
	}
}

/* The entry holds a page but forbids the write: take it over, or copy. */
static int fault_read_only(struct vma *v, vaddr_t addr, pte_t *table, pte_t old)
{
	pte_t *slot = pt_slot(table, addr);
	struct page *p;

	pt_lock(table);
	if (*slot != old) {
		pt_unlock(table);
		return 0;
	}
	p = pte_page(old);
	if (!vma_is_private(v) || (p->kind == PAGE_ANON && ref_count(&p->ref) == 1)) {
		pte_set(slot, pte_for_page(v, p, true));
		if (vma_is_private(v))
			reuse_around(v, addr, table);
		/* What remembers a stricter entry faults and comes here. */
		tlb_flush_local_page(addr);
		pt_unlock(table);
		return 0;
	}
	page_get(p);
	pt_unlock(table);
	return fault_copy(v, addr, table, old, p);
}

static bool access_allowed(const struct vma *v, enum fault_access access)
{
	switch (access) {
	case FAULT_READ:
		return v->flags & (VM_READ | VM_WRITE);
	case FAULT_WRITE:
		return v->flags & VM_WRITE;
	default:
		return v->flags & VM_EXEC;
	}
}

int mm_fault_in(struct mm *mm, struct vma *v, vaddr_t addr, enum fault_access access)
{
	pte_t *table, e;
	bool write = access == FAULT_WRITE;

	if (!access_allowed(v, access) || unlikely(READ_ONCE(mm->reaped)))
		return -EFAULT;
	addr &= PAGE_MASK;
	table = pt_leaf_if_own(mm, addr);
	if (table == NULL) {
		if (!write && pt_leaf_show(mm, addr))
			return 0;
		table = pt_leaf_own(mm, addr);
		if (table == NULL)
			return -ENOMEM;
	}
	e = __atomic_load_n(pt_slot(table, addr), __ATOMIC_RELAXED);
	if (e == 0) {
		if (v->kernel_pages != NULL)
			return fault_kernel_page(v, addr, table);
		if (v->cache != NULL)
			return fault_file(v, addr, table, write);
		return write ? fault_fresh(v, addr, table, 0) : fault_zero_page(v, addr, table);
	}
	if (write && !(e & PTE_W))
		return fault_read_only(v, addr, table, e);
	tlb_flush_local(); /* it is there: this hart remembered an older entry, at whatever level */
	return 0;
}

/* The stack's area reaches down to addr if its limit and its lower neighbour allow. mm->lock held
 * for writing. */
static int stack_grow(struct mm *mm, struct vma *v, vaddr_t addr)
{
	vaddr_t start = addr & PAGE_MASK;
	struct vma *below = vma_prev(v);
	uint64_t limit = group_rlimit(current->group, RLIMIT_STACK);

	if (start < MAP_LOWEST || v->end - start > limit)
		return -EFAULT;
	if (below != NULL && (below->flags & (VM_READ | VM_WRITE | VM_EXEC)) &&
	    !(below->flags & VM_GROWSDOWN) && start < below->end + STACK_GUARD_GAP)
		return -EFAULT;
	if (!mm_may_lock(mm, v->flags, v->start - start) ||
	    commit_area_check(mm, v->flags, (v->start - start) >> PAGE_SHIFT))
		return -EFAULT;
	vma_resize(v, start, v->end);
	return 0;
}

/* The area for a fault at addr, with mm->lock held for reading; NULL (and the lock not held) if
 * there is none. */
__lock_unchecked static struct vma *area_for_fault(struct mm *mm, vaddr_t addr)
{
	struct vma *v;
	bool grown;

	rwlock_read_lock(&mm->lock);
	v = vma_find_after(mm, addr);
	if (v != NULL && v->start <= addr)
		return v;
	rwlock_read_unlock(&mm->lock);
	if (v == NULL || !(v->flags & VM_GROWSDOWN))
		return NULL;
	rwlock_write_lock(&mm->lock);
	v = vma_find_after(mm, addr);
	grown = v != NULL &&
		(v->start <= addr || ((v->flags & VM_GROWSDOWN) && stack_grow(mm, v, addr) == 0));
	rwlock_write_unlock(&mm->lock);
	if (!grown)
		return NULL;
	rwlock_read_lock(&mm->lock);
	v = vma_find(mm, addr);
	if (v == NULL)
		rwlock_read_unlock(&mm->lock);
	return v;
}

/* One try. -ENOENT: there is no area. */
static int fault_once(struct mm *mm, vaddr_t addr, enum fault_access access)
{
	struct vma *v = area_for_fault(mm, addr);
	int err;

	if (v == NULL)
		return -ENOENT;
	rwlock_assert_read(&mm->lock);
	err = mm_fault_in(mm, v, addr, access);
	rwlock_read_unlock(&mm->lock);
	return err;
}

int upcall_fault(vaddr_t addr, enum fault_access access, int *signo, int *code)
{
	struct mm *mm = current->mm;
	int err;

	*signo = SIGSEGV;
	*code = SEGV_MAPERR;
	if (mm == NULL || addr >= USER_END)
		return -EFAULT;
	ADD_ONCE(current->min_faults, 1);
	do {
		err = fault_once(mm, addr, access);
	} while (err == -ENOMEM && upcall_out_of_memory());
	if (err == -ENOENT)
		return -EFAULT;
	if (err == -EFAULT)
		*code = SEGV_ACCERR;
	if (err == -ERANGE || err == -EIO || err == -ENOSPC) {
		*signo = SIGBUS;
		*code = BUS_ADRERR;
		err = -EFAULT;
	}
	return err;
}
