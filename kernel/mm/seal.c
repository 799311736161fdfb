/*
 * mseal: areas that can't be unmapped, moved, replaced or given another protection any more, nor
 * emptied unless they could be written anyway. There is no way back but exec and exit; a child of
 * fork has the same seals.
 *
 * The others ask: map.c (unmapping, and so MAP_FIXED, brk and mremap), protect.c, remap.c and
 * advise.c.
 */
#include "kernel/mm/map.h"

#include "lib/errno.h"

bool mm_range_sealed(struct mm *mm, vaddr_t start, vaddr_t end)
{
	if (!mm->sealed)
		return false;
	for (struct vma *v = vma_find_after(mm, start); v != NULL && v->start < end;
	     v = vma_next(v)) {
		if (v->flags & VM_SEALED)
			return true;
	}
	return false;
}

static bool range_is_full(struct mm *mm, vaddr_t start, vaddr_t end)
{
	while (start < end) {
		struct vma *v = vma_find(mm, start);

		if (v == NULL)
			return false;
		start = v->end;
	}
	return true;
}

static int seal_locked(struct mm *mm, vaddr_t start, vaddr_t end)
{
	int err = range_is_full(mm, start, end) ? vma_split_range(mm, start, end) : -ENOMEM;

	if (err)
		return err;
	mm->sealed = true;
	for (struct vma *v = vma_find(mm, start); v != NULL && v->start < end; v = vma_next(v))
		vma_set_flags(v, v->flags | VM_SEALED);
	vma_merge_range(mm, start, end);
	return 0;
}

int mm_seal(struct mm *mm, vaddr_t start, vaddr_t end)
{
	int err = rwlock_write_lock_killable(&mm->lock);

	if (err)
		return err;
	err = seal_locked(mm, start, end);
	rwlock_write_unlock(&mm->lock);
	return err;
}
