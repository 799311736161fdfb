/*
 * mremap: shrink, grow in place, move, or (old length 0, shared areas) map a second time.
 *
 * A move takes the entries from the old place's tables to the new place's: pages are not copied and
 * their counts stay. Where both places are aligned alike, whole tables move. The new area and its
 * tables are made first, so nothing is lost when memory runs out.
 *
 * NOTE(linux): the vDSO can't be moved (EINVAL).
 */
#include "kernel/mm/mm.h"

#include "arch/tlb.h"
#include "kernel/abi/capability.h"
#include "kernel/abi/mman.h"
#include "kernel/mm/commit.h"
#include "kernel/mm/fault.h"
#include "kernel/mm/layout.h"
#include "kernel/mm/map.h"
#include "kernel/mm/page_table.h"
#include "kernel/sched/sched.h"
#include "kernel/task/cred.h"
#include "lib/errno.h"

/* How much of len bytes moves with one table: all that it maps, if it can move as a whole. */
static size_t run_length(vaddr_t from, vaddr_t to, size_t len)
{
	len = min(len, LEAF_SPAN - from % LEAF_SPAN);
	return min(len, LEAF_SPAN - to % LEAF_SPAN);
}

/* All tables of both places as mm's own, so that moving entries can't fail. */
static int tables_make(struct mm *mm, vaddr_t from, vaddr_t to, size_t len)
{
	for (size_t done = 0, run; done < len; done += run) {
		vaddr_t va = to + done;

		run = run_length(from + done, va, len - done);
		if ((run == LEAF_SPAN ? pt_middle_ensure(mm, va) : pt_leaf_own(mm, va)) == NULL)
			return -ENOMEM;
	}
	return pt_range_own(mm, from, from + len);
}

/* A run of entries that lies in one table, old and new. The write lock of mm keeps faults out. */
static void run_move(pte_t *from, pte_t *to, size_t count)
{
	struct page *fp = page_of(from), *tp = page_of(to);
	unsigned index = (unsigned)(((vaddr_t)to & ~PAGE_MASK) / sizeof(*to));

	spin_lock_two(&fp->lock, &tp->lock);
	for (size_t i = 0; i < count && fp->entries != 0; i++) {
		pte_t e = from[i];

		if (e == 0)
			continue;
		pte_set(&from[i], 0);
		pt_count_sub(fp, pte_page(e));
		pte_set(&to[i], e);
		pt_count_add(tp, index + i, pte_page(e));
	}
	spin_unlock_two(&fp->lock, &tp->lock);
}

/* Truncation is kept out until no hart remembers the old addresses: it would flush only the new
 * one before it lets go of a page. */
__lock_unchecked
static void entries_move(struct mm *mm, struct page_cache *cache, vaddr_t from, vaddr_t to,
			 size_t len)
{
	if (cache != NULL)
		mutex_lock(&cache->map_lock);
	for (size_t done = 0, run; done < len; done += run) {
		pte_t *old_table = pt_leaf_if_own(mm, from + done);

		run = run_length(from + done, to + done, len - done);
		if (old_table != NULL && run == LEAF_SPAN)
			pt_middles_swap(mm, from + done, to + done);
		else if (old_table != NULL)
			run_move(pt_slot(old_table, from + done),
				 pt_slot(pt_leaf_if_own(mm, to + done), to + done),
				 run >> PAGE_SHIFT);
		sched_checkpoint();
	}
	/* Also where there was nothing before, if a table has moved: of what was there the address
	 * of an empty table may be remembered. So much is flushed as a whole. */
	tlb_flush_harts(&mm->harts, from, len);
	if (cache != NULL)
		mutex_unlock(&cache->map_lock);
}

/* A request, as mremap(2) has it; lengths in whole pages. */
struct remap {
	struct mm *mm;
	vaddr_t old, new;
	size_t old_len, new_len;
	unsigned flags;
};

/* An unlinked area at r->new like v, which shows what v shows from r->old on. */
static struct vma *area_twin(const struct remap *r, const struct vma *v)
{
	struct vma *twin = vma_clone(v, r->mm);

	if (twin == NULL)
		return NULL;
	if (v->cache != NULL)
		twin->pgoff += (r->old - v->start) >> PAGE_SHIFT;
	twin->start = r->new;
	twin->end = r->new + r->new_len;
	return twin;
}

