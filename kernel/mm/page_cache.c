/*
 * A radix tree of pages: 64 children a node, as high as the largest index needs.
 *
 *	height 0   root is the page at index 0, or nothing
 *	height 1   root is a node of 64 pages
 *	height 2   root is a node of 64 nodes of 64 pages ...
 *
 * Nodes are added under the lock with memory allocated before it was taken (a small stock), so
 * nothing under the lock can fail; should the tree have changed meanwhile so that they are too few,
 * more are fetched. A page is filled before it enters the tree; of two tasks that fill the same
 * one, the slower drops its own.
 *
 * Truncation first cuts pages off the tree (mapping = NULL), then takes them out of every address
 * space that shows them. A fault that found a page before the cut looks at page->mapping again
 * under its table's lock, and either sees the cut, or has put its entry in early enough for the
 * second step to find it. That the second step finds the table, though it takes no lock where there
 * is none, is the cache's lock's doing: a fault makes its table, then finds the page under this
 * lock, and the cut of the page under the same lock, which is later, is before the second step.
 *
 * Pages of a cache that can fill them again are also on a list of all such pages (page_lru.c). Each
 * node of the tree goes with its last page.
 *
 * NOTE(linux): private copies of pages that are cut off stay with whoever has them.
 */
#include "kernel/mm/page_cache.h"

#include "kernel/alloc/slab.h"
#include "kernel/core/panic.h"
#include "kernel/mm/page_lru.h"
#include "kernel/mm/page_table.h"
#include "kernel/sched/sched.h"
#include "lib/errno.h"
#include "lib/string.h"

#define RADIX_BITS 6
#define RADIX_SLOTS (1u << RADIX_BITS)
#define RADIX_HEIGHT_MAX 9

struct radix_node {
	void *slot[RADIX_SLOTS];
	unsigned count;
};

static CACHE_DEFINE(radix_cache, struct radix_node);

/* Nodes taken before the lock: for one insertion, which may have to raise the tree to its full
 * height and then to make a path down it. */
struct stock {
	struct radix_node *node[2 * RADIX_HEIGHT_MAX];
	unsigned count;
};

static unsigned slot_index(uint64_t index, unsigned level)
{
	return index >> (RADIX_BITS * level) & (RADIX_SLOTS - 1);
}

/* Lowest height at which index has a place. */
static unsigned height_for(uint64_t index)
{
	unsigned height = 0;

	while (height < RADIX_HEIGHT_MAX && index >> (RADIX_BITS * height) != 0)
		height++;
	return height;
}

static void stock_drop(struct stock *s)
{
	while (s->count > 0)
		cache_free(&radix_cache, s->node[--s->count]);
}

static int stock_fill(struct stock *s, unsigned count)
{
	while (s->count < count) {
		struct radix_node *n = cache_alloc(&radix_cache, ALLOC_ZERO);

		if (n == NULL) {
			stock_drop(s);
			return -ENOMEM;
		}
		s->node[s->count++] = n;
	}
	return 0;
}

void page_cache_init(struct page_cache *c, const struct page_cache_ops *ops, void *owner)
{
	*c = (struct page_cache){ .ops = ops, .owner = owner };
	spinlock_init(&c->lock, "page cache", LOCK_RANK_PAGE_CACHE);
	mutex_init(&c->map_lock, "mappings", LOCK_RANK_MAPPINGS);
	list_init(&c->mappings);
}

static struct page *tree_find(const struct page_cache *c, uint64_t index)
{
	void *node = c->root;

	if (height_for(index) > c->height)
		return NULL;
	for (unsigned level = c->height; level-- > 0 && node != NULL;)
		node = ((struct radix_node *)node)->slot[slot_index(index, level)];
	return node;
}

/* The nodes that tree_insert at index will take. */
static unsigned nodes_missing(const struct page_cache *c, uint64_t index)
{
	unsigned level = c->height, top = height_for(index);
	const struct radix_node *node = c->root;

	if (node == NULL)
		return max(level, top);
	if (top > level) /* roots above the old one; from the uppermost a path of its own */
		return (top - level) + (top - 1);
	while (level > 0 && node != NULL)
		node = node->slot[slot_index(index, --level)];
	return level;
}

/* Makes the tree high enough and puts p in its empty place, with nodes from the stock. */
static void tree_insert(struct page_cache *c, uint64_t index, struct page *p, struct stock *s)
{
	void **place = &c->root;

	while (c->height < height_for(index)) {
		if (c->root != NULL) {
			struct radix_node *n = s->node[--s->count];

			n->slot[0] = c->root;
			n->count = 1;
			c->root = n;
		}
		c->height++;
	}
	for (unsigned level = c->height; level-- > 0;) {
		struct radix_node *n = *place;

		if (n == NULL)
			*place = n = s->node[--s->count];
		place = &n->slot[slot_index(index, level)];
		n->count += *place == NULL;
	}
	*place = p;
	ADD_ONCE(c->count, 1);
}

