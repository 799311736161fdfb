/*
 * The page cache of one file: what read, write, exec and mmap share.
 *
 * A page in it has one reference by the cache and one by each table that maps it. tmpfs keeps its
 * files' only copy here (fill gives zeros); a disk file system fills from the device.
 */
#pragma once

#include "kernel/alloc/page.h"
#include "kernel/core/spinlock.h"
#include "kernel/sched/mutex.h"

struct page_cache;
struct mm;

struct page_cache_ops {
	/* Fills a fresh locked page (not zeroed) with the file's contents at index; zeros beyond
	 * the end. 0 or -errno. May sleep. */
	int (*fill)(struct page_cache *c, struct page *p, uint64_t index);
	/* Accounts n pages more (or fewer): 0 or -ENOSPC. NULL: no limit. */
	int (*charge)(struct page_cache *c, long n);
	/* Its clean pages may be dropped when memory is short: fill brings the same again. */
	bool can_refill;
};

struct page_cache {
	struct spinlock lock;	/* rank PAGE_CACHE */
	void *root;		/* [lock] radix tree of struct page */
	unsigned height;	/* [lock] levels of the tree */
	uint64_t count;		/* [lock] pages held */
	uint64_t size; /* [a] bytes in the file: faults at or past its last page give SIGBUS */
	const struct page_cache_ops *ops; /* [i] */
	void *owner;		/* [i] the inode */
	struct ref *owner_ref;	/* [i] what to pin to keep the cache alive (futex keys) */
	void (*owner_put)(void *owner); /* [i] */
	struct mutex map_lock;	/* rank MAPPINGS */
	struct list mappings; /* [map_lock] areas that show it, by vma->cache_link: for truncate */
};

void page_cache_init(struct page_cache *c, const struct page_cache_ops *ops, void *owner);
/* Drops every page; nothing maps it any more. */
void page_cache_destroy(struct page_cache *c);
/* The page at index, filled, with a reference: made if need be. 0, -ENOMEM, -ENOSPC, -EIO. May
 * sleep. */
int page_cache_get(struct page_cache *c, uint64_t index, struct page **out) __must_check;
/* Only if it is there; NULL otherwise (a hole). */
struct page *page_cache_find(struct page_cache *c, uint64_t index);
/* Cuts the cache to size bytes: drops pages beyond, unmaps them from every address space, zeroes
 * the tail of the last. */
void page_cache_truncate(struct page_cache *c, uint64_t size);
/* Makes a hole of the pages within [from, to), in every address space too. */
void page_cache_punch(struct page_cache *c, uint64_t from, uint64_t to);
/* First index >= from that is present (data) or absent (hole), for SEEK_DATA/HOLE; UINT64_MAX:
 * none. */
uint64_t page_cache_next(struct page_cache *c, uint64_t from, bool present);
/* Pages that could be dropped, since they can be read again. */
uint64_t page_cache_droppable(void);
/* Drops up to n of them that nobody uses, oldest first; how many it was. */
uint64_t page_cache_shrink(uint64_t n);
