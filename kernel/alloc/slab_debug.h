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

static inline bool object_is_poisoned(const void *object, size_t size)
{
	const unsigned char *bytes = object;
	const uint64_t *words = object; /* aligned: the chain is a pointer */
	size_t i;

	for (i = 1; i < size / sizeof(uint64_t); i++)
		if (words[i] != POISON * 0x0101010101010101)
			return false;
	for (i *= sizeof(uint64_t); i < size; i++)
		if (bytes[i] != POISON)
			return false;
	return true;
}

static inline void object_poison(void *object, size_t size)
{
	if (size > sizeof(void *))
		memset((char *)object + sizeof(void *), POISON, size - sizeof(void *));
}

static inline void object_check_free(const char *cache, void *object, size_t size)
{
	if (!object_is_poisoned(object, size))
		panic("%s %p was written to after it was freed", cache, object);
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
