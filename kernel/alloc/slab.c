/*
 * Object caches (after Bonwick 1994, with his magazines of 2001, smaller).
 *
 * A slab is a block of frames cut into objects of one size. Its struct page says which cache it
 * belongs to and chains its free objects through their first words; nothing of the slab itself is
 * spent on bookkeeping.
 *
 *	cache --> partial --> [slab: o o . o] --> [slab: . . . o]        . free   o used
 *	  |       full slabs are on no list; an empty one goes back to the page allocator
 *	  +-----> magazines[hart]: . . . .
 *
 * Each hart has a magazine: a chain of free objects that only it touches, with interrupts off, so
 * that the usual allocation takes no lock. An empty one is filled, a full one emptied, by half in
 * one go under the cache's lock. To a slab, objects in a magazine are used; to the statistics, they
 * are free.
 *
 * A static cache needs no initialisation: the first allocation settles its geometry. Magazines come
 * with the first allocation after the hart table exists; before, every allocation takes the lock.
 * The magazine arrays themselves come from the kmalloc caches, past their magazines, which is what
 * ends the recursion.
 *
 * Entry points: cache_alloc and cache_free; cache_live and cache_for_each for statistics. kmalloc.c
 * has the rest.
 */
#include "kernel/alloc/slab.h"

#include "kernel/alloc/slab_asan.h"
#include "kernel/alloc/slab_debug.h"
#include "kernel/core/fault_inject.h"
#include "kernel/core/hart.h"
#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "kernel/task/task.h"
#include "lib/string.h"

static struct cache *_Atomic caches; /* all that were ever used; only grows */

static inline void **chain_of(void *object)
{
	return object;
}

static size_t slab_bytes(const struct cache *c)
{
	return PAGE_SIZE << c->order;
}

/* The smallest slab that wastes at most an eighth; an object of a page or more gets a block of its
 * own size. */
static unsigned order_choose(size_t stride)
{
	unsigned order = 0;

	while ((PAGE_SIZE << order) < stride)
		order++;
	while (order < 3 && (PAGE_SIZE << order) % stride * 8 > (PAGE_SIZE << order))
		order++;
	return order;
}

static unsigned magazine_size_choose(size_t stride)
{
	if (stride <= 256)
		return 16;
	return stride <= 1024 ? 8 : stride <= PAGE_SIZE ? 4 : 2;
}

/* Settles what the first use must. Two harts may both come here: under the lock one of them does
 * it. */
static void cache_settle(struct cache *c)
{
	irqflags_t irq = spin_lock_irqsave(&c->lock);
	size_t align = max(c->align, sizeof(void *));
	struct cache *head = atomic_load(&caches);

	if (c->stride == 0) {
		c->stride = max(c->size, sizeof(void *));
		if (OBJECT_RECORD > 0)
			c->stride = ALIGN_UP(c->stride, 8) + OBJECT_RECORD;
		c->stride = ALIGN_UP(c->stride, align);
		c->order = order_choose(c->stride);
		c->magazine_size = magazine_size_choose(c->stride);
		do {
			c->next = head;
		} while (!atomic_compare_exchange_weak(&caches, &head, c));
	}
	spin_unlock_irqrestore(&c->lock, irq);
}

/* Slabs. */

static struct page *slab_create(struct cache *c)
{
	struct page *slab = page_alloc(c->order, 0, PAGE_SLAB);
	char *base, *object;

	if (slab == NULL)
		return NULL;
	/* Every frame names the cache, so that kfree finds it from any object. */
	for (unsigned i = 0; i < 1u << c->order; i++) {
		slab[i].kind = PAGE_SLAB;
		slab[i].cache = c;
	}
	base = page_address(slab);
	slab->used = 0;
	slab->total = (uint16_t)(slab_bytes(c) / c->stride);
	slab->free_list = NULL;
	for (unsigned i = slab->total; i-- > 0;) {
		object = base + i * c->stride;
		object_poison(object, c->size);
		*chain_of(object) = slab->free_list;
		slab->free_list = object;
	}
	slab_asan_init(c, base, slab_bytes(c));
	return slab;
}

/* c->lock held. A slab with free objects at the head of the partial list, or NULL. */
static struct page *slab_partial(struct cache *c)
{
	struct page *slab = list_first_entry_or_null(&c->partial, struct page, slab_link);

