/*
 * madvise.
 *
 *	gives up pages      DONTNEED, DONTNEED_LOCKED, FREE; REMOVE, from the file too
 *	makes them          POPULATE_READ, POPULATE_WRITE
 *	marks the area      DONTFORK, WIPEONFORK, DONTDUMP, NORMAL, RANDOM, SEQUENTIAL, HUGEPAGE
 *	                    and their opposites: kept in its flags, shown in smaps
 *	hints               WILLNEED, COLD, PAGEOUT: checked, then followed by doing nothing, which
 *	                    every hint allows; but PAGEOUT drops what MAP_DROPPABLE said may go
 *
 * NOTE(linux): MADV_FREE drops at once, as MADV_DONTNEED; Linux may keep the old contents until
 * memory is short. MADV_HUGEPAGE marks, as there with transparent huge pages set to "never"; pages
 * are small, and MADV_COLLAPSE is -EINVAL. MADV_MERGEABLE is -EINVAL, as without KSM.
 */
#include "kernel/mm/mm.h"

#include "kernel/abi/mman.h"
#include "kernel/mm/fault.h"
#include "kernel/mm/page_table.h"
#include "lib/errno.h"

static int area_set(struct vma *v, vaddr_t start, vaddr_t end, unsigned set, unsigned clear)
{
	struct mm *mm = v->mm;
	unsigned flags = (v->flags & ~clear) | set;
	int err;

	if (flags == v->flags)
		return 0;
	err = vma_split_range(mm, start, end);
	if (err)
		return err;
	vma_set_flags(vma_find(mm, start), flags);
	vma_merge_range(mm, start, end);
	return 0;
}

static int area_mark(struct vma *v, vaddr_t start, vaddr_t end, int advice)
{
	switch (advice) {
	case MADV_NORMAL:
		return area_set(v, start, end, 0, VM_RAND_READ | VM_SEQ_READ);
	case MADV_RANDOM:
		return area_set(v, start, end, VM_RAND_READ, VM_SEQ_READ);
	case MADV_SEQUENTIAL:
		return area_set(v, start, end, VM_SEQ_READ, VM_RAND_READ);
	case MADV_DONTFORK:
		return area_set(v, start, end, VM_DONTCOPY, 0);
	case MADV_DOFORK:
		return area_set(v, start, end, 0, VM_DONTCOPY);
	case MADV_DONTDUMP:
		return area_set(v, start, end, VM_DONTDUMP, 0);
	case MADV_DODUMP:
		return v->flags & VM_KERNEL_PAGES ? -EINVAL
						  : area_set(v, start, end, 0, VM_DONTDUMP);
	case MADV_WIPEONFORK:
		if (v->ops != NULL || !vma_is_private(v))
			return -EINVAL;
		return area_set(v, start, end, VM_WIPEONFORK, 0);
	case MADV_KEEPONFORK:
		return area_set(v, start, end, 0, VM_WIPEONFORK);
	case MADV_HUGEPAGE:
		return area_set(v, start, end, VM_HUGEPAGE, VM_NOHUGEPAGE);
	default: /* MADV_NOHUGEPAGE */
		return area_set(v, start, end, VM_NOHUGEPAGE, VM_HUGEPAGE);
	}
}

static int area_drop(struct vma *v, vaddr_t start, vaddr_t end, int advice)
{
	struct gather g;
	int err;

	if (v->flags & VM_KERNEL_PAGES)
		return -EINVAL;
	if ((v->flags & VM_LOCKED) && advice != MADV_DONTNEED_LOCKED)
		return -EINVAL;
	if (advice == MADV_FREE && (v->cache != NULL || !vma_is_private(v)))
		return -EINVAL;
	gather_begin(&g, v->mm);
	err = pt_cut(&g, start, end);
	if (err == 0)
		pt_zap(&g, v, start, end);
	gather_end(&g);
	return err;
}

/* The file's own lock comes before mm->lock, which is let go for as long: v may be gone after. */
__lock_unchecked static int area_remove(struct vma *v, vaddr_t start, vaddr_t end)
{
	const struct vma_ops *ops = v->ops;
	struct mm *mm = v->mm;
	struct file *file;
	uint64_t offset;
	int err;

	if ((v->flags & VM_LOCKED) || v->cache == NULL || ops->file_punch == NULL)
		return -EINVAL;
	if (!(v->flags & VM_SHARED) || !(v->flags & VM_MAYWRITE))
		return -EACCES;
	offset = (v->pgoff << PAGE_SHIFT) + (start - v->start);
	file = ops->file_get(v->file);
	rwlock_write_unlock(&mm->lock);
	err = ops->file_punch(file, offset, end - start);
	ops->file_put(file);
	rwlock_write_lock(&mm->lock);
	return err;
}

/* Would this advice take something away that is sealed and that its owner could not write? */
static bool is_sealed_against(const struct vma *v, int advice)
{
	if (!(v->flags & VM_SEALED) || (v->flags & (VM_WRITE | VM_SHARED)) || v->ops != NULL)
		return false;
	return advice == MADV_DONTNEED || advice == MADV_DONTNEED_LOCKED || advice == MADV_FREE ||
	       advice == MADV_REMOVE || advice == MADV_DONTFORK || advice == MADV_WIPEONFORK;
}

static int area_advise(struct vma *v, vaddr_t start, vaddr_t end, int advice)
{
	if (is_sealed_against(v, advice))
		return -EPERM;
	switch (advice) {
	case MADV_DONTNEED:
	case MADV_DONTNEED_LOCKED:
	case MADV_FREE:
		return area_drop(v, start, end, advice);
	case MADV_REMOVE:
		return area_remove(v, start, end);
	case MADV_PAGEOUT:
		if (v->flags & VM_DROPPABLE)
			return area_drop(v, start, end, MADV_DONTNEED);
		return v->flags & VM_LOCKED ? -EINVAL : 0;
	case MADV_COLD:
		return v->flags & VM_LOCKED ? -EINVAL : 0;
	case MADV_WILLNEED:
		return 0;
	default:
		return area_mark(v, start, end, advice);
	}
}

static bool advice_known(int advice)
{
	switch (advice) {
	case MADV_NORMAL ... MADV_DONTNEED:
	case MADV_FREE ... MADV_DOFORK:
	case MADV_HUGEPAGE ... MADV_DONTNEED_LOCKED:
		return true;
	default:
		return false;
	}
}

static int advise_locked(struct mm *mm, vaddr_t start, vaddr_t end, int advice)
{
	int err = 0;

	while (start < end) {
		struct vma *v = vma_find_after(mm, start);
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
	}
	return err;
}

/* What its protection refuses is the caller's mistake; what would be SIGBUS is a fault. */
static int populate(struct mm *mm, vaddr_t start, vaddr_t end, enum fault_access access)
{
	int err = mm_populate(mm, start, end, access);

	if (err == -EFAULT)
		return -EINVAL;
	return err == 0 || err == -ENOMEM || err == -EINTR ? err : -EFAULT;
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
	if (advice == MADV_POPULATE_READ || advice == MADV_POPULATE_WRITE)
		return populate(mm, addr, addr + aligned,
				advice == MADV_POPULATE_READ ? FAULT_READ : FAULT_WRITE);
	err = rwlock_write_lock_killable(&mm->lock);
	if (err)
		return err;
	err = advise_locked(mm, addr, addr + aligned, advice);
	rwlock_write_unlock(&mm->lock);
	return err;
}
