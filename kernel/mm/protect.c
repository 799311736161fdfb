/*
 * mprotect: areas are split at the edges, given their new flags, and joined again with like
 * neighbours; entries that are there get the new permissions, but never write: the next write
 * faults and finds out whether it may. Leaf tables that are shared with other address spaces and
 * have entries there become own first, so that nothing has changed when memory runs out.
 *
 * An address space may have said that no area of it is to become executable (PR_SET_MDWE): what was
 * mapped so without being writable stays, and is all there will be.
 */
#include "kernel/mm/mm.h"

#include "arch/tlb.h"
#include "kernel/abi/mman.h"
#include "kernel/abi/prctl.h"
#include "kernel/mm/commit.h"
#include "kernel/mm/icache.h"
#include "kernel/mm/map.h"
#include "kernel/mm/page_table.h"
#include "kernel/sched/sched.h"
#include "lib/errno.h"

/* --- no new code ------------------------------------------------------------------------------ */

int mm_deny_exec_set(struct mm *mm, unsigned mdwe)
{
	int err = rwlock_write_lock_killable(&mm->lock);

	if (err)
		return err;
	if (mm->deny_exec != 0 && mm->deny_exec != mdwe)
		err = -EPERM;
	else
		WRITE_ONCE(mm->deny_exec, mdwe);
	rwlock_write_unlock(&mm->lock);
	return err;
}

unsigned mm_deny_exec_inherited(const struct mm *from)
{
	unsigned mdwe = READ_ONCE(from->deny_exec);

	return mdwe & PR_MDWE_NO_INHERIT ? 0 : mdwe;
}

bool mm_deny_exec_allows(const struct mm *mm, unsigned had, unsigned flags)
{
	if (READ_ONCE(mm->deny_exec) == 0 || !(flags & VM_EXEC))
		return true;
	return (had & VM_EXEC) && !(flags & VM_WRITE);
}

/* --- permissions ------------------------------------------------------------------------------ */

static void leaf_protect(struct vma *v, pte_t *table, vaddr_t va, vaddr_t end)
{
	struct page *tp = pt_page(table);
	vaddr_t base = ALIGN_DOWN(va, LEAF_SPAN);

	if (READ_ONCE(tp->entries) == 0)
		return;
	va = max(va, base + tp->first * PAGE_SIZE);
	end = min(end, base + (tp->last + 1UL) * PAGE_SIZE);
	pt_lock(table);
	for (; va < end; va += PAGE_SIZE) {
		pte_t *slot = pt_slot(table, va);

		if (*slot != 0)
			pte_set(slot, pte_for_page(v, pte_page(*slot), false));
	}
	pt_unlock(table);
}

static void area_protect(struct vma *v)
{
	vaddr_t va = v->start;

	while (va < v->end) {
		vaddr_t stop = min(v->end, ALIGN_DOWN(va, LEAF_SPAN) + LEAF_SPAN);
		pte_t *table = pt_leaf_if_own(v->mm, va);

		if (table != NULL)
			leaf_protect(v, table, va, stop);
		sched_checkpoint();
		va = stop;
	}
}

/* The next area from va on, if va lies in it and it may be given flags. */
static struct vma *area_checked(struct mm *mm, vaddr_t va, unsigned flags, int *err)
{
	struct vma *v = vma_find(mm, va);

	*err = 0;
	if (v == NULL)
		*err = -ENOMEM;
	else if (v->flags & VM_SEALED)
		*err = -EPERM;
	else if (flags & ~(v->flags >> 4) & (VM_READ | VM_WRITE | VM_EXEC))
		*err = -EACCES; /* VM_MAY* are the same bits, four higher */
	else if (!mm_deny_exec_allows(mm, v->flags, flags))
		*err = -EACCES;
	return *err ? NULL : v;
}

/* The flags that v gets with these permissions. What becomes writable counts as promised from then
 * on, and goes on counting, since pages may have been written. -ENOMEM: it would be too much. */
static int flags_for(const struct vma *v, unsigned prot_flags, unsigned *out)
{
	unsigned flags = (v->flags & ~(VM_READ | VM_WRITE | VM_EXEC)) | prot_flags;

	*out = commit_counts(flags) ? flags | VM_ACCOUNT : flags;
	if ((v->flags & VM_WRITE) || !(flags & VM_WRITE))
		return 0;
	/* What counts already is not asked about again. */
	return commit_flags_check(v->mm, v->flags & VM_ACCOUNT ? flags & ~VM_ACCOUNT : *out,
				  vma_pages(v));
}

/* As on Linux, what lies before a hole or a forbidden area has been changed when the error
 * comes. */
static int protect_locked(struct mm *mm, vaddr_t start, vaddr_t end, unsigned flags)
{
	vaddr_t va = start;
	struct vma *v;
	int err = pt_range_own(mm, start, end);

	if (err == 0)
		err = vma_split_range(mm, start, end);
	while (err == 0 && va < end) {
		unsigned all;

		v = area_checked(mm, va, flags, &err);
		if (v != NULL)
			err = flags_for(v, flags, &all);
		if (err)
			break;
		vma_set_flags(v, all);
		area_protect(v);
		va = v->end;
	}
	if (flags & VM_EXEC) /* pages that were written as data may be code now */
		icache_changed(mm);
	if (va > start)
		tlb_flush_harts(&mm->harts, start, va - start);
	vma_merge_range(mm, start, va);
	return err;
}

int mm_protect(struct mm *mm, vaddr_t addr, size_t len, unsigned prot)
{
	size_t aligned = ALIGN_UP(len, PAGE_SIZE);
	vaddr_t end = addr + aligned;
	struct vma *v;
	int err;

	if (prot & ~(PROT_READ | PROT_WRITE | PROT_EXEC | PROT_SEM | PROT_GROWSDOWN | PROT_GROWSUP))
		return -EINVAL;
	if (addr % PAGE_SIZE != 0 || (prot & PROT_GROWSUP))
		return -EINVAL;
	if (len == 0)
		return 0;
	if (aligned == 0 || aligned > USER_END || addr > USER_END - aligned)
		return -ENOMEM;
	err = rwlock_write_lock_killable(&mm->lock);
	if (err)
		return err;
	if (prot & PROT_GROWSDOWN) {
		v = vma_find(mm, addr);
		if (v == NULL || !(v->flags & VM_GROWSDOWN))
			err = -EINVAL;
		else
			addr = v->start;
	}
	if (err == 0)
		err = protect_locked(mm, addr, end, vma_flags_of_prot(prot));
	rwlock_write_unlock(&mm->lock);
	return err;
}