/* v begins at r->old and, unless old_len is 0, ends old_len further. */
static int area_move(const struct remap *r, struct vma *v)
{
	size_t moved = min(r->old_len, r->new_len);
	struct vma *twin;
	int err = moved != 0 ? tables_make(r->mm, r->old, r->new, moved) : 0;

	if (err)
		return err;
	twin = area_twin(r, v);
	if (twin == NULL)
		return -ENOMEM;
	vma_link(twin);
	if (moved != 0)
		entries_move(r->mm, v->cache, r->old, r->new, moved);
	if (r->flags & MREMAP_DONTUNMAP)
		vma_set_flags(v, v->flags & ~VM_LOCK_MASK); /* what has left is not to come back */
	else if (r->old_len != 0)
		err = mm_unmap_locked(r->mm, r->old, r->old + r->old_len);
	vma_merge(twin);
	return err;
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

	return end > v->end && end <= USER_END && (next == NULL || next->start >= end);
}

/* May what lies at r->old become new_len bytes long, or get a second place? */
static int remap_check(const struct remap *r, const struct vma *v)
{
	if (v == NULL)
		return -EFAULT;
	if (r->old_len == 0 && !(v->flags & VM_SHARED))
		return -EINVAL; /* of private pages there would be nothing to show */
	if ((r->flags & MREMAP_DONTUNMAP) && (v->flags & VM_KERNEL_PAGES))
		return -EINVAL;
	if (r->old_len > v->end - r->old)
		return -EFAULT;
	if (v->flags & VM_KERNEL_PAGES)
		return r->new_len > r->old_len ? -EFAULT : -EINVAL;
	if (r->flags & MREMAP_DONTUNMAP)
		return growth_check(v, r->new_len);
	return r->new_len > r->old_len ? growth_check(v, r->new_len - r->old_len) : 0;
}

static int remap_move(struct remap *r)
{
	int err = vma_split_range(r->mm, r->old, r->old + r->old_len);

	return err ? err : area_move(r, vma_find(r->mm, r->old));
}

/* To a place that the caller names, or with DONTUNMAP anywhere. */
static int remap_to(struct remap *r)
{
	int err = 0;

	if (r->new % PAGE_SIZE != 0 || r->new_len > USER_END || r->new > USER_END - r->new_len ||
	    (r->new < r->old + r->old_len && r->old < r->new + r->new_len))
		return -EINVAL;
	if (r->flags & MREMAP_FIXED)
		err = mm_unmap_locked(r->mm, r->new, r->new + r->new_len);
	if (err == 0 && r->old_len > r->new_len) {
		err = mm_unmap_range(r->mm, r->old + r->new_len, r->old_len - r->new_len);
		r->old_len = r->new_len;
	}
	if (err == 0)
		err = remap_check(r, vma_find(r->mm, r->old));
	if (err == 0 && (r->flags & MREMAP_FIXED) && r->new < MAP_LOWEST && !capable(CAP_SYS_RAWIO))
		err = -EPERM;
	if (err == 0 && !(r->flags & MREMAP_FIXED))
		err = mm_place(r->mm, r->new, r->new_len, &r->new);
	return err ? err : remap_move(r);
}

static int remap_grow(struct remap *r, struct vma *v)
{
	int err = remap_check(r, v);

	if (err)
		return err;
	if (r->old_len != 0 && r->old + r->old_len == v->end &&
	    can_grow_in_place(r->mm, v, r->old + r->new_len)) {
		r->new = r->old;
		vma_resize(v, v->start, r->old + r->new_len);
		vma_merge(v);
		return 0;
	}
	err = r->flags & MREMAP_MAYMOVE ? mm_find_room(r->mm, r->new_len, &r->new) : -ENOMEM;
	return err ? err : remap_move(r);
}

static int remap_locked(struct remap *r)
{
	struct vma *v = vma_find(r->mm, r->old);

	if (v == NULL)
		return -EFAULT;
	if (v->flags & VM_SEALED)
		return -EPERM;
	if (r->flags & (MREMAP_FIXED | MREMAP_DONTUNMAP))
		return remap_to(r);
	if (r->new_len > r->old_len)
		return remap_grow(r, v);
	r->new = r->old;
	if (r->new_len == r->old_len)
		return 0;
	return mm_unmap_range(r->mm, r->old + r->new_len, r->old_len - r->new_len);
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
	struct remap r = { mm, old, new_addr, ALIGN_UP(old_len, PAGE_SIZE),
			   ALIGN_UP(new_len, PAGE_SIZE), flags };
	int err;

	if ((flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP)) ||
	    ((flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) && !(flags & MREMAP_MAYMOVE)) ||
	    ((flags & MREMAP_DONTUNMAP) && old_len != new_len) || old % PAGE_SIZE != 0 ||
	    r.new_len == 0)
		return -EINVAL;
	err = rwlock_write_lock_killable(&mm->lock);
	if (err)
		return err;
	old_len = r.old_len;
	err = remap_locked(&r);
	rwlock_write_unlock(&mm->lock);
	if (err)
		return err;
	*out = r.new;
	if (r.new_len > old_len)
		populate_if_locked(mm, r.new + old_len, r.new + r.new_len);
	return 0;
}
