/*
 * Object caches: one per kind of object, slabs of pages below, a magazine per hart on top.
 */
#pragma once

#include "kernel/alloc/page.h"

struct cache;

/* Defines a static cache of objects of a type, usable from the first call on:
 *	CACHE_DEFINE(pipe_cache, struct pipe);
 */
#define CACHE_DEFINE(var, type)                                                                    \
	struct cache var = CACHE_INIT(var, &(#type)[7 * (sizeof(#type) > 7)], /* no "struct " */   \
				      sizeof(type), _Alignof(type))
#define CACHE_INIT(var, cache_name, object_size, object_align)                                     \
	{                                                                                          \
		.name = cache_name, .size = object_size, .align = object_align,                    \
		.lock = SPINLOCK_INIT("cache", LOCK_RANK_SLAB),                                    \
		.partial = LIST_INIT((var).partial)                                                \
	}

#include "kernel/alloc/slab_types.h"

/* An object, zeroed when ALLOC_ZERO; NULL when out of memory. Any context. */
void *cache_alloc(struct cache *c, unsigned flags);
/* Gives it back; NULL is legal. */
void cache_free(struct cache *c, void *object);

/* Any size; alignment 16 (a power-of-two size of up to a page: its own size). Any context. */
void *kmalloc(size_t size, unsigned flags);
static inline void *kzalloc(size_t size)
{
	return kmalloc(size, ALLOC_ZERO);
}
/* n * size with overflow checked. */
void *kcalloc(size_t n, size_t size);
void kfree(const void *p);
/* A copy of a string / of n bytes. */
char *kstrdup(const char *s);
void *kmemdup(const void *p, size_t n);

/* This hart gives back the free objects that it keeps at hand. Interrupts off. */
void cache_drain_here(void);

/* Objects out with users: exact when nobody allocates meanwhile. */
uint64_t cache_live(const struct cache *c);
/* Remembers how many objects of each cache are out. / Finds leaks: says which caches have more out
 * than then, and returns how many do. Both in debug builds, by one at a time. */
void cache_marks_set(void);
unsigned cache_marks_check(const char *whose);
/* Calls fn for every cache ever used: /proc/slabinfo, /proc/pando/objects. */
struct cache_info {
	const char *name;
	size_t size;	      /* as asked */
	uint64_t live, total; /* objects: out with users; that the slabs have room for */
	uint64_t slabs;
	unsigned per_slab, pages_per_slab;
};
void cache_for_each(void (*fn)(const struct cache_info *info, void *arg), void *arg);
