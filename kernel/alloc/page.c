/*
 * Page frames as the rest of the kernel sees them: buddy blocks below, and on top a magazine per
 * hart of single frames, which is where nearly every allocation begins and ends.
 *
 * A magazine is a chain of free frames that only its hart touches, with interrupts off; so taking
 * or giving a frame needs no lock. An empty one is filled, a full one emptied, by half its size in
 * one go. Magazines are small, in proportion to memory: on a machine with 8 MiB they hold 4 frames.
 *
 * Each hart also counts, by kind, frames handed out minus frames taken back there; only the sum
 * over the harts means anything, and it is exact.
 *
 * Until page_init() there is one magazine of size 0, the boot hart's.
 *
 * Some frames are kept for those who free memory: a magazine is filled only while more than a mark
 * are free, and how low the mark is depends on who asks and what for (kernel/mm/reclaim.c).
 */
#include "kernel/alloc/page.h"

#include "kernel/alloc/buddy.h"
#include "kernel/alloc/kmap.h"
#include "kernel/alloc/slab.h"
#include "kernel/core/asan.h"
#include "kernel/core/fault_inject.h"
#include "kernel/core/panic.h"
#include "kernel/core/upcall.h"
#include "kernel/task/task.h"
#include "lib/errno.h"
#include "lib/string.h"

#define KINDS (PAGE_TABLE + 1)

struct hart_pages {
	struct page *chain;
	unsigned count;	    /* of chain; others may look */
	int64_t out[KINDS]; /* frames by kind, may be negative; others may look */
	atomic_uint drain;  /* [a] 1: asked to give all back */
} __aligned(64);

static struct hart_pages boot_pages;
static struct hart_pages *hart_pages =
	&boot_pages; /* [i] after page_init; elements: own hart, interrupts off */
static unsigned magazine_size;			    /* [i] after page_init */

struct page *zero_page;
struct page_marks page_marks; /* written by root alone, read as words */

static inline struct hart_pages *pages_here(void)
{
	return &hart_pages[hart_index()];
}

void page_marks_set(uint64_t min)
{
	WRITE_ONCE(page_marks.min, min);
	WRITE_ONCE(page_marks.low, min + min / 4);
	WRITE_ONCE(page_marks.high, min + min / 2);
}

/* Linux's size: 4 times the square root of memory in KiB, from 128 KiB to 256 MiB. */
static uint64_t marks_min_default(void)
{
	uint64_t kib = buddy_total_count() * (PAGE_SIZE / 1024), root = 0;

	while ((root + 1) * (root + 1) <= 16 * kib)
		root++;
	return clamp(root, (uint64_t)128, (uint64_t)256 << 10) / (PAGE_SIZE / 1024);
}

int page_init(void)
{
	struct hart_pages *array = kcalloc(hart_count, sizeof(*array));

	if (array == NULL)
		return -ENOMEM;
	array[0] = boot_pages;
	magazine_size = clamp((unsigned)(buddy_total_count() / (hart_count * 256UL)), 4u, 32u);
	hart_pages = array;
	page_marks_set(marks_min_default());
	zero_page = page_alloc(0, ALLOC_ZERO, PAGE_KERNEL);
	return zero_page != NULL ? 0 : -ENOMEM;
}

/* Eight stores a turn: zeroing is most of what a first touch of memory costs. */
static __unchecked void frames_zero(struct page *p, unsigned order)
{
	uint64_t *word = page_address(p), *end = word + (PAGE_SIZE << order) / sizeof(*word);

	do {
		word[0] = 0;
		word[1] = 0;
		word[2] = 0;
		word[3] = 0;
		word[4] = 0;
		word[5] = 0;
		word[6] = 0;
		word[7] = 0;
		word += 8;
	} while (word != end);
}

#ifdef PANDO_DEBUG
/* What reads freed memory reads this. */
static void frames_poison(struct page *p, unsigned order)
{
	memset(page_address(p), 0x6b, PAGE_SIZE << order);
}
#else
static inline void frames_poison(struct page *p, unsigned order)
{
	(void)p, (void)order;
}
#endif

/* Frames that have to stay free after this request. Kernel threads, and tasks that have left their
 * address space or are about to, may have the last one. */
static uint64_t frames_kept(enum page_kind kind)
{
	uint64_t min = READ_ONCE(page_marks.min);

	if (current->mm == NULL || (current->flags & TASK_EXITING) ||
	    (atomic_load_explicit(&current->pending_work, memory_order_relaxed) & WORK_KILL))
		return 0;
	return kind == PAGE_ANON || kind == PAGE_FILE ? min : min / 2;
}

/* Interrupts off. */
static struct page *frame_take(struct hart_pages *here, enum page_kind kind)
{
	struct page *p;

	if (unlikely(here->chain == NULL)) {
		if (buddy_free_count() <= frames_kept(kind))
			return NULL;
		WRITE_ONCE(here->count,
			   buddy_alloc_batch(&here->chain, magazine_size / 2 + 1));
		if (here->count == 0)
			return NULL;
	}
	p = here->chain;
	here->chain = page_chain_next(p);
	ADD_ONCE(here->count, -1);
	return p;
}

