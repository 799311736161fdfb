/* Our printf against the C library's: chosen cases, then random conversions and values. */
#include "tests/host/test.h"

#include <limits.h>
#include <string.h>

#include "lib/format.h"

/* The same format and arguments through both; the format is a literal, so gcc checks it too. */
#define CHECK(...)                                                                                 \
	do {                                                                                       \
		char ours[200], theirs[200];                                                       \
		int expect = snprintf(theirs, sizeof(theirs), __VA_ARGS__);                        \
		assert_int_equal(str_format(ours, sizeof(ours), __VA_ARGS__), expect);             \
		assert_string_equal(ours, theirs);                                                 \
	} while (0)

static void test_integers(void **state)
{
	(void)state;
	CHECK("%d %i %u", 0, -1, 42u);
	CHECK("%d %d", INT_MAX, INT_MIN);
	CHECK("%ld %ld %lu", LONG_MAX, LONG_MIN, ULONG_MAX);
	CHECK("%lld %llu", LLONG_MIN, ULLONG_MAX);
	CHECK("%zu %zd %td %jd %ju", SIZE_MAX, (ssize_t)-5, (ptrdiff_t)-6, INTMAX_MIN, UINTMAX_MAX);
	CHECK("%hhd %hd %hhu %hu", (signed char)-1, (short)-2, (unsigned char)255,
	      (unsigned short)65535);
	CHECK("%x %X %o %#x %#X %#o", 0xabcu, 0xABCu, 8u, 0xabcu, 0xabcu, 8u);
	CHECK("%#x %#o %#lx", 0u, 0u, 0ul);
	CHECK("%lo", ULONG_MAX);
	CHECK("[%5d] [%-5d] [%05d] [%+d] [% d] [%+05d] [%-+5d]", 42, 42, 42, 42, 42, 42, 42);
	CHECK("[%.3d] [%8.3d] [%-8.3d] [%.0d] [%8.0d] [%+.0d]", 7, 7, 7, 0, 0, 0);
	CHECK("[%#8x] [%#08x] [%-#8x] [%#.4x] [%#10.4x]", 255u, 255u, 255u, 255u, 255u);
	CHECK("[%#.0o] [%#.5o] [%#5o]", 0u, 8u, 8u);
	CHECK("[%*d] [%*d] [%.*d] [%.*d]", 6, 1, -6, 2, 4, 3, -1, 0);
	CHECK("[%40d] [%-40d]", 1, 2);
	CHECK("[%070d]", -9);
}

static void test_text(void **state)
{
	const char unended[3] = { 'a', 'b', 'c' };

	(void)state;
	CHECK("plain");
	CHECK("%s", "");
	CHECK("[%s] [%10s] [%-10s] [%.2s] [%10.2s] [%.0s]", "text", "text", "text", "text", "text",
	      "text");
	CHECK("[%.3s] [%.*s]", unended, 2, unended);
	CHECK("[%c] [%3c] [%-3c]", 'a', 'b', 'c');
	CHECK("100%% %s%%", "x");
	CHECK("%p %20p %-20p", (void *)0x1234, (void *)0xffffffff80000000, (void *)1);
}

static void test_where_libc_differs(void **state)
{
	char buf[64];
	const char *volatile nothing = NULL;
	const char *volatile odd = "%q %5y %n %lf|%", *volatile symbol = "%pS";

	(void)state;
	str_format(buf, sizeof(buf), "%s|%.3s|%p", nothing, nothing, (void *)nothing);
	assert_string_equal(buf, "(null)|(nu|0x0");
	assert_int_equal(str_format(buf, sizeof(buf), odd, 1, 2), 15);
	assert_string_equal(buf, "%q %5y %n %lf|%");
	str_format(buf, sizeof(buf), symbol, (void *)0x80);
	assert_string_equal(buf, "0x80");
	assert_int_equal(str_format(buf, sizeof(buf), "a%cb", 0), 3);
	assert_memory_equal(buf, "a\0b", 4);
}