struct page *page_cache_find(struct page_cache *c, uint64_t index)
{
	struct page *p;

	spin_lock(&c->lock);
	p = tree_find(c, index);
	if (p != NULL) {
		page_get(p);
		p->found = true;
	}
	spin_unlock(&c->lock);
	return p;
}

static int page_fill(struct page_cache *c, uint64_t index, struct page **out)
{
	struct page *p = page_alloc(0, ALLOC_WAIT, PAGE_FILE);
	int err;

	if (p == NULL)
		return -ENOMEM;
	p->index = index;
	WRITE_ONCE(p->mapping, c);
	list_init(&p->lru);
	err = c->ops->fill(c, p, index);
	if (err)
		page_put(p);
	else
		*out = p;
	return err;
}

/* Enters p under the cache's lock, or finds who was there first; *out is counted. False: it takes
 * more nodes than the stock has, *wanted of them. */
static bool page_enter(struct page_cache *c, uint64_t index, struct page *p, struct stock *stock,
		       unsigned *wanted, struct page **out)
{
	struct page *there;
	bool done = true;

	spin_lock(&c->lock);
	there = tree_find(c, index);
	*wanted = there == NULL ? nodes_missing(c, index) : 0;
	if (there != NULL) {
		*out = page_get(there);
	} else if (*wanted <= stock->count) {
		tree_insert(c, index, page_get(p), stock);
		if (c->ops->can_refill)
			page_lru_enter(p);
		*out = page_get(p);
	} else {
		done = false;
	}
	spin_unlock(&c->lock);
	return done;
}

/* Charged, filled, entered; or the one that was there first. */
static int page_add(struct page_cache *c, uint64_t index, struct page **out)
{
	struct stock stock = { .count = 0 };
	unsigned wanted = 0;
	struct page *p = NULL;
	int err = 0;

	if (c->ops->charge != NULL)
		err = c->ops->charge(c, 1);
	if (err)
		return err;
	err = page_fill(c, index, &p);
	while (err == 0 && !page_enter(c, index, p, &stock, &wanted, out))
		err = stock_fill(&stock, wanted);
	if ((err || *out != p) && c->ops->charge != NULL)
		(void)!c->ops->charge(c, -1);
	page_put(p);
	stock_drop(&stock);
	return err;
}

int page_cache_get(struct page_cache *c, uint64_t index, struct page **out)
{
	*out = page_cache_find(c, index);
	return *out != NULL ? 0 : page_add(c, index, out);
}

/* Where a walk over a subtree stands: takes every page within [from, to), and frees nodes that are
 * empty. */
struct cut {
	uint64_t from, to; /* indexes */
	struct list *out; /* pages taken, by lru */
	uint64_t count, max;
};

#define CUT_MAX 1024 /* pages taken under one hold of the lock */

/* Cuts the subtree at *place, which covers indexes from base on; level 0 is a page. */
static void cut_subtree(void **place, unsigned level, uint64_t base, struct cut *cut)
{
	struct radix_node *n = *place;
	uint64_t span = 1UL << (RADIX_BITS * level);

	if (n == NULL || base >= cut->to || cut->count == cut->max ||
	    (level < RADIX_HEIGHT_MAX && base + span - 1 < cut->from))
		return;
	if (level == 0) {
		struct page *p = *place;

		page_lru_leave(p); /* first: who finds it on the list follows mapping */
		WRITE_ONCE(p->mapping, NULL);
		list_add_tail(&p->lru, cut->out);
		cut->count++;
		*place = NULL;
		return;
	}
	for (unsigned i = 0; i < RADIX_SLOTS; i++) {
		bool had = n->slot[i] != NULL;

		cut_subtree(&n->slot[i], level - 1, base + (span >> RADIX_BITS) * i, cut);
		n->count -= had && n->slot[i] == NULL;
	}
	if (n->count == 0) {
		cache_free(&radix_cache, n);
		*place = NULL;
	}
}

static uint64_t cut_some(struct page_cache *c, uint64_t from, uint64_t to, struct list *out)
{
	struct cut cut = { .from = from, .to = to, .out = out, .max = CUT_MAX };

	spin_lock(&c->lock);
	cut_subtree(&c->root, c->height, 0, &cut);
	if (c->root == NULL)
		c->height = 0;
	ADD_ONCE(c->count, -cut.count);
	spin_unlock(&c->lock);
	return cut.count;
}

/* Takes every page within [from, to) out of the tree; the cache's references go to the caller. */
static void cut_range(struct page_cache *c, uint64_t from, uint64_t to, struct list *out)
{
	uint64_t count;

	do {
		count = cut_some(c, from, to, out);
		if (count != 0 && c->ops->charge != NULL)
			(void)!c->ops->charge(c, -(long)count);
		sched_checkpoint();
	} while (count == CUT_MAX);
}

