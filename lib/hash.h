/*
 * hash.h: hashes for tables, quick and well mixed; not cryptographic.
 *
 * All give 64 bits of which any part may be used; hash_bucket takes the top ones. A table whose
 * keys a program may choose (file names, futex addresses) seeds its hash at boot, so that nobody
 * can fill one chain on purpose without looking at the kernel's memory.
 */
#pragma once

#include "lib/types.h"

/* A permutation of the 64-bit numbers in which every input bit moves half of the output bits
 * (the finaliser of SplitMix64). */
static inline uint64_t hash_u64(uint64_t x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9;
	x ^= x >> 27;
	x *= 0x94d049bb133111eb;
	return x ^ x >> 31;
}

/* Adds a number to a hash of others: hash_mix(hash_mix(0, mm), address). */
static inline uint64_t hash_mix(uint64_t hash, uint64_t x)
{
	/* The golden ratio keeps a run of zeros from staying zero. */
	return hash_u64((hash + 0x9e3779b97f4a7c15) ^ hash_u64(x));
}

/* FNV-1a over the bytes, then mixed, since FNV's own high bits are poor for short keys. */
static inline uint64_t hash_bytes(const void *data, size_t len, uint64_t seed)
{
	const uint8_t *byte = data;
	uint64_t hash = 0xcbf29ce484222325 ^ seed;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ byte[i]) * 0x100000001b3;
	return hash_u64(hash ^ len);
}

/* A name of known length, which need not end in NUL. */
static inline uint64_t hash_str(const char *name, size_t len, uint64_t seed)
{
	return hash_bytes(name, len, seed);
}

static inline uint64_t hash_ptr(const void *ptr)
{
	return hash_u64((uintptr_t)ptr);
}

/* The bucket of a table of 2^bits, 1 <= bits <= 63. */
static inline size_t hash_bucket(uint64_t hash, unsigned bits)
{
	return (size_t)(hash >> (64 - bits));
}
