/*
 * Areas and their tree.
 *
 * An area with a cache is also on the cache's list of mappings, so that a file that shrinks can
 * take its pages back from whoever shows them. That side knows only cache->map_lock; so whatever
 * changes such an area's bounds, or lets it go, holds map_lock beside mm->lock.
 *
 * Each area knows the gap below it, and the greatest gap in its subtree: so room for a mapping is
 * found in logarithmic time (layout.c). A gap changes when its upper area begins elsewhere or the
 * lower one ends elsewhere; whatever moves a bound refreshes the two gaps beside it. To cut an area
 * in two or to join two leaves all gaps what they were.
 *
 * Two neighbours are one area if nothing tells them apart: same flags, both anonymous and private,
 * or of one file (or shared object), of which the upper shows what follows the lower's part.
 */
#include "kernel/mm/vma.h"

#include "kernel/abi/mman.h"
#include "kernel/alloc/slab.h"
#include "kernel/mm/commit.h"
#include "kernel/mm/map.h"
#include "lib/errno.h"

static CACHE_DEFINE(vma_cache, struct vma);

unsigned vma_flags_of_prot(unsigned prot)
{
	return (prot & PROT_READ ? VM_READ : 0) | (prot & PROT_WRITE ? VM_WRITE : 0) |
	       (prot & PROT_EXEC ? VM_EXEC : 0);
}

struct vma *vma_find_after(struct mm *mm, vaddr_t addr)
{
	struct rb_node *n = mm->areas.node;
	struct vma *best = NULL;

	while (n != NULL) {
		struct vma *v = rb_entry(n, struct vma, node);

		if (addr < v->end) {
			best = v;
			if (addr >= v->start)
				break;
			n = n->left;
		} else {
			n = n->right;
		}
	}
	return best;
}

struct vma *vma_find(struct mm *mm, vaddr_t addr)
{
	struct vma *v = vma_find_after(mm, addr);

	return v != NULL && v->start <= addr ? v : NULL;
}

struct vma *vma_next(struct vma *v)
{
	return rb_entry_or_null(rb_next(&v->node), struct vma, node);
}

struct vma *vma_prev(struct vma *v)
{
	return rb_entry_or_null(rb_prev(&v->node), struct vma, node);
}

/* --- gaps ------------------------------------------------------------------------------------- */

vaddr_t vma_lowest(const struct vma *v)
{
	if (!(v->flags & VM_GROWSDOWN))
		return v->start;
	return v->start > STACK_GUARD_GAP ? v->start - STACK_GUARD_GAP : 0;
}

vaddr_t vma_floor(struct vma *v)
{
	struct vma *below = vma_prev(v);

	return below != NULL ? max(below->end, MAP_LOWEST) : MAP_LOWEST;
}

static size_t gap_most_below(const struct rb_node *n)
{
	return n != NULL ? rb_entry(n, struct vma, node)->gap_most : 0;
}

bool vma_update(struct rb_node *n)
{
	struct vma *v = rb_entry(n, struct vma, node);
	size_t most = max(v->gap, max(gap_most_below(n->left), gap_most_below(n->right)));
	bool changed = most != v->gap_most;

	v->gap_most = most;
	return changed;
}

static void gap_set(struct vma *v, vaddr_t floor)
{
	vaddr_t lowest = vma_lowest(v);
	size_t gap = lowest > floor ? lowest - floor : 0;

	if (gap == v->gap)
		return;
	v->gap = gap;
	rb_update(&v->mm->areas, &v->node);
}

/* v's bounds have changed. */
static void gaps_refresh(struct vma *v)
{
	struct vma *above = vma_next(v);

	gap_set(v, vma_floor(v));
	if (above != NULL)
		gap_set(above, max(v->end, MAP_LOWEST));
}

/* --- making and moving ------------------------------------------------------------------------ */

struct vma *vma_create(struct mm *mm, vaddr_t start, vaddr_t end, unsigned flags)
{
	struct vma *v = cache_alloc(&vma_cache, ALLOC_ZERO);

	if (v == NULL)
		return NULL;
	v->mm = mm;
	v->start = start;
	v->end = end;
	v->flags = flags;
	list_init(&v->cache_link);
	return v;
}

void vma_free(struct vma *v)
{
	if (v == NULL)
		return;
	if (v->ops != NULL && v->file != NULL)
		v->ops->file_put(v->file);
	cache_free(&vma_cache, v);
}

struct vma *vma_clone(const struct vma *v, struct mm *mm)
{
	struct vma *copy = cache_alloc(&vma_cache, 0);

	if (copy == NULL)
		return NULL;
	*copy = *v;
	copy->mm = mm;
	list_init(&copy->cache_link);
	if (copy->ops != NULL && copy->file != NULL)
		copy->ops->file_get(copy->file);
	return copy;
}

/* Adds or takes away what an area counts for in its address space. */
static void vma_account(struct vma *v, long sign)
{
	long pages = sign * (long)((v->end - v->start) >> PAGE_SHIFT);
	struct mm *mm = v->mm;

	if (v->flags & VM_ACCOUNT)
		commit_add(pages);
	mm->total_pages += pages;
	mm->peak_pages = max(mm->peak_pages, mm->total_pages);
	if (v->flags & VM_LOCKED)
		mm->locked_pages += pages;
	if (v->flags & VM_STACK)
		mm->stack_pages += pages;
	else if ((v->flags & (VM_WRITE | VM_SHARED)) == VM_WRITE)
		mm->data_pages += pages;
}

