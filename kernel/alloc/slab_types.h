/* struct cache, apart so that CACHE_DEFINE can size it; its fields belong to kernel/alloc/slab.c. */
#pragma once

#include "kernel/core/spinlock.h"
#include "lib/list.h"

struct magazine;

struct cache {
	const char *name; /* [i] */
	size_t size;	  /* [i] bytes per object, as asked */
	size_t align;	  /* [i] */
	struct list link; /* list of all caches */
	size_t stride;	  /* [i] after first use: bytes from object to object */
	unsigned order;	  /* [i] pages per slab, as a power of two */
	struct magazine *magazines; /* [i] after first use: one per hart */
	struct spinlock lock;
	struct list partial; /* [lock] slabs with free and used objects */
	uint64_t slabs;	     /* [lock] */
	atomic_long live;    /* [a] objects out with users */
};
