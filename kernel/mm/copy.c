/*
 * fork: the child gets every area of the parent, and the pages of private ones copy-on-write.
 *
 * What is copied are not pages but page tables, and those are not copied either: where all areas in
 * a leaf table's 2 MiB are private and inherited, parent and child share the table (leaf.c), for
 * about forty instructions, here and at the exit of whoever lets go of it first. So a fork costs
 * what the process has in areas and tables.
 *
 * A table of few entries is copied entry by entry, both sides read-only: stack and data are written
 * at once by both processes, and a table shared only to be copied at the next fault is dearer than
 * one copied here. And so is a table that holds what the child is not to have (MADV_DONTFORK,
 * MADV_WIPEONFORK, or shared areas, whose pages are in a cache and appear again at the first
 * touch).
 *
 * The parent's lock is held for writing, so none of its faults runs beside this; its TLBs are
 * flushed once at the end, before anybody can see a change. Truncation may come at any time: it
 * finds the parent's areas before the child's, and so what the child gets from a table that it has
 * emptied already is empty, and what it has not yet come to it finds.
 */
#include "kernel/mm/mm.h"

#include "arch/tlb.h"
#include "kernel/mm/commit.h"
#include "kernel/mm/page_table.h"
#include "lib/errno.h"

/* Fewer entries than this are copied. Measured on a process whose child writes one page under the
 * table and exits: sharing is cheaper from about this many on. */
#define SHARE_MIN 64

struct fork {
	struct mm *parent, *child;
	long anon, file, tables; /* what the child has got */
	bool hidden;		 /* the parent's entries have changed: flush */
};

/* An area whose pages the child gets. */
static bool area_is_inherited(const struct vma *v)
{
	return !(v->flags & (VM_SHARED | VM_DONTCOPY | VM_WIPEONFORK));
}

/* The entries of one leaf table within [va, end) into the child's own table. */
static void entries_copy(struct fork *f, pte_t *to, pte_t *from, vaddr_t va, vaddr_t end)
{
	struct page *fp = pt_page(from), *tp = pt_page(to);
	long anon = tp->anon, file = tp->file;
	vaddr_t base = ALIGN_DOWN(va, LEAF_SPAN);

	/* Truncation may already find the child's areas and take entries out of this table. */
	spin_lock_two(&fp->lock, &tp->lock);
	va = max(va, base + fp->first * PAGE_SIZE);
	end = min(end, base + (fp->last + 1UL) * PAGE_SIZE);
	for (; va < end; va += PAGE_SIZE) {
		pte_t *slot = pt_slot(from, va);
		pte_t e = *slot;

		if (e == 0)
			continue;
		if (e & PTE_W) {
			e &= ~(PTE_W | PTE_D);
			pte_set(slot, e);
		}
		pte_set(pt_slot(to, va), e);
		pt_count_add(pt_slot(to, va), page_get(pte_page(e)));
	}
	f->anon += tp->anon - anon;
	f->file += tp->file - file;
	spin_unlock_two(&fp->lock, &tp->lock);
	f->hidden = true;
}

/* The leaf table of a span, by areas: v is the first in it. */
static int span_copy(struct fork *f, struct vma *v, vaddr_t span, pte_t *from)
{
	vaddr_t end = span + LEAF_SPAN;

	for (; v != NULL && v->start < end; v = vma_next(v)) {
		pte_t *to;

		if (!area_is_inherited(v))
			continue;
		to = pt_leaf_own(f->child, span);
		if (to == NULL)
			return -ENOMEM;
		entries_copy(f, to, from, max(span, v->start), min(end, v->end));
	}
	return 0;
}

/* All areas of a span that ends there are; v is the first. */
static bool span_is_inherited(struct vma *v, vaddr_t end)
{
	while (area_is_inherited(v)) {
		if (v->end >= end)
			return true;
		v = vma_next(v);
		if (v == NULL || v->start >= end)
			return true;
	}
	return false;
}

