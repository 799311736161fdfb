/*
 * Free memory as blocks of 2^order frames, each aligned to its size (Knuth's buddy system).
 *
 * free_lists[order] holds the first frames of all free blocks of an order; such a frame, and no
 * other, has PG_BUDDY set. The buddy of a block is the one that differs from it in one bit of the
 * frame number. A request splits the smallest block that is large enough; a block that comes back
 * is joined with its buddy as long as that is free and whole:
 *
 *	order 2  |       0..3        |       0..3        |
 *	order 1  |  0..1   |  2..3   |   free  |  2..3   |      page_alloc(0) took frame 2 or 3:
 *	order 0  | 0  | 1  | 2  | 3  |         |used|free|      two blocks are free, 0..1 and the
 * other half
 *
 * Memory comes in banks, from the device tree. A buddy that would lie outside the block's own bank
 * does not exist: its struct page need not even be mapped.
 *
 * One lock for the machine: what is frequent stays in the magazines of page.c.
 */
#include "kernel/alloc/buddy.h"

#include "kernel/core/asan.h"
#include "kernel/core/panic.h"
#include "kernel/core/spinlock.h"
#include "lib/string.h"

#define PG_BUDDY 0x8000u /* page->flags: first frame of a block in a free list */
#define BANKS_MAX 16

static struct spinlock pages_lock = SPINLOCK_INIT("pages", LOCK_RANK_PAGES);
static struct list free_lists[PAGE_ORDER_MAX + 1]; /* [pages_lock] */
static uint64_t free_blocks[PAGE_ORDER_MAX + 1];	   /* [pages_lock] in each list */
static uint64_t free_count;			   /* [pages_lock] to write */
static uint64_t total_count;			   /* [i] after boot */

static struct bank {
	paddr_t start, end;
} banks[BANKS_MAX]; /* [i] after boot */
static unsigned bank_count;

static const struct bank *bank_find(paddr_t pa)
{
	for (unsigned i = 0; i < bank_count; i++)
		if (pa >= banks[i].start && pa < banks[i].end)
			return &banks[i];
	return NULL;
}

bool page_phys_valid(paddr_t pa)
{
	return bank_find(pa) != NULL;
}

void page_bank_init(paddr_t start, paddr_t end)
{
	assert(bank_count < BANKS_MAX);
	if (bank_count == 0)
		for (unsigned order = 0; order <= PAGE_ORDER_MAX; order++)
			list_init(&free_lists[order]);
	start = ALIGN_UP(start, PAGE_SIZE);
	end = ALIGN_DOWN(end, PAGE_SIZE);
	banks[bank_count++] = (struct bank){ start, end };
	for (paddr_t pa = start; pa < end; pa += PAGE_SIZE) {
		struct page *p = page_of_phys(pa);

		memset(p, 0, sizeof(*p));
		ref_init(&p->ref);
		p->kind = PAGE_RESERVED;
	}
}

/* pages_lock held. */
static void block_insert(struct page *p, unsigned order)
{
	p->kind = PAGE_FREE; /* it may have been an inner frame of a larger allocation */
	p->order = (uint8_t)order;
	p->flags = PG_BUDDY;
	list_add(&p->link, &free_lists[order]);
	ADD_ONCE(free_blocks[order], 1);
}

static void block_remove(struct page *p)
{
	ADD_ONCE(free_blocks[p->order], -1);
	p->flags = 0;
	list_del(&p->link);
}

/* The other half of the block of the next order, if it is free and whole. pages_lock held. */
static struct page *buddy_of(paddr_t pa, unsigned order, const struct bank *bank)
{
	paddr_t other = pa ^ (PAGE_SIZE << order);
	struct page *p;

	if (other < bank->start || other + (PAGE_SIZE << order) > bank->end)
		return NULL;
	p = page_of_phys(other);
	return (p->flags & PG_BUDDY) && p->kind == PAGE_FREE && p->order == order ? p : NULL;
}

static void block_free(struct page *p, unsigned order)
{
	paddr_t pa = page_phys(p);
	const struct bank *bank = bank_find(pa);
	struct page *buddy;

	ADD_ONCE(free_count, 1UL << order);
	while (order < PAGE_ORDER_MAX && (buddy = buddy_of(pa, order, bank)) != NULL) {
		block_remove(buddy);
		pa &= ~(PAGE_SIZE << order);
		order++;
	}
	block_insert(page_of_phys(pa), order);
}

static struct page *block_alloc(unsigned order)
{
	unsigned from = order;
	struct page *p;

	while (from <= PAGE_ORDER_MAX && list_empty(&free_lists[from]))
		from++;
	if (from > PAGE_ORDER_MAX)
		return NULL;
	p = list_first_entry(&free_lists[from], struct page, link);
	block_remove(p);
	while (from > order) {
		from--;
		block_insert(p + (1UL << from), from);
	}
	ADD_ONCE(free_count, -(1UL << order));
	return p;
}

struct page *buddy_alloc(unsigned order)
{
	irqflags_t irq = spin_lock_irqsave(&pages_lock);
	struct page *p = bank_count > 0 ? block_alloc(order) : NULL;

	spin_unlock_irqrestore(&pages_lock, irq);
	return p;
}

void buddy_free(struct page *p, unsigned order)
{
	irqflags_t irq = spin_lock_irqsave(&pages_lock);

	block_free(p, order);
	spin_unlock_irqrestore(&pages_lock, irq);
}

unsigned buddy_alloc_batch(struct page **head, unsigned n)
{
	irqflags_t irq = spin_lock_irqsave(&pages_lock);
	unsigned taken = 0;
	struct page *p;

	while (taken < n && (p = block_alloc(0)) != NULL) {
		page_chain_push(head, p);
		taken++;
	}
	spin_unlock_irqrestore(&pages_lock, irq);
	return taken;
}

void buddy_free_batch(struct page *head, unsigned n)
{
	irqflags_t irq = spin_lock_irqsave(&pages_lock);

	while (n-- > 0) {
		struct page *next = page_chain_next(head);

		block_free(head, 0);
		head = next;
	}
	spin_unlock_irqrestore(&pages_lock, irq);
}

/* Takes the largest aligned blocks that fit, so the lists start out with few and large ones. */
void page_range_release(paddr_t start, paddr_t end)
{
	start = ALIGN_UP(start, PAGE_SIZE);
	end = ALIGN_DOWN(end, PAGE_SIZE);
	for (paddr_t pa = start; pa < end; pa += PAGE_SIZE) {
		assert(page_of_phys(pa)->kind == PAGE_RESERVED);
		page_of_phys(pa)->kind = PAGE_FREE;
	}
	if (start < end)
		asan_poison(phys_to_virt(start), end - start, ASAN_PAGE_FREED);
	while (start < end) {
		unsigned order = 0;

		while (order < PAGE_ORDER_MAX && IS_ALIGNED(start, PAGE_SIZE << (order + 1)) &&
		       start + (PAGE_SIZE << (order + 1)) <= end)
			order++;
		buddy_free(page_of_phys(start), order);
		total_count += 1UL << order;
		start += PAGE_SIZE << order;
	}
}

uint64_t buddy_free_count(void)
{
	return READ_ONCE(free_count);
}

uint64_t buddy_blocks(unsigned order)
{
	return READ_ONCE(free_blocks[order]);
}

uint64_t buddy_total_count(void)
{
	return total_count;
}
