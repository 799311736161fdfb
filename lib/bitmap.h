/*
 * bitmap.h: sets of small numbers, as bits of an array of unsigned long.
 *
 * Bit n is bit n % 64 of word n / 64. Nothing here is atomic: the caller holds the lock of the
 * bitmap. `nbits` is the size of the set; bits of the last word beyond it are never looked at, and
 * a bit number given by the caller is below it.
 */
#pragma once

#include "lib/types.h"

#define BITMAP_WORD_BITS (8 * sizeof(unsigned long))
#define BITMAP_WORDS(nbits) DIV_ROUND_UP((size_t)(nbits), BITMAP_WORD_BITS)

/* BITMAP(used, 100); as a variable or a field. */
#define BITMAP(name, nbits) unsigned long name[BITMAP_WORDS(nbits)]

static inline unsigned long bitmap_mask(size_t bit)
{
	return 1UL << (bit % BITMAP_WORD_BITS);
}

static inline void bitmap_set(unsigned long *map, size_t bit)
{
	map[bit / BITMAP_WORD_BITS] |= bitmap_mask(bit);
}

static inline void bitmap_clear(unsigned long *map, size_t bit)
{
	map[bit / BITMAP_WORD_BITS] &= ~bitmap_mask(bit);
}

static inline bool bitmap_test(const unsigned long *map, size_t bit)
{
	return (map[bit / BITMAP_WORD_BITS] & bitmap_mask(bit)) != 0;
}

/* The same for `count` bits from `start`. */
void bitmap_set_range(unsigned long *map, size_t start, size_t count);
void bitmap_clear_range(unsigned long *map, size_t start, size_t count);

/* All bits 0, all bits 1 (those beyond nbits 0), and a copy. */
void bitmap_zero(unsigned long *map, size_t nbits);
void bitmap_fill(unsigned long *map, size_t nbits);
void bitmap_copy(unsigned long *dst, const unsigned long *src, size_t nbits);

/* The first set (clear) bit at or after `from`; nbits if there is none. */
size_t bitmap_find_set(const unsigned long *map, size_t nbits, size_t from);
size_t bitmap_find_zero(const unsigned long *map, size_t nbits, size_t from);

/* The first of `count` neighbouring clear bits at or after `from`; nbits if there are none. */
size_t bitmap_find_zero_range(const unsigned long *map, size_t nbits, size_t from, size_t count);

/* How many bits are set; whether none is; whether two sets are the same or have a common bit. */
size_t bitmap_weight(const unsigned long *map, size_t nbits);
bool bitmap_empty(const unsigned long *map, size_t nbits);
bool bitmap_equal(const unsigned long *a, const unsigned long *b, size_t nbits);
bool bitmap_intersects(const unsigned long *a, const unsigned long *b, size_t nbits);

/* dst = a & b; dst may be either of them. */
void bitmap_and(unsigned long *dst, const unsigned long *a, const unsigned long *b, size_t nbits);

/* `bit` is a size_t variable of the caller; the body may change the map. */
#define bitmap_for_each_set(bit, map, nbits)                                                       \
	for (bit = bitmap_find_set(map, nbits, 0); bit < (nbits);                                  \
	     bit = bitmap_find_set(map, nbits, bit + 1))
