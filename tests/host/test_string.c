/* Our memory and string functions against the C library's, and the ones that C lacks. */
#include "tests/host/test.h"

#include <errno.h>

#include "lib/string.h"

#define AREA 160

/* Fills two equal areas with the same random bytes. */
static void areas_fill(struct prng *prng, uint8_t *a, uint8_t *b)
{
	for (int i = 0; i < AREA; i++)
		a[i] = b[i] = (uint8_t)prng_next(prng);
}

/* Every alignment of source and destination, every length, with nothing readable or writable
 * beyond them: the source is a heap block of just the right size. */
static void test_memcpy(void **state)
{
	struct prng prng = test_random();
	uint8_t ours[AREA], theirs[AREA];

	(void)state;
	for (size_t len = 0; len < 80; len++) {
		for (size_t from = 0; from < 8; from++) {
			uint8_t *src = malloc(from + len + (from + len == 0));

			for (size_t i = 0; i < from + len; i++)
				src[i] = (uint8_t)prng_next(&prng);
			for (size_t to = 0; to < 8; to++) {
				areas_fill(&prng, ours, theirs);
				assert_ptr_equal(pando_memcpy(ours + to, src + from, len),
						 ours + to);
				memcpy(theirs + to, src + from, len);
				assert_memory_equal(ours, theirs, AREA);
			}
			free(src);
		}
	}
}

static void test_memmove(void **state)
{
	struct prng prng = test_random();
	uint8_t ours[AREA], theirs[AREA];

	(void)state;
	for (size_t len = 0; len < 70; len++) {
		for (size_t from = 0; from < 24; from++) {
			for (size_t to = 0; to < 24; to++) {
				areas_fill(&prng, ours, theirs);
				assert_ptr_equal(pando_memmove(ours + to, ours + from, len),
						 ours + to);
				memmove(theirs + to, theirs + from, len);
				assert_memory_equal(ours, theirs, AREA);
			}
		}
	}
}

static void test_memset(void **state)
{
	struct prng prng = test_random();
	uint8_t ours[AREA], theirs[AREA];

	(void)state;
	for (size_t len = 0; len < 120; len++) {
		for (size_t to = 0; to < 9; to++) {
			int byte = (int)prng_next(&prng);

			areas_fill(&prng, ours, theirs);
			assert_ptr_equal(pando_memset(ours + to, byte, len), ours + to);
			memset(theirs + to, byte, len);
			assert_memory_equal(ours, theirs, AREA);
		}
	}
}

static int sign(int x)
{
	return x < 0 ? -1 : x > 0;
}

static void test_memcmp_and_memchr(void **state)
{
	struct prng prng = test_random();
	uint8_t a[AREA], b[AREA];

	(void)state;
	for (int i = 0; i < 20000; i++) {
		size_t x = prng_below(&prng, 9), len = prng_below(&prng, 60);
		size_t y = prng_below(&prng, 2) == 0 ? x : prng_below(&prng, 9);

		areas_fill(&prng, a, b);
		memmove(b + y, a + x, len);
		if (len > 0 && i % 2 == 0)
			b[y + prng_below(&prng, len)] ^= (uint8_t)(1 << prng_below(&prng, 8));
		assert_int_equal(sign(pando_memcmp(a + x, b + y, len)),
				 sign(memcmp(a + x, b + y, len)));
		assert_ptr_equal(pando_memchr(a + x, a[y], len), memchr(a + x, a[y], len));
	}
	assert_ptr_equal(pando_memchr("\xff", -1, 1), memchr("\xff", -1, 1));
}

/* Random short strings of few letters, so that finds and prefixes are common. */
static void random_string(struct prng *prng, char *s, size_t size)
{
	size_t len = prng_below(prng, size);

	for (size_t i = 0; i < len; i++)
		s[i] = "ab\xf0"[prng_below(prng, 3)];
	s[len] = '\0';
}

