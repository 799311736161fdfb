/*
 * mremap: shrink, grow in place, or move.
 *
 * A move takes the entries from the old place's tables to the new place's: pages are not copied and
 * their counts stay. The new area and its tables are made first, so nothing is lost when memory
 * runs out.
 *
 * LIMIT: an old length of 0, by which Linux maps a shared area a second time, is refused with
 * EINVAL.
 */
#include "kernel/mm/mm.h"

#include "arch/tlb.h"
#include "kernel/abi/mman.h"
#include "kernel/mm/commit.h"
#include "kernel/mm/fault.h"
#include "kernel/mm/map.h"
#include "kernel/mm/page_table.h"
#include "lib/errno.h"

/* All leaf tables of both places as mm's own, so that moving entries can't fail. */
static int tables_make(struct mm *mm, vaddr_t from, vaddr_t to, size_t len)
{
	for (vaddr_t va = ALIGN_DOWN(to, LEAF_SPAN); va < to + len; va += LEAF_SPAN) {
		if (pt_leaf_own(mm, va) == NULL)
			return -ENOMEM;
	}
	return pt_range_own(mm, from, from + len);
}

/* A run of entries that lies in one table, old and new. The write lock of mm keeps faults out. */
static void run_move(pte_t *from, pte_t *to, size_t count)
{
	struct page *fp = page_of(from), *tp = page_of(to);

	spin_lock_two(&fp->lock, &tp->lock);
	for (size_t i = 0; i < count && fp->entries != 0; i++) {
		pte_t e = from[i];

		if (e == 0)
			continue;
		pte_set(&from[i], 0);
		pt_count_sub(&from[i], pte_page(e));
		pte_set(&to[i], e);
		pt_count_add(&to[i], pte_page(e));
	}
	spin_unlock_two(&fp->lock, &tp->lock);
}

/* Truncation is kept out until no hart remembers the old addresses: it would flush only the new
 * one before it lets go of a page. */
static void entries_move(struct mm *mm, struct page_cache *cache, vaddr_t from, vaddr_t to,
			 size_t len)
{
	if (cache != NULL)
		mutex_lock(&cache->map_lock);
	for (size_t done = 0, run; done < len; done += run) {
		pte_t *old_table = pt_leaf_if_own(mm, from + done);

		run = min(len - done, LEAF_SPAN - (from + done) % LEAF_SPAN);
		run = min(run, LEAF_SPAN - (to + done) % LEAF_SPAN);
		if (old_table != NULL)
			run_move(pt_slot(old_table, from + done),
				 pt_slot(pt_leaf_if_own(mm, to + done), to + done),
				 run >> PAGE_SHIFT);
	}
	tlb_flush_harts(&mm->harts, from, len);
	if (cache != NULL)
		mutex_unlock(&cache->map_lock);
}

/* v, exactly [old, old + old_len), goes to [to, to + new_len). */
static int area_move(struct mm *mm, struct vma *v, size_t old_len, size_t new_len, vaddr_t to,
		     unsigned flags)
{
	vaddr_t old = v->start;
	struct vma *copy;
	int err = tables_make(mm, old, to, min(old_len, new_len));

	if (err)
		return err;
	copy = vma_clone(v, mm);
	if (copy == NULL)
		return -ENOMEM;
	copy->start = to;
	copy->end = to + new_len;
	vma_link(copy);
	entries_move(mm, v->cache, old, to, min(old_len, new_len));
	if (flags & MREMAP_DONTUNMAP)
		return 0;
	return mm_unmap_locked(mm, old, old + old_len);
}

/* What mmap would say of len bytes more. */
static int growth_check(const struct vma *v, size_t len)
{
	if (!mm_may_lock(v->mm, v->flags, len))
		return -EAGAIN;
	return commit_area_check(v->mm, v->flags, len >> PAGE_SHIFT);
}

static bool can_grow_in_place(struct mm *mm, struct vma *v, vaddr_t end)
{
	struct vma *next = vma_next(v);

	return end <= USER_END && (next == NULL || next->start >= end);
}

