/*
 * What object caches check in debug builds, and what kmalloc.c and slab.c share. Nobody else
 * includes this.
 *
 * A free object is filled with POISON behind its first word, the chain. An allocation that finds
 * anything else knows that somebody wrote to the object after it was freed; a free that finds
 * poison all over, that it was freed before.
 */
#pragma once

#include "kernel/alloc/slab.h"
#include "kernel/core/panic.h"
#include "lib/string.h"

/* One object past the magazines; NULL: out of memory. */
void *cache_alloc_early(struct cache *c);
/* The cache that kmalloc of this size uses; NULL: too large for one. */
struct cache *kmalloc_cache(size_t size);

#ifdef PANDO_DEBUG

#define POISON 0x6bUL

/* The first byte behind the chain that is not poison; size or more: there is none. */
static inline size_t object_first_written(const void *object, size_t size)
{
	const unsigned char *bytes = object;
	const uint64_t *words = object; /* aligned: the chain is a pointer */
	size_t i = 1;

	while (i < size / sizeof(uint64_t) && words[i] == POISON * 0x0101010101010101)
		i++;
	for (i *= sizeof(uint64_t); i < size && bytes[i] == POISON; i++)
		;
	return i;
}

static inline bool object_is_poisoned(const void *object, size_t size)
{
	return object_first_written(object, size) >= size;
}

static inline void object_poison(void *object, size_t size)
{
	if (size > sizeof(void *))
		memset((char *)object + sizeof(void *), POISON, size - sizeof(void *));
}

static inline void object_check_free(const char *cache, void *object, size_t size)
{
	size_t at = object_first_written(object, size);

	if (at < size)
		panic("%s %p was written to after it was freed, at +%lu: 0x%lx", cache, object, at,
		      *(uint64_t *)((char *)object + (at & ~7ul)));
	/* So that the next free can tell. */
	memset(object, 0xa5, size);
}

static inline void object_check_used(const char *cache, const void *object, size_t size)
{
	if (size >= 2 * sizeof(void *) && object_is_poisoned(object, size))
		panic("%s %p freed twice", cache, object);
}

#else

static inline void object_poison(void *object, size_t size)
{
	(void)object, (void)size;
}

static inline void object_check_free(const char *cache, void *object, size_t size)
{
	(void)cache, (void)object, (void)size;
}

static inline void object_check_used(const char *cache, const void *object, size_t size)
{
	(void)cache, (void)object, (void)size;
}

#endif
