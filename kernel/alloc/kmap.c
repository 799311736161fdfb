/*
 * The KMAP window: kernel memory that is mapped page by page.
 *
 * The window is cut into ranges without gaps, each free or used. All are in one tree by address,
 * the free ones also in one by size, so that the smallest that fits is found, split, and later
 * joined with free neighbours, in O(log n). A range knows its frames as a chain through their
 * struct pages, for nobody else has to find them.
 *
 *	| guard | frame | frame | ... | guard | frame | ...        free        |
 *	 \_______ used range ________/ \____ used ____/ \___ free range _______/
 *
 * The first page of every used range stays unmapped: who runs off the lower end of a stack faults
 * at once.
 *
 * A range that is given back loses its entries at once, but other harts' TLBs may still hold them,
 * and to make these forget costs far more than all else here. So it becomes stale: it keeps its
 * frames and its addresses, and waits in a chain with others.
 *
 *	free --kmap_pages--> used --kmap_free--> stale --kmap_purge--> free
 *
 * When the stale ranges hold 1/STALE_SHARE of memory, or when memory is short, one flush serves
 * them all; then their frames and addresses are free. Leaf tables that have no entry left go the
 * same way. That happens under the lock: until the flush a hart may remember such a table, so
 * nobody may map anything into its two megabytes. The ranges given out are the lowest of those that
 * fit best, which leaves tables at the upper end empty.
 *
 * One lock, of a rank below the object caches and the page allocator, which are called under it.
 * kstack.c keeps freed stacks at hand, so thread creation rarely comes here.
 */
#include "kernel/alloc/kmap.h"

#include "arch/pte.h"
#include "arch/tlb.h"
#include "kernel/alloc/page.h"
#include "kernel/alloc/slab.h"
#include "kernel/core/hart.h"
#include "kernel/core/panic.h"
#include "kernel/core/spinlock.h"
#include "lib/rbtree.h"

#define STALE_SHARE 128

struct kmap_range {
	struct rb_node by_addr;
	struct rb_node by_size; /* linked: the range is free */
	vaddr_t start;
	size_t pages;	     /* guard included */
	size_t mapped;	     /* pages that have an entry: all but the guard, once made */
	struct page *frames; /* chained through link.next; NULL for device registers */
	struct kmap_range *next_stale;
};

static CACHE_DEFINE(range_cache, struct kmap_range);
static struct spinlock kmap_lock = SPINLOCK_INIT("kmap", LOCK_RANK_KMAP);
static struct rb_root ranges_by_addr; /* [kmap_lock] */
static struct rb_root free_by_size;   /* [kmap_lock] */
static struct kmap_range *stale;      /* [kmap_lock] */
static size_t stale_pages;	      /* [kmap_lock] in `stale` */

static bool addr_less(const struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct kmap_range, by_addr)->start <
	       rb_entry(b, struct kmap_range, by_addr)->start;
}

static bool size_less(const struct rb_node *a, const struct rb_node *b)
{
	const struct kmap_range *one = rb_entry(a, struct kmap_range, by_size);
	const struct kmap_range *other = rb_entry(b, struct kmap_range, by_size);

	return one->pages != other->pages ? one->pages < other->pages : one->start < other->start;
}

static int addr_compare(const void *key, const struct rb_node *node)
{
	vaddr_t addr = *(const vaddr_t *)key;
	vaddr_t start = rb_entry(node, struct kmap_range, by_addr)->start;

	return addr < start ? -1 : addr > start;
}

static int size_compare(const void *key, const struct rb_node *node)
{
	size_t pages = *(const size_t *)key;
	size_t have = rb_entry(node, struct kmap_range, by_size)->pages;

	return pages < have ? -1 : pages > have;
}

/* Ranges. kmap_lock held in all of these. */

/* The whole window as one free range. */
static bool window_open(void)
{
	struct kmap_range *whole = cache_alloc(&range_cache, ALLOC_ZERO);

	if (whole == NULL)
		return false;
	whole->start = KMAP_BASE;
	whole->pages = KMAP_SIZE / PAGE_SIZE;
	rb_add(&ranges_by_addr, &whole->by_addr, addr_less);
	rb_add(&free_by_size, &whole->by_size, size_less);
	return true;
}

/* A used range, cut off the smallest free one that is large enough. NULL: no memory, or the window
 * is full. */
static struct kmap_range *range_take(size_t pages)
{
	struct kmap_range *from, *r;
	struct rb_node *node;

	if (rb_empty(&ranges_by_addr) && !window_open())
		return NULL;
	node = rb_find_from(&free_by_size, &pages, size_compare);
	if (node == NULL)
		return NULL;
	from = rb_entry(node, struct kmap_range, by_size);
	if (from->pages == pages) {
		rb_erase(&free_by_size, &from->by_size);
		return from;
	}
	r = cache_alloc(&range_cache, ALLOC_ZERO);
	if (r == NULL)
		return NULL;
	rb_erase(&free_by_size, &from->by_size);
	r->start = from->start;
	r->pages = pages;
	from->start += pages * PAGE_SIZE; /* still between the same neighbours */
	from->pages -= pages;
	rb_add(&free_by_size, &from->by_size, size_less);
	rb_add(&ranges_by_addr, &r->by_addr, addr_less);
	return r;
}

/* Appends `next` to r, its left neighbour. */
static void range_join(struct kmap_range *r, struct kmap_range *next)
{
	r->pages += next->pages;
	rb_erase(&ranges_by_addr, &next->by_addr);
	cache_free(&range_cache, next);
}

static bool range_is_free(const struct kmap_range *r)
{
	return r != NULL && rb_is_linked(&r->by_size);
}