/* Interrupts off. Keeps the frames that were used last: their lines are in the cache. */
static void magazine_shrink(struct hart_pages *here)
{
	unsigned keep = magazine_size / 2, rest = here->count - keep;
	struct page *first_out = here->chain, *last_kept = NULL;

	for (unsigned i = 0; i < keep; i++) {
		last_kept = first_out;
		first_out = page_chain_next(first_out);
	}
	if (last_kept != NULL)
		last_kept->link.next = NULL;
	else
		here->chain = NULL;
	WRITE_ONCE(here->count, keep);
	buddy_free_batch(first_out, rest);
}

/* Counted as out; NULL: none for this kind and task. */
static struct page *frames_take(unsigned order, enum page_kind kind)
{
	irqflags_t irq = irq_save();
	struct hart_pages *here = pages_here();
	struct page *p = NULL;

	if (likely(order == 0))
		p = frame_take(here, kind);
	else if (order <= PAGE_ORDER_MAX &&
		 buddy_free_count() >= frames_kept(kind) + (1UL << order))
		p = buddy_alloc(order);
	if (likely(p != NULL))
		ADD_ONCE(here->out[kind], 1L << order);
	irq_restore(irq);
	return p;
}

/* None at once. Who can wait does, until the reclaim thread has looked once more. */
static __noinline struct page *frames_take_slow(unsigned order, unsigned flags, enum page_kind kind)
{
	if (!(flags & ALLOC_WAIT) || order > PAGE_ORDER_MAX || !upcall_memory_wait())
		return NULL;
	return frames_take(order, kind);
}

struct page *page_alloc(unsigned order, unsigned flags, enum page_kind kind)
{
	struct page *p;

	if (flags & ALLOC_WAIT)
		might_sleep();
	/* A slab's page is part of what an object costs: its caller was asked. */
	if (kind != PAGE_SLAB && fault_inject(FAULT_PAGE))
		return NULL;
	p = frames_take(order, kind);
	if (unlikely(p == NULL))
		p = frames_take_slow(order, flags, kind);
	if (unlikely(p == NULL))
		return NULL;
	if (unlikely((flags & ALLOC_WAIT) && buddy_free_count() < READ_ONCE(page_marks.low)))
		upcall_memory_low();
	ref_init(&p->ref);
	p->kind = (uint8_t)kind;
	p->order = (uint8_t)order;
	p->flags = 0;
	/* A handful of stores in line, where memset would be called. */
	__builtin_memset(&p->link, 0, sizeof(*p) - offsetof(struct page, link));
	asan_unpoison(page_address(p), PAGE_SIZE << order);
	if (flags & ALLOC_ZERO)
		frames_zero(p, order);
	return p;
}

void page_free(struct page *p)
{
	unsigned order = p->order;
	struct hart_pages *here;
	irqflags_t irq;

	if (unlikely(p->kind <= PAGE_RESERVED))
		panic("page frame %#lx freed, but its kind is %u: nobody allocated it",
		      page_phys(p), p->kind);
	frames_poison(p, order);
	asan_poison(page_address(p), PAGE_SIZE << order, ASAN_PAGE_FREED);
	irq = irq_save();
	here = pages_here();
	ADD_ONCE(here->out[p->kind], -(1L << order));
	p->kind = PAGE_FREE;
	p->flags = 0;
	if (order == 0) {
		page_chain_push(&here->chain, p);
		ADD_ONCE(here->count, 1);
		if (unlikely(here->count > magazine_size))
			magazine_shrink(here);
	} else {
		buddy_free(p, order);
	}
	irq_restore(irq);
}

void page_drain_ask(void)
{
	for (unsigned i = 0; hart_pages != &boot_pages && i < hart_count; i++)
		atomic_store(&hart_pages[i].drain, 1);
}

void page_drain_check(void)
{
	struct hart_pages *here = pages_here();

	if (likely(!atomic_load_explicit(&here->drain, memory_order_relaxed)))
		return;
	atomic_store(&here->drain, 0);
	kstack_drain_here();
	cache_drain_here();
	if (here->count > 0)
		buddy_free_batch(here->chain, here->count);
	here->chain = NULL;
	WRITE_ONCE(here->count, 0);
}

static unsigned hart_pages_count(void)
{
	return hart_pages == &boot_pages ? 1 : hart_count;
}

static uint64_t kind_count(enum page_kind kind)
{
	int64_t sum = 0;

	for (unsigned i = 0; i < hart_pages_count(); i++)
		sum += READ_ONCE(hart_pages[i].out[kind]);
	/* Read while others count, a frame may be seen going before it is seen coming. */
	return (uint64_t)max(sum, (int64_t)0);
}

uint64_t page_total(void)
{
	return buddy_total_count();
}

uint64_t page_free_now(void)
{
	return buddy_free_count();
}

uint64_t page_free_blocks(unsigned order)
{
	return buddy_blocks(order);
}

void page_stats_get(struct page_stats *s)
{
	*s = (struct page_stats){
		.total = buddy_total_count(),
		.free = buddy_free_count(),
		.kernel = kind_count(PAGE_KERNEL),
		.slab = kind_count(PAGE_SLAB),
		.anon = kind_count(PAGE_ANON),
		.file = kind_count(PAGE_FILE),
		.table = kind_count(PAGE_TABLE),
	};
	for (unsigned i = 0; i < hart_pages_count(); i++)
		s->free += READ_ONCE(hart_pages[i].count);
}
