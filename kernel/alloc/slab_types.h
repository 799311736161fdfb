/* struct cache, apart so that CACHE_DEFINE can size it; its fields belong to kernel/alloc/slab.c.
 * */
#pragma once

#include <stdatomic.h>

#include "kernel/core/spinlock.h"
#include "lib/list.h"

/* Free objects that a hart has at hand, chained through their first word. Own hart only, interrupts
 * off. */
struct magazine {
	void *chain;
	unsigned count;
	long live; /* objects handed out on this hart less those taken back there */
} __aligned(64);

struct cache {
	const char *name; /* [i] */
	size_t size;	  /* [i] bytes per object, as asked */
	size_t align;	  /* [i] */
	struct cache *next; /* [i] once listed: list of all caches ever used */
	size_t stride;	  /* [i] after first use: bytes from object to object; 0 before */
	unsigned order;	  /* [i] after first use: pages per slab, as a power of two */
	unsigned magazine_size;	    /* [i] after first use: objects at most */
	struct magazine *magazines; /* [a] one per hart, once there is a hart table; NULL before */
	struct spinlock lock;
	struct list partial; /* [lock] slabs with free objects */
	uint64_t slabs;	     /* [lock] */
	long early_live;     /* [lock] as magazine.live, from before there were magazines */
#ifdef PANDO_ASAN
	atomic_long waiting; /* [a] freed objects in the queues of slab_asan.c */
#endif
#ifdef PANDO_DEBUG
	uint64_t live_marked; /* by cache_marks_set */
#endif
};
