/*
 * fork's half of copy-on-write: the child gets every area of the parent and, for private ones,
 * every entry, with both sides write-protected. Shared areas get no entries: their pages are in a
 * cache and appear again at the first touch.
 *
 * The parent's lock is held for writing, so no fault runs beside this; its TLBs are flushed once at
 * the end, before the child can run.
 */
#include "kernel/mm/mm.h"

#include "arch/tlb.h"
#include "kernel/mm/commit.h"
#include "kernel/mm/page_table.h"
#include "lib/errno.h"

/* The entries of one leaf table within [va, end), of area v into the child's table. */
static void copy_leaf(struct mm *child, pte_t *to, pte_t *from, vaddr_t va, vaddr_t end)
{
	struct page *tp = pt_page(to);

	/* Truncation may already find the child's areas and take entries out of this table. */
	spin_lock_two(&pt_page(from)->lock, &tp->lock);
	for (; va < end; va += PAGE_SIZE) {
		pte_t *slot = pt_slot(from, va);
		pte_t e = *slot;

		if (e == 0)
			continue;
		if (e & PTE_W) {
			e &= ~(PTE_W | PTE_D);
			pte_set(slot, e);
		}
		page_get(pte_page(e));
		mm_rss_add(child, pte_page(e), 1);
		pte_set(pt_slot(to, va), e);
		tp->entries++;
	}
	spin_unlock_two(&pt_page(from)->lock, &tp->lock);
}

static int copy_entries(struct mm *child, struct mm *parent, const struct vma *v)
{
	vaddr_t va = v->start;

	while (va < v->end) {
		vaddr_t stop = min(v->end, ALIGN_DOWN(va, LEAF_SPAN) + LEAF_SPAN);
		pte_t *from = pt_leaf_find(parent, va);

		if (from != NULL && pt_page(from)->entries != 0) {
			pte_t *to = pt_leaf_make(child, va);

			if (to == NULL)
				return -ENOMEM;
			copy_leaf(child, to, from, va, stop);
		}
		va = stop;
	}
	return 0;
}

static int copy_area(struct mm *child, struct mm *parent, struct vma *v)
{
	struct vma *copy;

	if (v->flags & VM_DONTCOPY)
		return 0;
	if (commit_promise_check(parent, v->flags, vma_pages(v)))
		return -ENOMEM;
	copy = vma_clone(v, child);
	if (copy == NULL)
		return -ENOMEM;
	copy->flags &= ~VM_LOCK_MASK; /* locks are not inherited */
	vma_link(copy);
	if (!vma_is_private(v) || (v->flags & VM_WIPEONFORK))
		return 0;
	return copy_entries(child, parent, v);
}

static void copy_layout(struct mm *child, const struct mm *parent)
{
	child->brk_start = parent->brk_start;
	child->brk = parent->brk;
	child->code_start = parent->code_start;
	child->code_end = parent->code_end;
	child->data_start = parent->data_start;
	child->data_end = parent->data_end;
	child->stack_start = parent->stack_start;
	child->arg_start = parent->arg_start;
	child->arg_end = parent->arg_end;
	child->env_start = parent->env_start;
	child->env_end = parent->env_end;
	child->mmap_top = parent->mmap_top;
	child->map_hint = parent->map_hint;
	child->vdso = parent->vdso;
	child->dumpable = parent->dumpable;
	child->exe_put = parent->exe_put;
	child->exe = parent->exe != NULL ? parent->exe_get(parent->exe) : NULL;
	child->exe_get = parent->exe_get;
	__builtin_memcpy(child->auxv, parent->auxv, sizeof(child->auxv));
}

int mm_copy(struct mm *parent, struct mm **out)
{
	struct mm *child;
	struct vma *v;
	int err = mm_create(&child);

	if (err)
		return err;
	err = rwlock_write_lock_killable(&parent->lock);
	if (err) {
		mm_put(child);
		return err;
	}
	copy_layout(child, parent);
	rb_for_each_entry(v, &parent->areas, node) {
		err = copy_area(child, parent, v);
		if (err)
			break;
	}
	/* Entries are read-only now: no hart may go on writing through what it remembers. */
	tlb_flush_harts(&parent->harts, 0, USER_END);
	rwlock_write_unlock(&parent->lock);
	if (err) {
		mm_put(child);
		return err;
	}
	*out = child;
	return 0;
}