static void test_strings(void **state)
{
	struct prng prng = test_random();
	char a[12], b[5];

	(void)state;
	for (int i = 0; i < 50000; i++) {
		size_t max = prng_below(&prng, 8);

		random_string(&prng, a, sizeof(a));
		random_string(&prng, b, sizeof(b));
		assert_int_equal(pando_strlen(a), strlen(a));
		assert_int_equal(pando_strnlen(a, max), strnlen(a, max));
		assert_int_equal(sign(pando_strcmp(a, b)), sign(strcmp(a, b)));
		assert_int_equal(sign(pando_strncmp(a, b, max)), sign(strncmp(a, b, max)));
		assert_ptr_equal(pando_strchr(a, b[0]), strchr(a, b[0]));
		assert_ptr_equal(pando_strrchr(a, b[0]), strrchr(a, b[0]));
		assert_ptr_equal(pando_strstr(a, b), strstr(a, b));
		assert_int_equal(str_equal(a, b), strcmp(a, b) == 0);
		assert_int_equal(str_starts(a, b), strncmp(a, b, strlen(b)) == 0);
	}
}

static void test_str_copy(void **state)
{
	char buf[6] = "xxxxx";

	(void)state;
	assert_int_equal(str_copy(buf, "", 6), 0);
	assert_string_equal(buf, "");
	assert_int_equal(str_copy(buf, "abcde", 6), 5);
	assert_string_equal(buf, "abcde");
	assert_int_equal(str_copy(buf, "vwxyz!", 6), -E2BIG);
	assert_string_equal(buf, "vwxyz");
	assert_int_equal(str_copy(buf, "q", 1), -E2BIG);
	assert_string_equal(buf, "");
	assert_int_equal(str_copy(NULL, "q", 0), -E2BIG);
}

static void test_str_token(void **state)
{
	char line[] = ",,a,bc;;d,";
	char blank[] = " , ";
	char *rest = line;

	(void)state;
	assert_string_equal(str_token(&rest, ",;"), "a");
	assert_string_equal(str_token(&rest, ",;"), "bc");
	assert_string_equal(str_token(&rest, ",;"), "d");
	assert_null(str_token(&rest, ",;"));
	assert_null(str_token(&rest, ",;"));
	rest = blank;
	assert_null(str_token(&rest, ", "));
	rest = NULL;
	assert_null(str_token(&rest, ","));
	strcpy(blank, "xyz");
	rest = blank;
	assert_string_equal(str_token(&rest, ""), "xyz");
	assert_null(str_token(&rest, ""));
}

/* One case for str_to_u64: the result, and where it stopped. */
static void check_u64(const char *s, unsigned base, int result, uint64_t value, size_t stopped)
{
	uint64_t out = 12345;
	const char *end = NULL;

	assert_int_equal(str_to_u64(s, &end, base, &out), result);
	assert_true(out == (result == 0 ? value : 12345));
	if (result != -EINVAL)
		assert_int_equal(end - s, stopped);
	out = 12345;
	if (result != -EINVAL && s[stopped] != '\0')
		result = -EINVAL;
	assert_int_equal(str_to_u64(s, NULL, base, &out), result);
}