	if (slab != NULL)
		return slab;
	slab = slab_create(c);
	if (slab == NULL)
		return NULL;
	ADD_ONCE(c->slabs, 1);
	list_add(&slab->slab_link, &c->partial);
	return slab;
}

/* c->lock held. */
static void *object_take(struct cache *c)
{
	struct page *slab = slab_partial(c);
	void *object;

	if (slab == NULL)
		return NULL;
	object = slab->free_list;
	slab->free_list = *chain_of(object);
	if (++slab->used == slab->total)
		list_del(&slab->slab_link);
	return object;
}

/* c->lock held. */
static void object_give(struct cache *c, void *object)
{
	/* Blocks are aligned to their size. */
	struct page *slab = page_of((void *)ALIGN_DOWN((vaddr_t)object, slab_bytes(c)));

	debug_assert(((char *)object - (char *)page_address(slab)) % c->stride == 0);
	*chain_of(object) = slab->free_list;
	slab->free_list = object;
	if (slab->used-- == slab->total)
		list_add(&slab->slab_link, &c->partial);
	if (slab->used > 0)
		return;
	list_del(&slab->slab_link);
	ADD_ONCE(c->slabs, -1);
	asan_unpoison(page_address(slab), slab_bytes(c));
	page_put(slab);
}

/* Magazines. */

/* Interrupts off. Fills half of it; an object for the caller, or NULL. */
static __noinline void *magazine_refill(struct cache *c, struct magazine *m)
{
	void *object, *first;

	spin_lock(&c->lock);
	first = object_take(c);
	for (unsigned i = 1; first != NULL && i < c->magazine_size / 2; i++) {
		object = object_take(c);
		if (object == NULL)
			break;
		*chain_of(object) = m->chain;
		m->chain = object;
		m->count++;
	}
	spin_unlock(&c->lock);
	return first;
}

/* Interrupts off. Gives back all but `keep`: the head of the chain was used last and is kept. */
static __noinline void magazine_shrink(struct cache *c, struct magazine *m, unsigned keep)
{
	void **cut = &m->chain;
	void *object, *next;

	for (unsigned i = 0; i < keep; i++)
		cut = chain_of(*cut);
	spin_lock(&c->lock);
	for (object = *cut; object != NULL; object = next) {
		next = *chain_of(object);
		object_give(c, object);
	}
	spin_unlock(&c->lock);
	*cut = NULL;
	m->count = keep;
}

/* One object past all magazines: before there are any, and for the magazines themselves. */
void *cache_alloc_early(struct cache *c)
{
	void *object;
	irqflags_t irq;

	if (c->stride == 0)
		cache_settle(c);
	irq = spin_lock_irqsave(&c->lock);
	object = object_take(c);
	ADD_ONCE(c->early_live, object != NULL);
	spin_unlock_irqrestore(&c->lock, irq);
	return object;
}

/* To object_free's counterpart it makes no difference where an object was allocated: only the sum
 * counts. */
static void cache_free_early(struct cache *c, void *object)
{
	irqflags_t irq = spin_lock_irqsave(&c->lock);

	object_give(c, object);
	ADD_ONCE(c->early_live, -1);
	spin_unlock_irqrestore(&c->lock, irq);
}

static struct magazine *magazines_of(struct cache *c)
{
	return __atomic_load_n(&c->magazines, __ATOMIC_RELAXED);
}

/* Any context; two harts may race, one array wins. Out of memory leaves the cache as it was. */
static void magazines_make(struct cache *c)
{
	struct magazine *array, *none = NULL;
	size_t bytes = hart_count * sizeof(*array);
	struct cache *from = kmalloc_cache(bytes);

	if (hart_table == NULL || from == NULL)
		return;
	if (c->stride == 0)
		cache_settle(c);
	array = cache_alloc_early(from);
	if (array == NULL)
		return;
	object_asan_alloc(from, array);
	memset(array, 0, bytes);
	if (!__atomic_compare_exchange_n(&c->magazines, &none, array, false, __ATOMIC_RELEASE,
					 __ATOMIC_RELAXED)) {
		asan_poison(array, from->size, ASAN_OBJECT_FREED);
		object_poison(array, from->size);
		cache_free_early(from, array);
	}
}

