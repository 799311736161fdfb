/*
 * mlock and its family: areas whose pages are all there and stay.
 *
 *	VM_LOCKED        the pages are made at once, and nothing takes them away but the program
 *	VM_LOCKONFAULT   beside it: each page is made when it is first touched, and stays then
 *
 * What is locked counts against RLIMIT_MEMLOCK by the size of its areas, page by page, whether a
 * page is there or not; with CAP_IPC_LOCK there is no limit. fork's child and a new program begin
 * with nothing locked.
 *
 * Areas change under mm->lock; the pages are made after it has been dropped (populate.c), so that
 * locking gigabytes stops neither the other threads nor a kill. That also means that an error of
 * the second step leaves the areas locked, as on Linux.
 */
#include "kernel/mm/map.h"

#include "kernel/abi/capability.h"
#include "kernel/abi/mman.h"
#include "kernel/abi/resource.h"
#include "kernel/mm/fault.h"
#include "kernel/task/cred.h"
#include "kernel/task/group.h"
#include "lib/errno.h"

static uint64_t limit_pages(void)
{
	return group_rlimit(current->group, RLIMIT_MEMLOCK) >> PAGE_SHIFT;
}

bool mm_can_lock(void)
{
	return group_rlimit(current->group, RLIMIT_MEMLOCK) != 0 || capable(CAP_IPC_LOCK);
}

bool mm_may_lock(const struct mm *mm, unsigned flags, size_t len)
{
	return !(flags & VM_LOCKED) || mm->locked_pages + (len >> PAGE_SHIFT) <= limit_pages() ||
	       capable(CAP_IPC_LOCK);
}

static void area_set_lock(struct vma *v, unsigned lock_flags)
{
	/* Those are always there, these may always go. */
	if (!(v->flags & (VM_KERNEL_PAGES | VM_DROPPABLE)))
		vma_set_flags(v, (v->flags & ~VM_LOCK_MASK) | lock_flags);
}

/* As on Linux, what lies before a hole has changed when the error comes. */
static int range_set_lock(struct mm *mm, vaddr_t start, vaddr_t end, unsigned lock_flags)
{
	vaddr_t va = start;
	int err = vma_split_range(mm, start, end);

	while (err == 0 && va < end) {
		struct vma *v = vma_find(mm, va);

		if (v == NULL) {
			err = -ENOMEM;
			break;
		}
		area_set_lock(v, lock_flags);
		va = v->end;
	}
	vma_merge_range(mm, start, va);
	return err;
}

/* Pages of [start, end) that count as locked already. */
static uint64_t locked_pages_in(struct mm *mm, vaddr_t start, vaddr_t end)
{
	struct vma *v = vma_find_after(mm, start);
	uint64_t bytes = 0;

	for (; v != NULL && v->start < end; v = vma_next(v)) {
		if (v->flags & VM_LOCKED)
			bytes += min(v->end, end) - max(v->start, start);
	}
	return bytes >> PAGE_SHIFT;
}

static bool range_within_limit(struct mm *mm, vaddr_t start, vaddr_t end)
{
	uint64_t pages = (end - start) >> PAGE_SHIFT;

	return mm->locked_pages + pages <= limit_pages() || capable(CAP_IPC_LOCK) ||
	       mm->locked_pages + pages - locked_pages_in(mm, start, end) <= limit_pages();
}

/* The whole pages that addr and len touch. False: they wrap around. */
static bool range_of(vaddr_t addr, size_t len, vaddr_t *start, vaddr_t *end)
{
	*start = ALIGN_DOWN(addr, PAGE_SIZE);
	*end = *start + ALIGN_UP(len + addr % PAGE_SIZE, PAGE_SIZE);
	return *end >= *start;
}

/* What the standard has mlock say when pages could not be had. */
static int populate_error(int err)
{
	if (err == -ENOMEM)
		return -EAGAIN;
	return err == -EFAULT || err == -ERANGE ? -ENOMEM : err;
}

int mm_lock_range(struct mm *mm, vaddr_t addr, size_t len, bool on_fault)
{
	vaddr_t start, end;
	bool sane = range_of(addr, len, &start, &end);
	int err;

	if (!mm_can_lock())
		return -EPERM;
	if (!sane)
		return -EINVAL;
	err = rwlock_write_lock_killable(&mm->lock);
	if (err)
		return err;
	err = -ENOMEM;
	if (range_within_limit(mm, start, end))
		err = range_set_lock(mm, start, end, on_fault ? VM_LOCK_MASK : VM_LOCKED);
	rwlock_write_unlock(&mm->lock);
	return err ? err : populate_error(mm_populate_areas(mm, start, end, false));
}

int mm_unlock_range(struct mm *mm, vaddr_t addr, size_t len)
{
	vaddr_t start, end;
	int err;

	if (!range_of(addr, len, &start, &end))
		return -EINVAL;
	err = rwlock_write_lock_killable(&mm->lock);
	if (err)
		return err;
	err = range_set_lock(mm, start, end, 0);
	rwlock_write_unlock(&mm->lock);
	return err;
}

static void all_set_lock(struct mm *mm, unsigned lock_flags)
{
	struct vma *v;

	rb_for_each_entry(v, &mm->areas, node)
		area_set_lock(v, lock_flags);
	vma_merge_range(mm, 0, USER_END);
}

int mm_lock_all(struct mm *mm, unsigned mcl_flags)
{
	unsigned lock_flags = mcl_flags & MCL_ONFAULT ? VM_LOCK_MASK : VM_LOCKED;
	int err = rwlock_write_lock_killable(&mm->lock);

	if (err)
		return err;
	if ((mcl_flags & MCL_CURRENT) && mm->total_pages > limit_pages() &&
	    !capable(CAP_IPC_LOCK)) {
		rwlock_write_unlock(&mm->lock);
		return -ENOMEM;
	}
	mm->default_flags = mcl_flags & MCL_FUTURE ? lock_flags : 0;
	if (mcl_flags & MCL_CURRENT)
		all_set_lock(mm, lock_flags);
	rwlock_write_unlock(&mm->lock);
	if (mcl_flags & MCL_CURRENT)
		(void)!mm_populate_areas(mm, 0, USER_END, true);
	return 0;
}

int mm_unlock_all(struct mm *mm)
{
	int err = rwlock_write_lock_killable(&mm->lock);

	if (err)
		return err;
	mm->default_flags = 0;
	all_set_lock(mm, 0);
	rwlock_write_unlock(&mm->lock);
	return 0;
}
