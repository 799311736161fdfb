/*
 * SAN=address in the object caches: marks, records, the queue of the freed.
 *
 * A record keeps pcs as 32-bit distances from the start of the image, and who it was. The queue is
 * a chain through the objects' first words, oldest first, which only its hart touches with
 * interrupts off; when it holds more than its share of memory, the oldest go back to their slabs.
 *
 * Not compiled with checks: it works on what must not be touched.
 */
#include "kernel/alloc/slab_asan.h"

#include "arch/machine.h"
#include "kernel/core/hart.h"
#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "kernel/core/upcall.h"
#include "kernel/task/task.h"
#include "lib/string.h"

#define PCS 7
#define QUEUE_PART 64 /* all queues together hold at most this part of memory */
#define QUEUE_MAX  (512UL << 10) /* bytes, each; larger ones look like leaks for too long */

struct trace {
	int32_t tid; /* 0 with no pcs: it never happened */
	uint32_t pcs[PCS];
};

struct record {
	struct trace allocated, freed;
};
static_assert(sizeof(struct record) == OBJECT_RECORD, "slab_asan.h says how large it is");

/* [own hart, interrupts off] */
static struct queue {
	void *first, **last;
	size_t bytes;
} queues[HART_MAX];

static struct record *record_of(const struct cache *c, void *object)
{
	return (struct record *)((char *)object + ALIGN_UP(max(c->size, sizeof(void *)), 8));
}

static __noinline void trace_take(struct trace *t)
{
	uintptr_t pcs[PCS + 2];
	unsigned n = arch_backtrace(pcs, PCS + 2, (uintptr_t)__builtin_frame_address(0));

	t->tid = current->tid;
	for (unsigned i = 0; i < PCS; i++) /* the first two are the allocator's */
		t->pcs[i] = i + 2 < n ? (uint32_t)(pcs[i + 2] - KERNEL_BASE) : 0;
}

/* --- marks ------------------------------------------------------------------------------------ */

static size_t object_bytes(const struct cache *c)
{
	return max(c->size, sizeof(void *));
}

void slab_asan_init(struct cache *c, void *base, size_t len)
{
	unsigned n = (unsigned)(len / c->stride);

	for (unsigned i = 0; i < n; i++)
		*record_of(c, (char *)base + i * c->stride) = (struct record){0};
	asan_poison(base, len, ASAN_OBJECT_END);
	for (unsigned i = 0; i < n; i++)
		asan_poison((char *)base + i * c->stride, object_bytes(c), ASAN_OBJECT_FREED);
}

void object_asan_alloc(struct cache *c, void *object)
{
	trace_take(&record_of(c, object)->allocated);
	asan_unpoison(object, c->size);
}

void *object_asan_trim(struct cache *c, void *object, size_t size)
{
	char *end;

	if (object == NULL)
		return NULL;
	end = (char *)object + ALIGN_UP(object_bytes(c), 8);
	/* Up to the last 8 bytes that may be touched in part. */
	asan_poison((char *)object + ALIGN_UP(size, 8),
		    (size_t)(end - (char *)object) - ALIGN_UP(size, 8), ASAN_OBJECT_END);
	asan_unpoison(object, size);
	return object;
}

/* --- freeing ---------------------------------------------------------------------------------- */

static void *slab_base(const struct cache *c, const void *at)
{
	return (void *)ALIGN_DOWN((vaddr_t)at, PAGE_SIZE << c->order);
}

void object_asan_free(struct cache *c, void *object)
{
	if ((size_t)((char *)object - (char *)slab_base(c, object)) % c->stride != 0)
		asan_report_free("free of an address inside an object", (vaddr_t)object);
	if (asan_why(object) == ASAN_OBJECT_FREED)
		asan_report_free("double free", (vaddr_t)object);
	trace_take(&record_of(c, object)->freed);
	asan_unpoison(object, c->size);
}

/* The oldest of a queue. */
static void *queue_pop(struct queue *q)
{
	void *object = q->first;

	q->first = *(void **)object;
	if (q->first == NULL)
		q->last = NULL;
	q->bytes -= page_of(object)->cache->stride;
	return object;
}

static void queue_push(struct queue *q, void *object)
{
	*(void **)object = NULL;
	if (q->last != NULL)
		*q->last = object;
	else
		q->first = object;
	q->last = object;
	q->bytes += page_of(object)->cache->stride;
}

static void queue_shrink(struct queue *q, size_t bytes)
{
	while (q->first != NULL && q->bytes > bytes) {
		void *object = queue_pop(q);
		struct cache *c = page_of(object)->cache;

		atomic_fetch_sub(&c->waiting, 1);
		cache_free_now(c, object);
	}
}

static size_t queue_limit(void)
{
	return min(page_total() * PAGE_SIZE / QUEUE_PART / max(hart_count, 1u), QUEUE_MAX);
}

bool object_asan_wait(struct cache *c, void *object)
{
	irqflags_t irq = irq_save();
	struct queue *q = &queues[hart_index()];

	asan_poison(object, object_bytes(c), ASAN_OBJECT_FREED);
	atomic_fetch_add(&c->waiting, 1);
	queue_push(q, object);
	queue_shrink(q, queue_limit());
	irq_restore(irq);
	return true;
}

void object_asan_drain(void)
{
	queue_shrink(&queues[hart_index()], 0);
}

void object_asan_settle(void)
{
	page_drain_ask();
}

long object_asan_waiting(const struct cache *c)
{
	return atomic_load_explicit(&c->waiting, memory_order_relaxed);
}

/* --- telling ---------------------------------------------------------------------------------- */

static void trace_print(const char *what, const struct trace *t)
{
	if (t->pcs[0] == 0)
		return;
	printk(LOG_EMERG, "  %s by task %d:", what, t->tid);
	for (unsigned i = 0; i < PCS && t->pcs[i] != 0; i++)
		printk(LOG_EMERG, "    %pS", (void *)(KERNEL_BASE + t->pcs[i]));
}

void upcall_object_describe(vaddr_t addr)
{
	struct page *page;
	struct cache *c;
	size_t into;
	char *base, *object;

	if (addr < DIRECT_BASE || addr >= DIRECT_BASE + DIRECT_SIZE ||
	    !page_phys_valid(virt_to_phys((void *)addr)))
		return;
	page = page_of((void *)addr);
	if (page->kind != PAGE_SLAB) {
		printk(LOG_EMERG, "  in page frame %#lx, kind %u, order %u", page_phys(page),
		       page->kind, page->order);
		return;
	}
	c = page->cache;
	base = slab_base(c, (void *)addr);
	object = base + ((char *)addr - base) / c->stride * c->stride;
	into = (size_t)((char *)addr - object);
	printk(LOG_EMERG, "  %lu bytes %s an object of %s (%lu bytes) at %p",
	       into < c->size ? into : into - c->size, into < c->size ? "into" : "behind",
	       c->name, c->size, (void *)object);
	trace_print("allocated", &record_of(c, object)->allocated);
	trace_print("freed", &record_of(c, object)->freed);
}
