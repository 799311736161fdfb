/*
 * madvise. What changes what a program can see is carried out (DONTNEED, FREE, DONTFORK,
 * WIPEONFORK, POPULATE_*); hints about when pages will be used are checked and then followed by
 * doing nothing, which every hint allows.
 *
 * NOTE(linux): MADV_FREE drops at once, as MADV_DONTNEED; Linux may keep the old contents until
 * memory is short. LIMIT: MADV_REMOVE is refused with -EINVAL; no transparent huge pages, so
 * (NO)HUGEPAGE is -EINVAL, as on a Linux without them.
 */
#include "kernel/mm/mm.h"

#include "kernel/abi/mman.h"
#include "kernel/mm/fault.h"
#include "kernel/mm/page_table.h"
#include "lib/errno.h"

static int area_set(struct vma *v, vaddr_t start, vaddr_t end, unsigned set, unsigned clear)
{
	struct mm *mm = v->mm;
	int err = vma_split_range(mm, start, end);

	if (err)
		return err;
	v = vma_find(mm, start);
	vma_set_flags(v, (v->flags & ~clear) | set);
	return 0;
}

static int area_advise(struct vma *v, vaddr_t start, vaddr_t end, int advice)
{
	struct gather g;

	switch (advice) {
	case MADV_DONTNEED:
	case MADV_FREE:
		if (v->flags & (VM_LOCKED | VM_KERNEL_PAGES))
			return -EINVAL;
		if (advice == MADV_FREE && (v->cache != NULL || !vma_is_private(v)))
			return -EINVAL;
		gather_begin(&g, v->mm);
		pt_zap(&g, v, start, end);
		gather_end(&g);
		return 0;
	case MADV_DONTFORK:
		return area_set(v, start, end, VM_DONTCOPY, 0);
	case MADV_DOFORK:
		return v->flags & VM_KERNEL_PAGES ? -EINVAL
						  : area_set(v, start, end, 0, VM_DONTCOPY);
	case MADV_WIPEONFORK:
		if (v->cache != NULL || !vma_is_private(v))
			return -EINVAL;
		return area_set(v, start, end, VM_WIPEONFORK, 0);
	case MADV_KEEPONFORK:
		return area_set(v, start, end, 0, VM_WIPEONFORK);
	default: /* hints */
		return 0;
	}
}

static bool advice_known(int advice)
{
	switch (advice) {
	case MADV_NORMAL ... MADV_DONTNEED:
	case MADV_FREE:
	case MADV_DONTFORK:
	case MADV_DOFORK:
	case MADV_DONTDUMP ... MADV_POPULATE_WRITE:
		return true;
	default:
		return false;
	}
}

static int advise_locked(struct mm *mm, vaddr_t start, vaddr_t end, int advice)
{
	struct vma *v = vma_find_after(mm, start);
	int err = 0;

	while (start < end) {
		vaddr_t stop;
		int one;

		if (v == NULL || v->start >= end)
			return -ENOMEM;
		if (v->start > start)
			err = -ENOMEM; /* a hole: the rest is advised all the same */
		start = max(start, v->start);
		stop = min(end, v->end);
		one = area_advise(v, start, stop, advice);
		if (one)
			return one;
		start = stop;
		v = vma_find_after(mm, start);
	}
	return err;
}

/* What its protection refuses is the caller's mistake; what would be SIGBUS is a fault. */
static int populate(struct mm *mm, vaddr_t start, vaddr_t end, enum fault_access access)
{
	int err = mm_populate(mm, start, end, access);

	if (err == -EFAULT)
		return -EINVAL;
	return err == 0 || err == -ENOMEM ? err : -EFAULT;
}

int mm_advise(struct mm *mm, vaddr_t addr, size_t len, int advice)
{
	size_t aligned = ALIGN_UP(len, PAGE_SIZE);
	int err;

	if (!advice_known(advice) || addr % PAGE_SIZE != 0 || (len != 0 && aligned == 0) ||
	    addr + aligned < addr)
		return -EINVAL;
	if (len == 0)
		return 0;
	if (aligned > USER_END || addr > USER_END - aligned)
		return -ENOMEM;
	if (advice == MADV_POPULATE_READ || advice == MADV_POPULATE_WRITE)
		return populate(mm, addr, addr + aligned,
				advice == MADV_POPULATE_READ ? FAULT_READ : FAULT_WRITE);
	rwlock_write_lock(&mm->lock);
	err = advise_locked(mm, addr, addr + aligned, advice);
	rwlock_write_unlock(&mm->lock);
	return err;
}
