/* The kernel's command line. */
#include "tests/host/test.h"

#include <errno.h>
#include <string.h>

#include "lib/cmdline.h"

/* All words as "key(value)" or "key", one after another. */
static const char *words(const char *line)
{
	static char text[256];
	struct cmdline_arg arg;
	int len = 0;

	text[0] = '\0';
	while (cmdline_next(&line, &arg)) {
		len += sprintf(text + len, "%.*s", (int)arg.key_len, arg.key);
		if (arg.value != NULL)
			len += sprintf(text + len, "(%.*s)", (int)arg.value_len, arg.value);
		len += sprintf(text + len, ";");
	}
	assert_int_equal(*line, '\0');
	return text;
}

static void test_words(void **state)
{
	(void)state;
	assert_string_equal(words(""), "");
	assert_string_equal(words("  \t\n"), "");
	assert_string_equal(words("quiet"), "quiet;");
	assert_string_equal(words(" a=1  b= c\n"), "a(1);b();c;");
	assert_string_equal(words("a=b=c"), "a(b=c);");
	assert_string_equal(words("=x"), "(x);");
	assert_string_equal(words("a -- b"), "a;--;b;");
}

static void test_quotes(void **state)
{
	(void)state;
	assert_string_equal(words("init=\"/bin/my init\" x"), "init(/bin/my init);x;");
	assert_string_equal(words("\"init=/bin/my init\" x"), "init(/bin/my init);x;");
	assert_string_equal(words("a=\"\" b"), "a();b;");
	assert_string_equal(words("a=\"never closed b"), "a(never closed b);");
	assert_string_equal(words("a=x\"y z\"w"), "a(x\"y z\"w);");
	assert_string_equal(words("\""), ";");
	assert_string_equal(words("a=\""), "a();");
}

static void test_find(void **state)
{
	const char *line = "console=tty0 loglevel=4 quiet console=ttyS0 a-b=1 -- quiet2 loglevel=7";
	char buf[8];

	(void)state;
	assert_int_equal(cmdline_find(line, "console", buf, sizeof(buf)), 5);
	assert_string_equal(buf, "ttyS0");
	assert_int_equal(cmdline_find(line, "loglevel", buf, sizeof(buf)), 1);
	assert_string_equal(buf, "4");
	assert_int_equal(cmdline_find(line, "quiet", buf, sizeof(buf)), 0);
	assert_string_equal(buf, "");
	assert_int_equal(cmdline_find(line, "log", buf, sizeof(buf)), -ENOENT);
	assert_int_equal(cmdline_find(line, "loglevel2", buf, sizeof(buf)), -ENOENT);
	assert_int_equal(cmdline_find(line, "console", buf, 4), -E2BIG);
	assert_string_equal(buf, "tty");
	assert_int_equal(cmdline_find(line, "console", NULL, 0), -E2BIG);
	assert_int_equal(cmdline_find(line, "a_b", buf, sizeof(buf)), 1);
	assert_true(cmdline_has(line, "quiet"));
	assert_false(cmdline_has(line, "quiet2"));
	assert_string_equal(cmdline_rest(line), "quiet2 loglevel=7");
	assert_string_equal(cmdline_rest("a b"), "");
	assert_string_equal(cmdline_rest("a --"), "");
}

static void test_size(void **state)
{
	const char *line = "mem=64M maxcpus=2 bad=2x long=00000000000000000000000000000000001 none";
	uint64_t out = 0;

	(void)state;
	assert_int_equal(cmdline_size(line, "mem", &out), 0);
	assert_int_equal(out, 64 << 20);
	assert_int_equal(cmdline_size(line, "maxcpus", &out), 0);
	assert_int_equal(out, 2);
	assert_int_equal(cmdline_size(line, "bad", &out), -EINVAL);
	assert_int_equal(cmdline_size(line, "long", &out), -EINVAL);
	assert_int_equal(cmdline_size(line, "none", &out), -EINVAL);
	assert_int_equal(cmdline_size(line, "absent", &out), -ENOENT);
	assert_int_equal(out, 2);
}

/* Any string of the special characters ends, and reads nothing outside. */
static void test_random_lines(void **state)
{
	struct prng prng = test_random();
	char buf[4];

	(void)state;
	for (int i = 0; i < 20000; i++) {
		size_t len = prng_below(&prng, 12);
		char *line = malloc(len + 1);

		for (size_t j = 0; j < len; j++)
			line[j] = "a= \"-_b"[prng_below(&prng, 7)];
		line[len] = '\0';
		words(line);
		cmdline_find(line, "a", buf, sizeof(buf));
		cmdline_rest(line);
		free(line);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_quotes),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_random_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
