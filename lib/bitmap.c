/*
 * bitmap.c: sets of small numbers.
 *
 * Searches look at a word at a time. To search for a clear bit is to search the complement for a
 * set one, so both directions share one loop, which inverts each word by a mask that is all ones
 * or all zeros. What lies beyond nbits in the last word may be found, and is then cut off by
 * min(): so its value never matters.
 */
#include "lib/bitmap.h"

#include "lib/bits.h"

/* The bits of word number `word` that belong to a set of nbits. */
static unsigned long word_mask(size_t word, size_t nbits)
{
	size_t left = nbits - word * BITMAP_WORD_BITS;

	return left >= BITMAP_WORD_BITS ? ~0UL : (1UL << left) - 1;
}

void bitmap_set_range(unsigned long *map, size_t start, size_t count)
{
	for (size_t bit = start; bit < start + count; bit++)
		bitmap_set(map, bit);
}

void bitmap_clear_range(unsigned long *map, size_t start, size_t count)
{
	for (size_t bit = start; bit < start + count; bit++)
		bitmap_clear(map, bit);
}

void bitmap_zero(unsigned long *map, size_t nbits)
{
	for (size_t word = 0; word < BITMAP_WORDS(nbits); word++)
		map[word] = 0;
}

void bitmap_fill(unsigned long *map, size_t nbits)
{
	for (size_t word = 0; word < BITMAP_WORDS(nbits); word++)
		map[word] = word_mask(word, nbits);
}

void bitmap_copy(unsigned long *dst, const unsigned long *src, size_t nbits)
{
	for (size_t word = 0; word < BITMAP_WORDS(nbits); word++)
		dst[word] = src[word];
}

static size_t find(const unsigned long *map, size_t nbits, size_t from, unsigned long invert)
{
	if (from >= nbits)
		return nbits;

	size_t word = from / BITMAP_WORD_BITS;
	/* In the first word the bits below `from` do not count. */
	unsigned long bits = (map[word] ^ invert) & (~0UL << from % BITMAP_WORD_BITS);

	while (bits == 0) {
		word++;
		if (word >= BITMAP_WORDS(nbits))
			return nbits;
		bits = map[word] ^ invert;
	}
	return min(word * BITMAP_WORD_BITS + bits_first(bits), nbits);
}

size_t bitmap_find_set(const unsigned long *map, size_t nbits, size_t from)
{
	return find(map, nbits, from, 0);
}

size_t bitmap_find_zero(const unsigned long *map, size_t nbits, size_t from)
{
	return find(map, nbits, from, ~0UL);
}

size_t bitmap_find_zero_range(const unsigned long *map, size_t nbits, size_t from, size_t count)
{
	size_t start = bitmap_find_zero(map, nbits, from);

	while (start < nbits && nbits - start >= count) {
		size_t end = bitmap_find_set(map, nbits, start);

		if (end - start >= count)
			return start;
		start = bitmap_find_zero(map, nbits, end);
	}
	return nbits;
}

size_t bitmap_weight(const unsigned long *map, size_t nbits)
{
	size_t weight = 0;

	for (size_t word = 0; word < BITMAP_WORDS(nbits); word++)
		weight += bits_count(map[word] & word_mask(word, nbits));
	return weight;
}

bool bitmap_empty(const unsigned long *map, size_t nbits)
{
	return bitmap_find_set(map, nbits, 0) == nbits;
}

bool bitmap_equal(const unsigned long *a, const unsigned long *b, size_t nbits)
{
	for (size_t word = 0; word < BITMAP_WORDS(nbits); word++)
		if (((a[word] ^ b[word]) & word_mask(word, nbits)) != 0)
			return false;
	return true;
}

bool bitmap_intersects(const unsigned long *a, const unsigned long *b, size_t nbits)
{
	for (size_t word = 0; word < BITMAP_WORDS(nbits); word++)
		if ((a[word] & b[word] & word_mask(word, nbits)) != 0)
			return true;
	return false;
}

void bitmap_and(unsigned long *dst, const unsigned long *a, const unsigned long *b, size_t nbits)
{
	for (size_t word = 0; word < BITMAP_WORDS(nbits); word++)
		dst[word] = a[word] & b[word];
}
