/*
 * bits.h: find, count and round in 64-bit words.
 *
 * The compiler's builtins for these become calls into libgcc on rv64gc (no Zbb), and the kernel
 * links no libgcc; so they are spelt out here, without branches.
 */
#pragma once

#include "lib/types.h"

/* How many bits of x are set. */
static inline unsigned bits_count(uint64_t x)
{
	/* Sums of neighbours, then of pairs, then of nibbles; the product adds up the bytes. */
	x -= (x >> 1) & 0x5555555555555555;
	x = (x & 0x3333333333333333) + ((x >> 2) & 0x3333333333333333);
	x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0f;
	return (unsigned)((x * 0x0101010101010101) >> 56);
}

/* Index of the lowest set bit; 64 if there is none. */
static inline unsigned bits_first(uint64_t x)
{
	/* The bits below the lowest set one, counted. */
	return bits_count(~x & (x - 1));
}

/* Index of the highest set bit, which is log2 rounded down; x is not 0. */
static inline unsigned bits_last(uint64_t x)
{
	for (unsigned shift = 1; shift < 64; shift *= 2)
		x |= x >> shift;
	return bits_count(x) - 1;
}

static inline bool is_power_of_two(uint64_t x)
{
	return x != 0 && (x & (x - 1)) == 0;
}

/* log2 rounded down and up; x is not 0. */
static inline unsigned log2_floor(uint64_t x)
{
	return bits_last(x);
}

static inline unsigned log2_ceil(uint64_t x)
{
	return x == 1 ? 0 : bits_last(x - 1) + 1;
}