static int remap_check(struct vma *v, vaddr_t old, size_t old_len, size_t new_len, unsigned flags)
{
	if (v == NULL)
		return -EFAULT;
	if (old_len == 0 && !(v->flags & VM_SHARED))
		return -EINVAL;
	if (v->end - old < old_len)
		return -EFAULT;
	if (v->flags & VM_KERNEL_PAGES)
		return -EINVAL;
	if ((flags & MREMAP_DONTUNMAP) && old_len != new_len)
		return -EINVAL;
	if (flags & MREMAP_DONTUNMAP)
		return growth_check(v, new_len);
	return new_len > old_len ? growth_check(v, new_len - old_len) : 0;
}

static int remap_move(struct mm *mm, vaddr_t old, size_t old_len, size_t new_len, unsigned flags,
		      vaddr_t *out)
{
	int err = 0;

	if (flags & MREMAP_FIXED)
		err = mm_unmap_locked(mm, *out, *out + new_len);
	else
		err = mm_find_room(mm, new_len, out);
	if (err == 0)
		err = vma_split_range(mm, old, old + old_len);
	if (err)
		return err;
	return area_move(mm, vma_find(mm, old), old_len, new_len, *out, flags);
}

static int remap_locked(struct mm *mm, vaddr_t old, size_t old_len, size_t new_len, unsigned flags,
			vaddr_t *out)
{
	struct vma *v = vma_find(mm, old);
	int err = remap_check(v, old, old_len, new_len, flags);

	if (err)
		return err;
	if (flags & (MREMAP_FIXED | MREMAP_DONTUNMAP))
		return old_len == 0 ? -EINVAL : remap_move(mm, old, old_len, new_len, flags, out);
	*out = old;
	if (new_len <= old_len)
		return new_len == old_len ? 0 : mm_unmap_locked(mm, old + new_len, old + old_len);
	if (old_len != 0 && old + old_len == v->end && can_grow_in_place(mm, v, old + new_len)) {
		vma_resize(v, v->start, old + new_len);
		vma_merge(v);
		return 0;
	}
	if (!(flags & MREMAP_MAYMOVE) || old_len == 0)
		return old_len == 0 ? -EINVAL : -ENOMEM;
	return remap_move(mm, old, old_len, new_len, flags, out);
}

/* What is locked is there, also what it has grown by. */
static void populate_if_locked(struct mm *mm, vaddr_t start, vaddr_t end)
{
	struct vma *v;
	bool locked;

	rwlock_read_lock(&mm->lock);
	v = vma_find(mm, start);
	locked = v != NULL && (v->flags & VM_LOCKED);
	rwlock_read_unlock(&mm->lock);
	if (locked)
		(void)!mm_populate_areas(mm, start, end, true);
}

int mm_remap(struct mm *mm, vaddr_t old, size_t old_len, size_t new_len, unsigned flags,
	     vaddr_t new_addr, vaddr_t *out)
{
	int err;

	old_len = ALIGN_UP(old_len, PAGE_SIZE);
	new_len = ALIGN_UP(new_len, PAGE_SIZE);
	if ((flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP)) || old % PAGE_SIZE != 0 ||
	    new_len == 0 || new_len > USER_END || old_len > USER_END)
		return -EINVAL;
	if ((flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) && !(flags & MREMAP_MAYMOVE))
		return -EINVAL;
	if (flags & MREMAP_FIXED) {
		if (new_addr % PAGE_SIZE != 0 || new_addr > USER_END - new_len ||
		    (new_addr < old + old_len && old < new_addr + new_len))
			return -EINVAL;
		*out = new_addr;
	}
	rwlock_write_lock(&mm->lock);
	err = remap_locked(mm, old, old_len, new_len, flags, out);
	rwlock_write_unlock(&mm->lock);
	if (err == 0 && new_len > old_len)
		populate_if_locked(mm, *out + old_len, *out + new_len);
	return err;
}
