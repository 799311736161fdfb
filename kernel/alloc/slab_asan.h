/*
 * What object caches do with SAN=address; nothing in other builds. Only kernel/alloc includes this.
 *
 * Behind every object stands a record of who allocated and who freed it last, which is a red zone
 * at the same time:
 *
 *	| object, c->size | to 8 | record, 64 bytes | to c->align |
 *	  0 or fb	    fc	   fc		      fc
 *
 * A freed object does not go back to its slab at once but waits in a queue of its hart's, so that
 * it is a while before its memory is another's. To the statistics it is free.
 */
#pragma once

#include "kernel/alloc/slab.h"
#include "kernel/core/asan.h"

#ifdef PANDO_ASAN

#define OBJECT_RECORD 64u /* bytes behind an object; a multiple of 8 */

/* The whole of a new slab: objects and what is between them. */
void slab_asan_init(struct cache *c, void *base, size_t len);
void object_asan_alloc(struct cache *c, void *object);
/* Only the first size bytes were asked for. The object; NULL is legal. */
void *object_asan_trim(struct cache *c, void *object, size_t size);
/* The object is freed: reports one that is not there to be. All its bytes may be touched still. */
void object_asan_free(struct cache *c, void *object);
/* Nobody may touch it from here on. True: it waits, with others whose time has come given to
 * cache_free_now. */
bool object_asan_wait(struct cache *c, void *object);
/* This hart's queue is emptied. Interrupts off. */
void object_asan_drain(void);
/* Somebody counts objects and pages: every hart is to empty its queue when it next looks. */
void object_asan_settle(void);
/* Objects of the cache that wait. */
long object_asan_waiting(const struct cache *c);

/* kernel/alloc/slab.c: gives it back for good. */
void cache_free_now(struct cache *c, void *object);
#define OBJECT_FREE_NOW

#else

#define OBJECT_RECORD 0u
#define OBJECT_FREE_NOW static inline

static inline void slab_asan_init(struct cache *c, void *base, size_t len)
{
}

static inline void object_asan_alloc(struct cache *c, void *object)
{
}

static inline void *object_asan_trim(struct cache *c, void *object, size_t size)
{
	return object;
}

static inline void object_asan_free(struct cache *c, void *object)
{
}

static inline bool object_asan_wait(struct cache *c, void *object)
{
	return false;
}

static inline void object_asan_drain(void)
{
}

static inline void object_asan_settle(void)
{
}

static inline long object_asan_waiting(const struct cache *c)
{
	return 0;
}

#endif