static void pages_put(struct list *pages)
{
	struct page *p, *next;

	list_for_each_entry_safe(p, next, pages, lru) {
		list_del_init(&p->lru);
		page_put(p);
		sched_checkpoint();
	}
}

void page_cache_destroy(struct page_cache *c)
{
	struct list pages = LIST_INIT(pages);

	assert(list_empty(&c->mappings));
	cut_range(c, 0, UINT64_MAX, &pages);
	pages_put(&pages);
}

/* Takes the pages of the cache within [from, to) out of every area. Private copies of them stay. */
static void unmap_range(struct page_cache *c, uint64_t from, uint64_t to)
{
	struct vma *v;

	rwlock_read_lock(&mm_world);
	mutex_lock(&c->map_lock);
	list_for_each_entry(v, &c->mappings, cache_link) {
		uint64_t first = max(from, v->pgoff);
		uint64_t last = min(to, v->pgoff + ((v->end - v->start) >> PAGE_SHIFT));
		struct gather g;

		if (first >= last)
			continue;
		gather_begin(&g, v->mm);
		pt_zap_cache(&g, v, v->start + ((first - v->pgoff) << PAGE_SHIFT),
			     v->start + ((last - v->pgoff) << PAGE_SHIFT));
		gather_end(&g);
	}
	mutex_unlock(&c->map_lock);
	rwlock_read_unlock(&mm_world);
}

void page_cache_punch(struct page_cache *c, uint64_t from, uint64_t to)
{
	struct list pages = LIST_INIT(pages);

	cut_range(c, from, to, &pages);
	unmap_range(c, from, to);
	pages_put(&pages);
}

void page_cache_truncate(struct page_cache *c, uint64_t size)
{
	struct list pages = LIST_INIT(pages);
	uint64_t from = DIV_ROUND_UP(size, PAGE_SIZE);
	struct page *tail;

	__atomic_store_n(&c->size, size, __ATOMIC_RELAXED);
	cut_range(c, from, UINT64_MAX, &pages);
	unmap_range(c, from, UINT64_MAX);
	pages_put(&pages);
	if (size % PAGE_SIZE == 0)
		return;
	tail = page_cache_find(c, size / PAGE_SIZE);
	if (tail != NULL) {
		memset((char *)page_address(tail) + size % PAGE_SIZE, 0,
		       PAGE_SIZE - size % PAGE_SIZE);
		page_put(tail);
	}
}

/* The first place >= from in a subtree that is (not) empty; UINT64_MAX if none. */
static uint64_t next_in(void *place, unsigned level, uint64_t base, uint64_t from, bool present)
{
	struct radix_node *n = place;
	uint64_t span = 1UL << (RADIX_BITS * level);

	if (level < RADIX_HEIGHT_MAX && base + span - 1 < from)
		return UINT64_MAX;
	if (place == NULL)
		return present ? UINT64_MAX : max(base, from);
	if (level == 0)
		return present ? base : UINT64_MAX;
	for (unsigned i = 0; i < RADIX_SLOTS; i++) {
		uint64_t found = next_in(n->slot[i], level - 1, base + (span >> RADIX_BITS) * i,
					 from, present);

		if (found != UINT64_MAX)
			return found;
	}
	return UINT64_MAX;
}

uint64_t page_cache_next(struct page_cache *c, uint64_t from, bool present)
{
	uint64_t beyond, found;

	spin_lock(&c->lock);
	found = next_in(c->root, c->height, 0, from, present);
	beyond = c->height >= RADIX_HEIGHT_MAX ? UINT64_MAX : 1UL << (RADIX_BITS * c->height);
	spin_unlock(&c->lock);
	if (found == UINT64_MAX && !present)
		return max(from, beyond); /* everything behind the tree is hole */
	return found;
}

/* Only the cache may have it: its count grows from 1 under the cache's lock alone. */
static bool page_unused(struct page_cache *c, uint64_t index)
{
	struct page *p = tree_find(c, index);

	return p != NULL && ref_count(&p->ref) == 1;
}

uint64_t page_cache_drop(struct page_cache *c, uint64_t index)
{
	struct cut cut = { .from = index, .to = index + 1, .max = 1 };
	struct list out = LIST_INIT(out);

	cut.out = &out;
	spin_lock(&c->lock);
	if (page_unused(c, index)) {
		cut_subtree(&c->root, c->height, 0, &cut);
		c->height = c->root == NULL ? 0 : c->height;
		ADD_ONCE(c->count, -cut.count);
	}
	spin_unlock(&c->lock);
	if (cut.count != 0 && c->ops->charge != NULL)
		(void)!c->ops->charge(c, -(long)cut.count);
	pages_put(&out);
	return cut.count;
}