static void test_str_to_u64(void **state)
{
	(void)state;
	check_u64("0", 10, 0, 0, 1);
	check_u64("0", 0, 0, 0, 1);
	check_u64("123", 10, 0, 123, 3);
	check_u64("123abc", 10, 0, 123, 3);
	check_u64("0x1F", 0, 0, 31, 4);
	check_u64("0X1f", 16, 0, 31, 4);
	check_u64("0x1f", 10, 0, 0, 1);
	check_u64("0xg", 0, 0, 0, 1);
	check_u64("0x", 16, 0, 0, 1);
	check_u64("0b101", 0, 0, 5, 5);
	check_u64("0b12", 16, 0, 0xb12, 4);
	check_u64("0b2", 0, 0, 0, 1);
	check_u64("017", 0, 0, 15, 3);
	check_u64("08", 0, 0, 0, 1);
	check_u64("zZ", 36, 0, 35 * 36 + 35, 2);
	check_u64("", 10, -EINVAL, 0, 0);
	check_u64(" 1", 10, -EINVAL, 0, 0);
	check_u64("-1", 10, -EINVAL, 0, 0);
	check_u64("+1", 10, -EINVAL, 0, 0);
	check_u64("9", 8, -EINVAL, 0, 0);
	check_u64("18446744073709551615", 10, 0, UINT64_MAX, 20);
	check_u64("18446744073709551616", 10, -ERANGE, 0, 20);
	check_u64("ffffffffffffffff", 16, 0, UINT64_MAX, 16);
	check_u64("10000000000000000x", 16, -ERANGE, 0, 17);
	check_u64("99999999999999999999999", 10, -ERANGE, 0, 23);
}

static void test_str_to_i64(void **state)
{
	const char *end;
	int64_t out = 0;

	(void)state;
	assert_int_equal(str_to_i64("-9223372036854775808", NULL, 10, &out), 0);
	assert_true(out == INT64_MIN);
	assert_int_equal(str_to_i64("9223372036854775807", NULL, 10, &out), 0);
	assert_true(out == INT64_MAX);
	assert_int_equal(str_to_i64("9223372036854775808", NULL, 10, &out), -ERANGE);
	assert_int_equal(str_to_i64("-9223372036854775809", NULL, 10, &out), -ERANGE);
	assert_int_equal(str_to_i64("-99999999999999999999", &end, 10, &out), -ERANGE);
	assert_string_equal(end, "");
	assert_int_equal(str_to_i64("+0x10 ", &end, 0, &out), 0);
	assert_true(out == 16);
	assert_string_equal(end, " ");
	assert_int_equal(str_to_i64("-", NULL, 10, &out), -EINVAL);
	assert_int_equal(str_to_i64("--1", NULL, 10, &out), -EINVAL);
	assert_int_equal(str_to_i64("5 ", NULL, 10, &out), -EINVAL);
	assert_true(out == 16);
}

static void test_size_parse(void **state)
{
	const char *end;
	uint64_t out = 7;

	(void)state;
	assert_int_equal(size_parse("64M", NULL, &out), 0);
	assert_true(out == 64 << 20);
	assert_int_equal(size_parse("0x10k", NULL, &out), 0);
	assert_true(out == 16 << 10);
	assert_int_equal(size_parse("3", NULL, &out), 0);
	assert_true(out == 3);
	assert_int_equal(size_parse("2G@0x80000000", &end, &out), 0);
	assert_true(out == 2ull << 30);
	assert_string_equal(end, "@0x80000000");
	assert_int_equal(size_parse("1t", NULL, &out), 0);
	assert_true(out == BIT(40));
	assert_int_equal(size_parse("8E", NULL, &out), 0);
	assert_int_equal(out, 1UL << 63);
	assert_int_equal(size_parse("16E", NULL, &out), -ERANGE);
	assert_int_equal(size_parse("1P", NULL, &out), 0);
	assert_true(out == BIT(50));
	assert_int_equal(size_parse("16777216T", NULL, &out), -ERANGE);
	assert_int_equal(size_parse("16777215T", NULL, &out), 0);
	assert_int_equal(size_parse("M", NULL, &out), -EINVAL);
	assert_int_equal(size_parse("1MB", NULL, &out), -EINVAL);
	assert_int_equal(size_parse("", NULL, &out), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memcpy),
		cmocka_unit_test(test_memmove),
		cmocka_unit_test(test_memset),
		cmocka_unit_test(test_memcmp_and_memchr),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_str_copy),
		cmocka_unit_test(test_str_token),
		cmocka_unit_test(test_str_to_u64),
		cmocka_unit_test(test_str_to_i64),
		cmocka_unit_test(test_size_parse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