static void range_give(struct kmap_range *r)
{
	struct kmap_range *next =
		rb_entry_or_null(rb_next(&r->by_addr), struct kmap_range, by_addr);
	struct kmap_range *prev =
		rb_entry_or_null(rb_prev(&r->by_addr), struct kmap_range, by_addr);

	if (range_is_free(next)) {
		rb_erase(&free_by_size, &next->by_size);
		range_join(r, next);
	}
	if (range_is_free(prev)) {
		rb_erase(&free_by_size, &prev->by_size);
		range_join(prev, r);
		r = prev;
	}
	rb_add(&free_by_size, &r->by_size, size_less);
}

/* Frames behind a range. kmap_lock held. */

static vaddr_t range_first_page(const struct kmap_range *r)
{
	return r->start + PAGE_SIZE;
}

/* Appends the frames of r to a chain. */
static struct page **frames_move(struct kmap_range *r, struct page **tail)
{
	*tail = r->frames;
	r->frames = NULL;
	while (*tail != NULL)
		tail = (struct page **)&(*tail)->link.next;
	return tail;
}

static void frames_free(struct page *chain)
{
	while (chain != NULL) {
		struct page *next = (struct page *)chain->link.next;

		page_put(chain);
		chain = next;
	}
}

/* True: there is enough now for a flush to be worth its cost. */
static bool range_retire(struct kmap_range *r)
{
	kmap_pte_clear(range_first_page(r), r->mapped * PAGE_SIZE);
	r->mapped = 0;
	r->next_stale = stale;
	stale = r;
	stale_pages += r->pages;
	return stale_pages >= page_total() / STALE_SHARE;
}

static bool range_map_frames(struct kmap_range *r, unsigned flags)
{
	vaddr_t end = r->start + r->pages * PAGE_SIZE;

	for (vaddr_t va = range_first_page(r); va < end; va += PAGE_SIZE) {
		struct page *p = page_alloc(0, flags, PAGE_KERNEL);

		if (p == NULL)
			return false;
		p->link.next = (struct list *)r->frames;
		r->frames = p;
		if (kmap_pte_map(va, page_phys(p), PTE_R | PTE_W))
			return false;
		r->mapped++;
	}
	return true;
}

static bool range_map_phys(struct kmap_range *r, paddr_t pa)
{
	vaddr_t end = r->start + r->pages * PAGE_SIZE;

	for (vaddr_t va = range_first_page(r); va < end; va += PAGE_SIZE, pa += PAGE_SIZE) {
		if (kmap_pte_map(va, pa, PTE_R | PTE_W))
			return false;
		r->mapped++;
	}
	return true;
}

/* A range that could be mapped in part only is stale: another hart may have looked ahead. */
static void *range_finish(struct kmap_range *r, bool mapped)
{
	if (mapped)
		return (void *)range_first_page(r);
	(void)range_retire(r);
	return NULL;
}

/* Entry points. */

void kmap_purge(void)
{
	struct page *frames = NULL, **tail = &frames;
	irqflags_t irq = spin_lock_irqsave(&kmap_lock);
	struct kmap_range *r, *next;

	if (stale == NULL) {
		spin_unlock_irqrestore(&kmap_lock, irq);
		return;
	}
	for (r = stale; r != NULL; r = r->next_stale) {
		tail = frames_move(r, tail);
		tail = kmap_tables_take(r->start, r->pages * PAGE_SIZE, tail);
	}
	kmap_flush();
	for (r = stale; r != NULL; r = next) {
		next = r->next_stale;
		range_give(r);
	}
	stale = NULL;
	stale_pages = 0;
	spin_unlock_irqrestore(&kmap_lock, irq);
	frames_free(frames);
}

void *kmap_pages(size_t len, unsigned flags)
{
	irqflags_t irq = spin_lock_irqsave(&kmap_lock);
	struct kmap_range *r = range_take(DIV_ROUND_UP(len, PAGE_SIZE) + 1);
	void *va = NULL;

	if (r != NULL)
		va = range_finish(r, range_map_frames(r, flags));
	spin_unlock_irqrestore(&kmap_lock, irq);
	return va;
}

void *kmap_alloc(size_t len)
{
	return len > 0 && len < KMAP_SIZE ? kmap_pages(len, ALLOC_ZERO) : NULL;
}

void *kmap_io(paddr_t pa, size_t len)
{
	size_t offset = pa & ~PAGE_MASK;
	irqflags_t irq = spin_lock_irqsave(&kmap_lock);
	struct kmap_range *r = range_take(DIV_ROUND_UP(offset + len, PAGE_SIZE) + 1);
	char *va = NULL;

	if (r != NULL)
		va = range_finish(r, range_map_phys(r, pa - offset));
	spin_unlock_irqrestore(&kmap_lock, irq);
	return va != NULL ? va + offset : NULL;
}

/* A handler may have interrupted a flush, so it leaves the purge to the next who frees. */
static bool may_purge(void)
{
	return hart_table == NULL || !READ_ONCE(hart_this()->in_interrupt);
}

void kmap_free(void *ptr)
{
	vaddr_t start = ((vaddr_t)ptr & PAGE_MASK) - PAGE_SIZE;
	struct rb_node *node;
	bool enough;
	irqflags_t irq;

	if (ptr == NULL)
		return;
	irq = spin_lock_irqsave(&kmap_lock);
	node = rb_find(&ranges_by_addr, &start, addr_compare);
	if (node == NULL || rb_entry(node, struct kmap_range, by_addr)->mapped == 0)
		panic("kmap_free(%p): not the start of a mapping", ptr);
	enough = range_retire(rb_entry(node, struct kmap_range, by_addr)) && may_purge();
	spin_unlock_irqrestore(&kmap_lock, irq);
	if (enough)
		kmap_purge();
}
