/*
 * Page frames: struct page for every frame of RAM, and the buddy allocator that hands them out.
 *
 * A frame is free (in a buddy list or a hart's magazine), or owned by whoever allocated it; ref
 * counts its users:
 *   anonymous page   the page tables that map it (and whoever works on it)
 *   file page        the page cache, plus the tables that map it
 *   page table       one; how many address spaces share a leaf table is counted beside it
 *   slab, stack      one
 * page_put on the last reference frees it. The kind is fixed while a frame is allocated: the
 * statistics count by it.
 */
#pragma once

#include <stdatomic.h>

#include "arch/page.h"
#include "kernel/core/ref.h"
#include "kernel/core/spinlock.h"
#include "lib/list.h"

enum page_kind {
	PAGE_FREE,
	PAGE_RESERVED,
	PAGE_KERNEL,
	PAGE_SLAB,
	PAGE_ANON,
	PAGE_FILE,
	PAGE_TABLE
};

struct page_cache;
struct cache;

/* 64 bytes at most. Which union member counts follows from kind. */
struct page {
	struct ref ref;
	uint8_t kind;	    /* enum page_kind */
	uint8_t order;	    /* of the free block or allocation that begins here */
	uint16_t flags;	    /* owner's: PG_* */
	union {
		struct list link; /* FREE: buddy list; ANON/FILE: its owner's */
		struct {	  /* SLAB */
			struct list slab_link;
			struct cache *cache;
			void *free_list;
			uint16_t used, total;
		};
		struct { /* FILE */
			struct list lru;
			struct page_cache *mapping; /* NULL once cut off by truncation */
			uint64_t index;		    /* in pages */
			bool found; /* since reclaim last looked */
		};
		struct { /* TABLE: kernel/mm/page_table.h */
			uint16_t entries;     /* that are not 0 */
			uint16_t first, last; /* no entry but in [first, last] is not 0 */
			uint16_t anon, file;  /* leaf: entries by what they hold */
			uint32_t sharers;     /* leaf: address spaces that point here */
			uint32_t table_seen;  /* kernel/mm/check.c */
			union {
				struct spinlock lock; /* leaf: guards the above; rank PAGE_TABLE */
				struct { /* middle: guarded by mm->tables */
					struct page *next_middle; /* of the same address space */
					uint16_t root_index; /* of the entry that points here */
				};
			};
		};
		struct { /* ANON */
			struct list anon_link;
			uint32_t anon_seen; /* kernel/mm/check.c */
		};
	};
};
_Static_assert(sizeof(struct page) <= 64, "PAGE_MAP_SIZE allows 64 bytes a page");

enum page_flags {
	PG_ICACHE = 1, /* its contents, as code, are among the changes that icache.c has counted */
	PG_PROTECTED = 2 /* leaf table: no entry allows writing */
};

#define PAGE_ORDER_MAX 10u /* the largest allocation: 4 MiB */

#define ALLOC_ZERO 1u	/* give zeroed memory */
#define ALLOC_WAIT 2u	/* may sleep to wait for memory; the caller holds no spinlock */

/* Boot: every frame of a bank of RAM gets its struct page, reserved; then what nobody occupies is
 * released. The part of the page map that covers the bank is mapped already. Bank by bank, before
 * anything is allocated. */
void page_bank_init(paddr_t start, paddr_t end);
void page_range_release(paddr_t start, paddr_t end);
/* Boot, after hart_table_set: from now on each hart keeps a few frames at hand. And makes
 * zero_page. 0 or -ENOMEM. */
int page_init(void) __must_check;

/* 2^order contiguous frames with one reference, or NULL when there are none. Any context,
 * interrupts included. */
struct page *page_alloc(unsigned order, unsigned flags, enum page_kind kind);
/* Drops a reference; frees the whole allocation when it was the last. NULL is legal. */
void page_free(struct page *p); /* page_put's second half: nobody else's business */
static inline void page_put(struct page *p)
{
	if (p != NULL && ref_put(&p->ref))
		page_free(p);
}
static inline struct page *page_get(struct page *p)
{
	ref_get(&p->ref);
	return p;
}

#define PAGE_MAP ((struct page *)PAGE_MAP_BASE)

static inline struct page *page_of_phys(paddr_t pa)
{
	return &PAGE_MAP[pa >> PAGE_SHIFT];
}
static inline paddr_t page_phys(const struct page *p)
{
	return (paddr_t)(p - PAGE_MAP) << PAGE_SHIFT;
}
static inline void *page_address(const struct page *p)
{
	return phys_to_virt(page_phys(p));
}
static inline struct page *page_of(const void *direct_map_address)
{
	return page_of_phys(virt_to_phys(direct_map_address));
}
/* pa is RAM that has a struct page. */
bool page_phys_valid(paddr_t pa);

/* One page of zeros, never written, never freed, mapped read-only wherever memory is read before it
 * is written. */
extern struct page *zero_page;

/* How many frames are kept free, and for whom: kernel/mm/reclaim.c. */
struct page_marks {
	uint64_t min, low, high; /* pages */
};
extern struct page_marks page_marks;
/* New marks: min is this many pages. */
void page_marks_set(uint64_t min);

/* Every hart is to give back the frames and objects that it keeps at hand, when it next looks. */
void page_drain_ask(void);
void page_drain_check(void); /* the hart looks; interrupts off */

/* free includes what harts keep at hand. total is free and all kinds together: what firmware and
 * image occupy is not in it. */
struct page_stats {
	uint64_t total, free, kernel, slab, anon, file, table; /* pages */
};
void page_stats_get(struct page_stats *s);
/* All pages that there are to hand out, free or not: page_stats.total alone. */
uint64_t page_total(void);
/* Frames that are free and with no hart. */
uint64_t page_free_now(void);
/* Free blocks of an order, as they are now; what harts keep at hand is in none. */
uint64_t page_free_blocks(unsigned order);
