/* The generators against published numbers. */
#include "tests/host/test.h"

static void test_prng_repeats(void **state)
{
	struct prng a, b, c;

	(void)state;
	prng_seed(&a, 42);
	prng_seed(&b, 42);
	prng_seed(&c, 43);
	assert_true(prng_next(&a) == prng_next(&b));
	assert_true(prng_next(&a) != prng_next(&c));
}

/* The first outputs for the state 1, 2, 3, 4, from the reference implementation. */
static void test_prng_reference(void **state)
{
	struct prng prng = { { 1, 2, 3, 4 } };
	const uint64_t expect[] = { 11520, 0, 1509978240, 1215971899390074240 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(expect); i++)
		assert_true(prng_next(&prng) == expect[i]);
}

static void test_prng_below(void **state)
{
	struct prng prng = test_random();
	unsigned counts[7] = { 0 };

	(void)state;
	for (int i = 0; i < 70000; i++)
		counts[prng_below(&prng, 7)]++;
	for (int i = 0; i < 7; i++)
		assert_in_range(counts[i], 9400, 10600);
	assert_int_equal(prng_below(&prng, 1), 0);
	for (int i = 0; i < 1000; i++)
		assert_true(prng_below(&prng, BIT(63) + 1) <= BIT(63));
}

/* RFC 8439, section 2.3.2. */
static void test_chacha20_rfc(void **state)
{
	uint8_t key[CHACHA20_KEY_SIZE], out[CHACHA20_BLOCK_SIZE];
	const uint8_t nonce[CHACHA20_NONCE_SIZE] = { 0, 0, 0, 9, 0, 0, 0, 0x4a, 0, 0, 0, 0 };
	const uint8_t expect[CHACHA20_BLOCK_SIZE] = {
		0x10, 0xf1, 0xe7, 0xe4, 0xd1, 0x3b, 0x59, 0x15, 0x50, 0x0f, 0xdd, 0x1f, 0xa3,
		0x20, 0x71, 0xc4, 0xc7, 0xd1, 0xf4, 0xc7, 0x33, 0xc0, 0x68, 0x03, 0x04, 0x22,
		0xaa, 0x9a, 0xc3, 0xd4, 0x6c, 0x4e, 0xd2, 0x82, 0x64, 0x46, 0x07, 0x9f, 0xaa,
		0x09, 0x14, 0xc2, 0xd7, 0x05, 0xd9, 0x8b, 0x02, 0xa2, 0xb5, 0x12, 0x9c, 0xd1,
		0xde, 0x16, 0x4e, 0xb9, 0xcb, 0xd0, 0x83, 0xe8, 0xa2, 0x50, 0x3c, 0x4e,
	};
	struct chacha20 chacha;

	(void)state;
	for (unsigned i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)i;
	chacha20_init(&chacha, key, 1, nonce);
	chacha20_block(&chacha, out);
	assert_memory_equal(out, expect, sizeof(out));
	assert_int_equal(chacha.word[12], 2);
	chacha20_block(&chacha, out);
	assert_memory_not_equal(out, expect, sizeof(out));
}

static void test_chacha20_counter_carries(void **state)
{
	const uint8_t key[CHACHA20_KEY_SIZE] = { 0 }, nonce[CHACHA20_NONCE_SIZE] = { 0 };
	uint8_t out[CHACHA20_BLOCK_SIZE];
	struct chacha20 chacha;

	(void)state;
	chacha20_init(&chacha, key, UINT32_MAX, nonce);
	chacha20_block(&chacha, out);
	assert_int_equal(chacha.word[12], 0);
	assert_int_equal(chacha.word[13], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_prng_repeats),
		cmocka_unit_test(test_prng_reference),
		cmocka_unit_test(test_prng_below),
		cmocka_unit_test(test_chacha20_rfc),
		cmocka_unit_test(test_chacha20_counter_carries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
