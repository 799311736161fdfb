/*
 * random.c: xoshiro256** and the ChaCha20 block function. What each is for: see the header.
 */
#include "lib/random.h"

#include "lib/bytes.h"
#include "lib/hash.h"

static uint64_t rotate64(uint64_t x, unsigned left)
{
	return x << left | x >> (64 - left);
}

static uint32_t rotate32(uint32_t x, unsigned left)
{
	return x << left | x >> (32 - left);
}

void prng_seed(struct prng *prng, uint64_t seed)
{
	/* SplitMix64, as the authors of xoshiro advise: hash_u64 is a permutation and the four
	 * arguments differ, so the words cannot all be zero. */
	for (size_t i = 0; i < ARRAY_SIZE(prng->state); i++) {
		seed += 0x9e3779b97f4a7c15;
		prng->state[i] = hash_u64(seed);
	}
}

uint64_t prng_next(struct prng *prng)
{
	uint64_t *s = prng->state;
	uint64_t result = rotate64(s[1] * 5, 7) * 9;
	uint64_t shifted = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= shifted;
	s[3] = rotate64(s[3], 45);
	return result;
}

uint64_t prng_below(struct prng *prng, uint64_t bound)
{
	/* 2^64 mod bound: numbers below it would make the first choices likelier, so draw again. */
	uint64_t uneven = -bound % bound;
	uint64_t x;

	do
		x = prng_next(prng);
	while (x < uneven);
	return x % bound;
}

void chacha20_init(struct chacha20 *state, const uint8_t key[CHACHA20_KEY_SIZE], uint32_t counter,
		   const uint8_t nonce[CHACHA20_NONCE_SIZE])
{
	/* "expand 32-byte k" */
	state->word[0] = 0x61707865;
	state->word[1] = 0x3320646e;
	state->word[2] = 0x79622d32;
	state->word[3] = 0x6b206574;
	for (unsigned i = 0; i < 8; i++)
		state->word[4 + i] = load_le32(key + 4 * i);
	state->word[12] = counter;
	for (unsigned i = 0; i < 3; i++)
		state->word[13 + i] = load_le32(nonce + 4 * i);
}

/* Inline, with constant places, so that the matrix stays in registers from round to round. */
static __always_inline void quarter_round(uint32_t *x, unsigned a, unsigned b, unsigned c,
					  unsigned d)
{
	x[a] += x[b];
	x[d] = rotate32(x[d] ^ x[a], 16);
	x[c] += x[d];
	x[b] = rotate32(x[b] ^ x[c], 12);
	x[a] += x[b];
	x[d] = rotate32(x[d] ^ x[a], 8);
	x[c] += x[d];
	x[b] = rotate32(x[b] ^ x[c], 7);
}

/* The state is a matrix of 4 x 4: a round on its columns, then one on its diagonals. */
static void double_round(uint32_t *x)
{
	quarter_round(x, 0, 4, 8, 12);
	quarter_round(x, 1, 5, 9, 13);
	quarter_round(x, 2, 6, 10, 14);
	quarter_round(x, 3, 7, 11, 15);
	quarter_round(x, 0, 5, 10, 15);
	quarter_round(x, 1, 6, 11, 12);
	quarter_round(x, 2, 7, 8, 13);
	quarter_round(x, 3, 4, 9, 14);
}

void chacha20_block(struct chacha20 *state, uint8_t out[CHACHA20_BLOCK_SIZE])
{
	struct chacha20 x = *state;

	for (unsigned i = 0; i < 10; i++)
		double_round(x.word);
	for (unsigned i = 0; i < 16; i++)
		store_le32(out + 4 * i, x.word[i] + state->word[i]);
	state->word[12]++;
	if (state->word[12] == 0)
		state->word[13]++;
}
