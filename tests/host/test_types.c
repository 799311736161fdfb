/* The macros of types.h, bits.h, bytes.h and hash.h, and the names of errors. */
#define _GNU_SOURCE /* strerrorname_np */
#include "tests/host/test.h"

#include <errno.h>

#include "lib/bits.h"
#include "lib/bytes.h"
#include "lib/errno.h"
#include "lib/hash.h"
#include "lib/string.h"

static void test_align(void **state)
{
	(void)state;
	assert_int_equal(ALIGN_UP(0, 8), 0);
	assert_int_equal(ALIGN_UP(1, 8), 8);
	assert_int_equal(ALIGN_UP(8, 8), 8);
	assert_true(ALIGN_UP((uint64_t)0x100000001, 4096) == 0x100001000);
	assert_true(ALIGN_DOWN((uint64_t)0xfffffffffffff123, 4096) == 0xfffffffffffff000);
	assert_true(IS_ALIGNED((uint64_t)1 << 40, 1 << 30));
	assert_false(IS_ALIGNED(7, 2));
	assert_int_equal(DIV_ROUND_UP(9, 4), 3);
	assert_true(BIT(63) == 0x8000000000000000);
}

static void test_min_max(void **state)
{
	int i = 1;

	(void)state;
	assert_int_equal(min(i++, 5), 1);
	assert_int_equal(i, 2);
	assert_int_equal(min(max(1, 2), max(3, min(4, 5))), 2);
	assert_int_equal(clamp(-3, 0, 9), 0);
	assert_int_equal(clamp(10, 0, 9), 9);
	assert_int_equal(clamp(4, 0, 9), 4);
	assert_int_equal(min_t(size_t, 7, (size_t)9), 7);
}

struct pair {
	int a;
	int b;
};

static void test_pointers(void **state)
{
	struct pair pair;

	(void)state;
	assert_ptr_equal(container_of(&pair.b, struct pair, b), &pair);
	assert_true(IS_ERR(ERR_PTR(-ENOMEM)));
	assert_int_equal(PTR_ERR(ERR_PTR(-ENOMEM)), -ENOMEM);
	assert_true(IS_ERR(ERR_PTR(-4095)));
	assert_false(IS_ERR(NULL));
	assert_false(IS_ERR(&pair));
}

static void test_bits(void **state)
{
	struct prng prng = test_random();

	(void)state;
	assert_int_equal(bits_first(0), 64);
	assert_int_equal(bits_count(0), 0);
	assert_int_equal(bits_count(UINT64_MAX), 64);
	for (unsigned i = 0; i < 64; i++) {
		assert_int_equal(bits_first(BIT(i)), i);
		assert_int_equal(bits_last(BIT(i)), i);
		assert_int_equal(log2_ceil(BIT(i)), i);
		assert_true(is_power_of_two(BIT(i)));
	}
	for (int i = 0; i < 100000; i++) {
		uint64_t x = prng_next(&prng) >> prng_below(&prng, 64);

		assert_int_equal(bits_count(x), __builtin_popcountll(x));
		if (x == 0)
			continue;
		assert_int_equal(bits_first(x), __builtin_ctzll(x));
		assert_int_equal(bits_last(x), 63 - __builtin_clzll(x));
	}
	assert_false(is_power_of_two(0));
	assert_false(is_power_of_two(6));
	assert_int_equal(log2_ceil(5), 3);
	assert_int_equal(log2_floor(5), 2);
}

static void test_bytes(void **state)
{
	uint8_t b[9] = { 0, 1, 2, 3, 4, 5, 6, 7, 8 };

	(void)state;
	assert_int_equal(load_be16(b + 1), 0x0102);
	assert_int_equal(load_le16(b + 1), 0x0201);
	assert_int_equal(load_be32(b + 1), 0x01020304);
	assert_int_equal(load_le32(b + 1), 0x04030201);
	assert_true(load_be64(b + 1) == 0x0102030405060708);
	assert_true(load_le64(b + 1) == 0x0807060504030201);
	store_be16(b + 1, 0xfedc);
	assert_int_equal(load_be16(b + 1), 0xfedc);
	store_le16(b + 1, 0xfedc);
	assert_int_equal(load_le16(b + 1), 0xfedc);
	store_be32(b + 1, 0xfedcba98);
	assert_true(load_be32(b + 1) == 0xfedcba98);
	store_le32(b + 1, 0xfedcba98);
	assert_true(load_le32(b + 1) == 0xfedcba98);
	store_be64(b + 1, 0xfedcba9876543210);
	assert_true(load_be64(b + 1) == 0xfedcba9876543210);
	store_le64(b + 1, 0xfedcba9876543210);
	assert_true(load_le64(b + 1) == 0xfedcba9876543210);
}

/* Each bucket of 256 gets about 1/256 of consecutive keys, of strings, of multiples of 4096. */
static void test_hash_spreads(void **state)
{
	unsigned counts[3][256] = { 0 };
	char name[16];

	(void)state;
	for (unsigned i = 0; i < 256 * 64; i++) {
		int len = snprintf(name, sizeof(name), "file%u", i);

		counts[0][hash_bucket(hash_u64(i), 8)]++;
		counts[1][hash_bucket(hash_str(name, (size_t)len, 7), 8)]++;
		counts[2][hash_bucket(hash_mix(3, (uint64_t)i * 4096), 8)]++;
	}
	for (unsigned i = 0; i < 256; i++)
		for (unsigned kind = 0; kind < 3; kind++)
			assert_in_range(counts[kind][i], 24, 110);
	assert_true(hash_str("a", 1, 1) != hash_str("a", 1, 2));
	assert_true(hash_bytes("a\0", 2, 1) != hash_bytes("a", 1, 1));
}

static void test_errno_names(void **state)
{
	(void)state;
	assert_string_equal(errno_name(ENOENT), "ENOENT");
	assert_string_equal(errno_name(-EHWPOISON), "EHWPOISON");
	assert_string_equal(errno_name(-EAGAIN), "EAGAIN");
	assert_string_equal(errno_name(0), "E?");
	assert_string_equal(errno_name(41), "E?");
	assert_string_equal(errno_name(-4096), "E?");
	assert_string_equal(errno_name(INT32_MIN), "E?");
	assert_string_equal(errno_name(-ERESTARTSYS), "ERESTARTSYS");
}

/* glibc's table is the judge of all of them. */
static void test_errno_against_libc(void **state)
{
	(void)state;
	for (int i = 1; i <= 133; i++) {
		const char *theirs = strerrorname_np(i);

		if (theirs != NULL)
			assert_string_equal(errno_name(i), theirs);
		else
			assert_string_equal(errno_name(i), "E?");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_align),
		cmocka_unit_test(test_min_max),
		cmocka_unit_test(test_pointers),
		cmocka_unit_test(test_bits),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_hash_spreads),
		cmocka_unit_test(test_errno_names),
		cmocka_unit_test(test_errno_against_libc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