/* Out of line, and rare: no magazines yet. */
static __noinline void *cache_alloc_first(struct cache *c)
{
	magazines_make(c);
	return cache_alloc_early(c);
}

static inline struct magazine *magazine_here(struct magazine *array)
{
	return &array[hart_index()];
}

void *cache_alloc(struct cache *c, unsigned flags)
{
	struct magazine *array, *m;
	irqflags_t irq;
	void *object;

	if (fault_inject(FAULT_SLAB))
		return NULL;
	irq = irq_save();
	array = magazines_of(c);
	if (likely(array != NULL)) {
		m = magazine_here(array);
		object = m->chain;
		if (likely(object != NULL)) {
			m->chain = *chain_of(object);
			m->count--;
		} else {
			object = magazine_refill(c, m);
		}
		ADD_ONCE(m->live, object != NULL);
	} else {
		object = cache_alloc_first(c);
	}
	irq_restore(irq);
	if (unlikely(object == NULL))
		return NULL;
	object_asan_alloc(c, object);
	object_check_free(c->name, object, c->size);
	if (flags & ALLOC_ZERO)
		memset(object, 0, c->size);
	return object;
}

/* Checked and marked as free: back to where it came from. */
OBJECT_FREE_NOW void cache_free_now(struct cache *c, void *object)
{
	struct magazine *array, *m;
	irqflags_t irq = irq_save();

	array = magazines_of(c);
	if (likely(array != NULL)) {
		m = magazine_here(array);
		*chain_of(object) = m->chain;
		m->chain = object;
		ADD_ONCE(m->live, -1);
		if (unlikely(++m->count > c->magazine_size))
			magazine_shrink(c, m, m->count / 2);
	} else {
		cache_free_early(c, object);
	}
	irq_restore(irq);
}

void cache_free(struct cache *c, void *object)
{
	if (object == NULL)
		return;
	debug_assert(page_of(object)->kind == PAGE_SLAB && page_of(object)->cache == c);
	object_asan_free(c, object);
	object_check_used(c->name, object, c->size);
	object_poison(object, c->size);
	if (!object_asan_wait(c, object))
		cache_free_now(c, object);
}

void cache_drain_here(void)
{
	object_asan_drain();
	for (struct cache *c = atomic_load(&caches); c != NULL; c = c->next) {
		struct magazine *array = magazines_of(c);

		if (array != NULL)
			magazine_shrink(c, magazine_here(array), 0);
	}
}

uint64_t cache_live(const struct cache *c)
{
	const struct magazine *array = __atomic_load_n(&c->magazines, __ATOMIC_ACQUIRE);
	long live = READ_ONCE(c->early_live) - object_asan_waiting(c);

	for (unsigned i = 0; array != NULL && i < hart_count; i++)
		live += READ_ONCE(array[i].live);
	/* Read while others count, an object may be seen going before it is seen coming. */
	return (uint64_t)max(live, 0L);
}

void cache_for_each(void (*fn)(const struct cache_info *info, void *arg), void *arg)
{
	object_asan_settle();
	for (struct cache *c = atomic_load(&caches); c != NULL; c = c->next) {
		struct cache_info info = {
			.name = c->name,
			.size = c->size,
			.live = cache_live(c),
			.slabs = READ_ONCE(c->slabs),
			.per_slab = (unsigned)(slab_bytes(c) / c->stride),
			.pages_per_slab = 1u << c->order,
		};

		info.total = info.slabs * info.per_slab;
		fn(&info, arg);
	}
}

#ifdef PANDO_DEBUG

void cache_marks_set(void)
{
	for (struct cache *c = atomic_load(&caches); c != NULL; c = c->next)
		c->live_marked = cache_live(c);
}

unsigned cache_marks_check(const char *whose)
{
	unsigned found = 0;

	for (struct cache *c = atomic_load(&caches); c != NULL; c = c->next) {
		uint64_t live = cache_live(c);

		if (live <= c->live_marked)
			continue;
		found++;
		pr_err("object leak by %s: %lu of %s are out, %lu were before", whose, live,
		       c->name, c->live_marked);
	}
	return found;
}

#endif
