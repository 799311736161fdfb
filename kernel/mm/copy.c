/*
 * fork: the child gets every area of the parent, and the pages of private ones copy-on-write.
 *
 * What is copied are not pages but page tables, and those are not copied either: where all areas in
 * a leaf table's 2 MiB are private and inherited, parent and child share the table (leaf.c), for
 * about forty instructions, here and at the exit of whoever lets go of it first. So a fork costs
 * what the process has in areas and tables.
 *
 * That holds for tables of a few entries too, such as stack and data, which both processes write at
 * once: a table that is shared, found shared and copied then costs no more than one copied here
 * (fork + exit + wait of a small program: 38,300 instructions so, 40,800 with small tables copied).
 * Only where a table holds what the child is not to have (MADV_DONTFORK, MADV_WIPEONFORK, or shared
 * areas, whose pages are in a cache and appear again at the first touch) its entries are copied by
 * areas, both sides read-only.
 *
 * The parent's lock is held for writing, so none of its faults runs beside this; its TLBs are
 * flushed once at the end, before anybody can see a change. Truncation may come at any time: it
 * finds the parent's areas before the child's, and so what the child gets from a table that it has
 * emptied already is empty, and what it has not yet come to it finds.
 */
#include "kernel/mm/mm.h"
#include "kernel/mm/time.h"

#include "arch/tlb.h"
#include "kernel/mm/commit.h"
#include "kernel/mm/page_table.h"
#include "kernel/sched/sched.h"
#include "lib/errno.h"
#include "lib/string.h"

struct fork {
	struct mm *parent, *child;
	struct leaf_share share; /* and what has been copied counts in it too */
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
	unsigned i, last, first_copied = 0, last_copied = 0, count = 0, anon = 0, file = 0;

	/* Truncation may already find the child's areas and take entries out of this table. */
	spin_lock_two(&fp->lock, &tp->lock);
	i = max(pt_index(va, 0), (unsigned)fp->first);
	last = min(pt_index(end - 1, 0), (unsigned)fp->last);
	for (; i <= last; i++) {
		pte_t e = from[i];
		struct page *p = pte_page(e);

		if (e == 0)
			continue;
		if (e & PTE_W)
			from[i] = e &= ~(PTE_W | PTE_D);
		to[i] = e;
		page_get(p);
		anon += p->kind == PAGE_ANON;
		file += p->kind == PAGE_FILE;
		if (count++ == 0)
			first_copied = i;
		last_copied = i;
	}
	if (count != 0)
		pt_filled(&to[first_copied], &to[last_copied], count);
	tp->anon += anon;
	tp->file += file;
	spin_unlock_two(&fp->lock, &tp->lock);
	f->share.anon += anon;
	f->share.file += file;
	f->share.hidden = true;
}

/* The leaf table of a span, to which `middle` points, by areas: v is the first in it. */
static int span_copy(struct fork *f, struct vma *v, vaddr_t span, pte_t middle)
{
	vaddr_t end = span + LEAF_SPAN;

	if (middle == 0 || READ_ONCE(pte_page(middle)->entries) == 0)
		return 0;
	for (; v != NULL && v->start < end; v = vma_next(v)) {
		pte_t *to;

		if (!area_is_inherited(v))
			continue;
		to = pt_leaf_own(f->child, span);
		if (to == NULL)
			return -ENOMEM;
		entries_copy(f, to, pte_table_of(middle), max(span, v->start), min(end, v->end));
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
	unsigned alone = (unsigned)min((v->end - min(va, v->end)) / LEAF_SPAN, (vaddr_t)count);
	unsigned i = 0;
	pte_t *to;
	int err = 0;

	while (i < count && from[i] == 0)
		i++;
	if (i == count)
		return 0;
	to = pt_middle_ensure(f->child, va);
	if (to == NULL)
		return -ENOMEM;
	if (alone > i && area_is_inherited(v)) {
		pt_leaves_share(&f->share, &to[i], &from[i], alone - i);
		i = alone;
	}
	for (; i < count && err == 0; i++) {
		vaddr_t span = va + i * LEAF_SPAN;

		if (span_is_inherited(v, span + LEAF_SPAN))
			pt_leaves_share(&f->share, &to[i], &from[i], 1);
		else
			err = span_copy(f, v, span, from[i]);
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
	atomic_fetch_add(&f->child->rss_anon, f->share.anon);
	atomic_fetch_add(&f->child->rss_file, f->share.file);
	atomic_fetch_add(&f->child->table_pages, f->share.tables);
	return err;
}

static int areas_copy(struct mm *child, struct mm *parent)
{
	struct vma *v, *copy;
	int err;

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
		err = sched_checkpoint_killable();
		if (err)
			return err;
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
	child->vdso = parent->vdso;
	if (parent->time != NULL)
		child->time = time_ns_of(ns_get(&parent->time->ns));
	child->dumpable = READ_ONCE(parent->dumpable);
	child->deny_exec = mm_deny_exec_inherited(parent);
	child->ns_level = parent->ns_level;
	child->sealed = parent->sealed;
	atomic_store(&child->barriers, atomic_load(&parent->barriers));
	child->exe_put = parent->exe_put;
	child->exe = parent->exe != NULL ? parent->exe_get(parent->exe) : NULL;
	child->exe_get = parent->exe_get;
	memcpy(child->auxv, parent->auxv, sizeof(child->auxv));
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
	if (f.share.hidden)
		tlb_flush_harts(&parent->harts, 0, USER_END);
	rwlock_write_unlock(&parent->lock);
	if (err) {
		mm_put(f.child);
		return err;
	}
	*out = f.child;
	return 0;
}