static bool vma_less(const struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct vma, node)->start < rb_entry(b, struct vma, node)->start;
}

/* Into tree and list, as one without a gap. */
static void vma_enter(struct vma *v)
{
	v->gap = v->gap_most = 0;
	rb_add(&v->mm->areas, &v->node, vma_less);
	v->mm->area_count++;
	vma_account(v, 1);
	if (v->cache == NULL)
		return;
	mutex_lock(&v->cache->map_lock);
	list_add_tail(&v->cache_link, &v->cache->mappings);
	mutex_unlock(&v->cache->map_lock);
}

void vma_link(struct vma *v)
{
	vma_enter(v);
	gaps_refresh(v);
}

void vma_unlink_free(struct vma *v)
{
	struct vma *above = vma_next(v);

	if (v->cache != NULL) {
		mutex_lock(&v->cache->map_lock);
		list_del_init(&v->cache_link);
		mutex_unlock(&v->cache->map_lock);
	}
	rb_erase(&v->mm->areas, &v->node);
	if (above != NULL)
		gap_set(above, vma_floor(above));
	v->mm->area_count--;
	vma_account(v, -1);
	vma_free(v);
}

__lock_unchecked static void bounds_set(struct vma *v, vaddr_t start, vaddr_t end)
{
	if (v->cache != NULL)
		mutex_lock(&v->cache->map_lock);
	vma_account(v, -1);
	if (v->cache != NULL || v->kernel_pages != NULL)
		v->pgoff += ((int64_t)(start - v->start)) >> PAGE_SHIFT;
	v->start = start;
	v->end = end;
	vma_account(v, 1);
	if (v->cache != NULL)
		mutex_unlock(&v->cache->map_lock);
}

void vma_resize(struct vma *v, vaddr_t start, vaddr_t end)
{
	bounds_set(v, start, end);
	gaps_refresh(v);
}

int vma_split(struct vma *v, vaddr_t addr)
{
	struct vma *upper;

	if (v->mm->area_count > READ_ONCE(commit_settings.max_map_count))
		return -ENOMEM;
	upper = vma_clone(v, v->mm);
	if (upper == NULL)
		return -ENOMEM;
	upper->start = addr;
	if (v->cache != NULL || v->kernel_pages != NULL)
		upper->pgoff += (addr - v->start) >> PAGE_SHIFT;
	/* In this order truncation always finds the upper pages through one area or the other. */
	vma_enter(upper);
	bounds_set(v, v->start, addr);
	return 0;
}

int vma_split_range(struct mm *mm, vaddr_t start, vaddr_t end)
{
	struct vma *v = vma_find(mm, start);
	int err = 0;

	if (v != NULL && v->start < start)
		err = vma_split(v, start);
	v = vma_find(mm, end);
	if (err == 0 && v != NULL && v->start < end)
		err = vma_split(v, end);
	return err;
}

static bool vma_alike(const struct vma *low, const struct vma *high)
{
	if (low->end != high->start || low->flags != high->flags || low->ops != high->ops ||
	    low->file != high->file || low->name != high->name || (low->flags & VM_KERNEL_PAGES))
		return false;
	return low->cache == NULL ||
	       low->pgoff + ((low->end - low->start) >> PAGE_SHIFT) == high->pgoff;
}

/* v takes over what its neighbour `other` covers, in one step for whoever holds map_lock. */
__lock_unchecked static void vma_absorb(struct vma *v, struct vma *other)
{
	struct page_cache *cache = v->cache;

	if (cache != NULL)
		mutex_lock(&cache->map_lock);
	list_del_init(&other->cache_link);
	rb_erase(&v->mm->areas, &other->node);
	v->mm->area_count--;
	vma_account(other, -1);
	vma_account(v, -1);
	if (other->start < v->start) {
		v->start = other->start;
		v->pgoff = other->pgoff;
		v->gap = other->gap;
		rb_update(&v->mm->areas, &v->node);
	}
	v->end = max(v->end, other->end);
	vma_account(v, 1);
	if (cache != NULL)
		mutex_unlock(&cache->map_lock);
	vma_free(other);
}

void vma_merge(struct vma *v)
{
	struct vma *other = vma_next(v);

	if (other != NULL && vma_alike(v, other))
		vma_absorb(v, other);
	other = vma_prev(v);
	if (other != NULL && vma_alike(other, v))
		vma_absorb(other, v);
}

void vma_merge_range(struct mm *mm, vaddr_t start, vaddr_t end)
{
	struct vma *v = vma_find_after(mm, start);

	while (v != NULL && v->start <= end) {
		vaddr_t next = v->end;

		vma_merge(v);
		v = vma_find_after(mm, next);
	}
}

void vma_set_flags(struct vma *v, unsigned flags)
{
	vma_account(v, -1);
	v->flags = flags;
	vma_account(v, 1);
}
