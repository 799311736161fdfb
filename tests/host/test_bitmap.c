/* Bitmaps against an array of bool. */
#include "tests/host/test.h"

#include "lib/bitmap.h"

#define BITS_MAX 200

/* Sizes at and around the ends of words. */
static const size_t sizes[] = { 1, 2, 63, 64, 65, 127, 128, 129, 200 };

static size_t naive_find(const bool *bits, size_t nbits, size_t from, bool value)
{
	for (size_t i = from; i < nbits; i++)
		if (bits[i] == value)
			return i;
	return nbits;
}

static size_t naive_find_zero_range(const bool *bits, size_t nbits, size_t from, size_t count)
{
	for (size_t i = from; i + count <= nbits; i++)
		if (naive_find(bits, i + count, i, true) == i + count)
			return i;
	return nbits;
}

static void check_map(struct prng *prng, const unsigned long *map, const bool *bits, size_t nbits)
{
	size_t weight = 0, bit, expect;

	for (size_t i = 0; i < nbits; i++) {
		assert_int_equal(bitmap_test(map, i), bits[i]);
		weight += bits[i];
	}
	assert_int_equal(bitmap_weight(map, nbits), weight);
	assert_int_equal(bitmap_empty(map, nbits), weight == 0);
	for (size_t i = 0; i <= nbits + 1; i++) {
		size_t count = 1 + prng_below(prng, 6);

		assert_int_equal(bitmap_find_set(map, nbits, i),
				 naive_find(bits, nbits, i, true));
		assert_int_equal(bitmap_find_zero(map, nbits, i),
				 naive_find(bits, nbits, i, false));
		assert_int_equal(bitmap_find_zero_range(map, nbits, i, count),
				 naive_find_zero_range(bits, nbits, i, count));
	}
	expect = naive_find(bits, nbits, 0, true);
	bitmap_for_each_set(bit, map, nbits) {
		assert_int_equal(bit, expect);
		expect = naive_find(bits, nbits, bit + 1, true);
	}
	assert_int_equal(expect, nbits);
}

static void random_changes(struct prng *prng, size_t nbits)
{
	/* Heap of exactly the right size, so that ASan sees a word too many. The rest of the
	 * last word starts as ones, which must never count. */
	unsigned long *map = malloc(BITMAP_WORDS(nbits) * sizeof(*map));
	bool bits[BITS_MAX] = { 0 };

	for (size_t word = 0; word < BITMAP_WORDS(nbits); word++)
		map[word] = ~0UL;
	bitmap_clear_range(map, 0, nbits);
	for (int step = 0; step < 200; step++) {
		size_t bit = prng_below(prng, nbits);
		size_t count = prng_below(prng, min(nbits - bit, (size_t)20) + 1);
		bool set = prng_below(prng, 2) == 0;

		if (step % 3 == 0) {
			(set ? bitmap_set_range : bitmap_clear_range)(map, bit, count);
			for (size_t i = bit; i < bit + count; i++)
				bits[i] = set;
		} else {
			(set ? bitmap_set : bitmap_clear)(map, bit);
			bits[bit] = set;
		}
		check_map(prng, map, bits, nbits);
	}
	free(map);
}

static void test_random_changes(void **state)
{
	struct prng prng = test_random();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		random_changes(&prng, sizes[i]);
}

static void test_whole_maps(void **state)
{
	BITMAP(a, BITS_MAX);
	BITMAP(b, BITS_MAX);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		size_t nbits = sizes[i];

		bitmap_zero(a, nbits);
		assert_true(bitmap_empty(a, nbits));
		bitmap_fill(b, nbits);
		assert_int_equal(bitmap_weight(b, nbits), nbits);
		assert_int_equal(bitmap_find_zero(b, nbits, 0), nbits);
		assert_false(bitmap_equal(a, b, nbits));
		assert_false(bitmap_intersects(a, b, nbits));
		bitmap_set(a, nbits - 1);
		assert_true(bitmap_intersects(a, b, nbits));
		bitmap_and(b, a, b, nbits);
		assert_true(bitmap_equal(a, b, nbits));
		bitmap_clear(b, nbits - 1);
		bitmap_copy(a, b, nbits);
		assert_true(bitmap_empty(a, nbits));
	}
	/* What lies beyond nbits makes no difference. */
	bitmap_zero(a, 128);
	bitmap_zero(b, 128);
	bitmap_set(b, 100);
	assert_true(bitmap_equal(a, b, 100));
	assert_false(bitmap_equal(a, b, 101));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_changes),
		cmocka_unit_test(test_whole_maps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