static void test_cutting(void **state)
{
	char buf[8];

	(void)state;
	memset(buf, 'x', sizeof(buf));
	assert_int_equal(str_format(buf, 5, "%s-%d", "abcdef", 1234), 11);
	assert_memory_equal(buf, "abcd\0xxx", 8);
	assert_int_equal(str_format(buf, 1, "%d", 1234), 4);
	assert_string_equal(buf, "");
	memset(buf, 'x', sizeof(buf));
	assert_int_equal(str_format(buf, 0, "%d", 1234), 4);
	assert_int_equal(str_format(NULL, 0, "%50d", 1), 50);
	assert_memory_equal(buf, "xxxxxxxx", 8);
}

/* The longest widths are cut to 65536, and nothing overflows. */
static void test_absurd_widths(void **state)
{
	char buf[8];
	const char *volatile wide = "%999999999999d%999999999999s%.999999999999d";

	(void)state;
	assert_int_equal(str_format(buf, sizeof(buf), wide, 1, "x", 2), 3 * 65536);
	wide = "%*d%*d%.*d";
	assert_int_equal(str_format(buf, sizeof(buf), wide, INT_MAX, 1, INT_MIN, 2, INT_MAX, 3),
			 3 * 65536);
	assert_int_equal(str_format(buf, sizeof(buf), "%.*d", INT_MIN, 3), 1);
}

struct counting_sink {
	struct format_sink sink;
	size_t bytes;
	char text[64];
};

static void counting_write(struct format_sink *sink, const char *text, size_t len)
{
	struct counting_sink *counting = container_of(sink, struct counting_sink, sink);

	assert_true(counting->bytes + len < sizeof(counting->text));
	memcpy(counting->text + counting->bytes, text, len);
	counting->bytes += len;
}

static size_t name_symbol(uintptr_t address, char *buf, size_t size)
{
	if (address != 0x1000)
		return 0;
	return (size_t)snprintf(buf, size, "task_clone+0x%x", 0x1c);
}

static void test_sink_and_symbols(void **state)
{
	struct counting_sink counting = {
		.sink = { .write = counting_write, .symbol = name_symbol },
	};

	(void)state;
	assert_int_equal(format(&counting.sink, "<%pS> <%18pS> <%pS>", (void *)0x1000,
				(void *)0x1000, (void *)0x2000), 47);
	assert_string_equal(counting.text, "<task_clone+0x1c> <   task_clone+0x1c> <0x2000>");
}

/* A random conversion of an integer, with flags, width, precision and length. */
static void random_format(struct prng *prng, char *fmt)
{
	static const char *const lengths[] = { "hh", "h", "", "l", "ll", "z", "j", "t" };
	static const char conversions[] = "diuxXo";

	*fmt++ = '%';
	for (const char *flag = "-+ 0#"; *flag != '\0'; flag++)
		if (prng_below(prng, 3) == 0)
			*fmt++ = *flag;
	if (prng_below(prng, 2) == 0)
		fmt += sprintf(fmt, "%d", (int)prng_below(prng, 30) + 1);
	if (prng_below(prng, 3) == 0)
		fmt += sprintf(fmt, ".%d", (int)prng_below(prng, 30));
	fmt += sprintf(fmt, "%s", lengths[prng_below(prng, ARRAY_SIZE(lengths))]);
	*fmt++ = conversions[prng_below(prng, sizeof(conversions) - 1)];
	*fmt = '\0';
}

static void test_random_integers(void **state)
{
	struct prng prng = test_random();

	(void)state;
	for (int i = 0; i < 50000; i++) {
		char fmt[32], ours[100], theirs[100];
		uint64_t value = prng_next(&prng) >> prng_below(&prng, 64);

		value = prng_below(&prng, 4) == 0 ? -value : value;
		random_format(&prng, fmt);
		int expect = snprintf(theirs, sizeof(theirs), fmt, value);

		if (str_format(ours, sizeof(ours), fmt, value) != expect ||
		    strcmp(ours, theirs) != 0)
			fail_msg("%s of %#lx: '%s', and libc '%s'", fmt, value, ours, theirs);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_integers),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_where_libc_differs),
		cmocka_unit_test(test_cutting),
		cmocka_unit_test(test_absurd_widths),
		cmocka_unit_test(test_sink_and_symbols),
		cmocka_unit_test(test_random_integers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
