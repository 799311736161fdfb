/* Heap sort against qsort. */
#include "tests/host/test.h"

#include <string.h>

#include "lib/sort.h"

static int compare_int(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;

	return x < y ? -1 : x > y;
}

static int swaps;

static void swap_int(void *a, void *b, size_t size)
{
	int x = *(int *)a;

	assert_int_equal(size, sizeof(int));
	*(int *)a = *(int *)b;
	*(int *)b = x;
	swaps++;
}

static void sort_and_compare(struct prng *prng, size_t count, uint64_t keys, sort_swap_fn *swap)
{
	int *ours = malloc(count * sizeof(int) + 1);
	int *theirs = malloc(count * sizeof(int) + 1);

	for (size_t i = 0; i < count; i++)
		ours[i] = theirs[i] = (int)prng_below(prng, keys) - (int)(keys / 2);
	sort(ours, count, sizeof(int), compare_int, swap);
	qsort(theirs, count, sizeof(int), compare_int);
	assert_memory_equal(ours, theirs, count * sizeof(int));
	free(ours);
	free(theirs);
}

static void test_every_small_size(void **state)
{
	struct prng prng = test_random();

	(void)state;
	for (size_t count = 0; count < 70; count++)
		for (int again = 0; again < 5; again++)
			sort_and_compare(&prng, count, again < 3 ? 1000 : 4, NULL);
}

static void test_large(void **state)
{
	struct prng prng = test_random();

	(void)state;
	sort_and_compare(&prng, 50000, 1000000, NULL);
	swaps = 0;
	sort_and_compare(&prng, 5000, 3, swap_int);
	assert_true(swaps > 0);
}

static int compare_word(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Elements whose size is no word, and that must move as a whole. */
static void test_odd_size(void **state)
{
	char words[][7] = { "pear", "apple", "fig", "quince", "date", "kiwi" };

	(void)state;
	sort(words, ARRAY_SIZE(words), sizeof(words[0]), compare_word, NULL);
	assert_string_equal(words[0], "apple");
	assert_string_equal(words[3], "kiwi");
	assert_string_equal(words[5], "quince");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_small_size),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_odd_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
