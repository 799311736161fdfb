/*
 * random.h: two sources of numbers that nobody should confuse.
 *
 * struct prng is xoshiro256** (Blackman and Vigna 2018): quick, repeatable from its seed, and
 * predictable to whoever sees a few of its numbers. For tests, shuffles and scheduling.
 *
 * chacha20_block is the ChaCha20 block function (RFC 8439, section 2.3), from which the kernel
 * makes the bytes of /dev/urandom. This file has only the arithmetic: keys, reseeding and erasure
 * are the caller's.
 */
#pragma once

#include "lib/types.h"

struct prng {
	uint64_t state[4]; /* never all zero: prng_seed sees to it */
};

/* Any seed will do, 0 too; the same seed gives the same numbers for ever. */
void prng_seed(struct prng *prng, uint64_t seed);

/* All 64 bits are good. */
uint64_t prng_next(struct prng *prng);

/* An even choice of 0 .. bound - 1; bound is not 0. */
uint64_t prng_below(struct prng *prng, uint64_t bound);

#define CHACHA20_KEY_SIZE   32
#define CHACHA20_NONCE_SIZE 12
#define CHACHA20_BLOCK_SIZE 64

struct chacha20 {
	uint32_t word[16]; /* 0-3 constants, 4-11 key, 12 block counter, 13-15 nonce */
};

void chacha20_init(struct chacha20 *state, const uint8_t key[CHACHA20_KEY_SIZE], uint32_t counter,
		   const uint8_t nonce[CHACHA20_NONCE_SIZE]);

/* Writes the block of the present counter, then counts up, with carry into the first nonce word
 * so that one key never repeats a block. */
void chacha20_block(struct chacha20 *state, uint8_t out[CHACHA20_BLOCK_SIZE]);