/* The leaf tables of `count` spans from va on, all below one middle table, whose entries for them
 * begin at from. v is the first area in the first span, and the only one in all but the last. */
static int middle_copy(struct fork *f, struct vma *v, vaddr_t va, pte_t *from, unsigned count)
{
	pte_t *to = NULL;
	int err = 0;

	for (unsigned i = 0; i < count && err == 0; i++, va += LEAF_SPAN) {
		const struct page *tp = pte_page(from[i]);

		if (from[i] == 0 || READ_ONCE(tp->entries) == 0)
			continue;
		if (tp->entries < SHARE_MIN || !span_is_inherited(v, va + LEAF_SPAN)) {
			err = span_copy(f, v, va, pte_table_of(from[i]));
			continue;
		}
		if (to == NULL) {
			spin_lock(&f->child->tables);
			to = pt_middle_make(f->child, va);
			spin_unlock(&f->child->tables);
			if (to == NULL)
				return -ENOMEM;
			to -= i;
		}
		f->hidden |= pt_leaf_share(&to[i], &from[i], &f->anon, &f->file);
		f->tables++;
	}
	return err;
}

static int tables_copy(struct fork *f)
{
	vaddr_t va = 0, stop;
	struct vma *v;
	int err = 0;

	rb_for_each_entry(v, &f->parent->areas, node) {
		/* A span that two areas meet in is dealt with by the first. */
		va = max(va, ALIGN_DOWN(v->start, LEAF_SPAN));
		for (; va < v->end && err == 0; va = stop) {
			pte_t *from = pt_middle(f->parent, va);

			stop = min(ALIGN_UP(v->end, LEAF_SPAN),
				   ALIGN_DOWN(va, PT_SPAN(2)) + PT_SPAN(2));
			if (from != NULL)
				err = middle_copy(f, v, va, from, (stop - va) / LEAF_SPAN);
		}
		if (err)
			break;
	}
	atomic_fetch_add(&f->child->rss_anon, f->anon);
	atomic_fetch_add(&f->child->rss_file, f->file);
	atomic_fetch_add(&f->child->table_pages, f->tables);
	return err;
}

static int areas_copy(struct mm *child, struct mm *parent)
{
	struct vma *v, *copy;

	rb_for_each_entry(v, &parent->areas, node) {
		if (v->flags & VM_DONTCOPY)
			continue;
		if (commit_promise_check(parent, v->flags, vma_pages(v)))
			return -ENOMEM;
		copy = vma_clone(v, child);
		if (copy == NULL)
			return -ENOMEM;
		copy->flags &= ~VM_LOCK_MASK; /* locks are not inherited */
		vma_link(copy);
	}
	return 0;
}

static void layout_copy(struct mm *child, const struct mm *parent)
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
	child->layout = parent->layout;
	child->map_hint = parent->map_hint;
	child->vdso = parent->vdso;
	child->dumpable = parent->dumpable;
	child->sealed = parent->sealed;
	atomic_store(&child->barriers, atomic_load(&parent->barriers));
	child->exe_put = parent->exe_put;
	child->exe = parent->exe != NULL ? parent->exe_get(parent->exe) : NULL;
	child->exe_get = parent->exe_get;
	__builtin_memcpy(child->auxv, parent->auxv, sizeof(child->auxv));
}

int mm_copy(struct mm *parent, struct mm **out)
{
	struct fork f = { .parent = parent };
	int err = mm_create(&f.child);

	if (err)
		return err;
	err = rwlock_write_lock_killable(&parent->lock);
	if (err) {
		mm_put(f.child);
		return err;
	}
	layout_copy(f.child, parent);
	err = areas_copy(f.child, parent);
	if (err == 0)
		err = tables_copy(&f);
	/* No hart may go on writing through what it remembers. */
	if (f.hidden)
		tlb_flush_harts(&parent->harts, 0, USER_END);
	rwlock_write_unlock(&parent->lock);
	if (err) {
		mm_put(f.child);
		return err;
	}
	*out = f.child;
	return 0;
}
