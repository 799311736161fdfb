/* cpio archives: some made here, some by cpio(1), and many that are broken. */
#include "tests/host/test.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/cpio.h"

/* An archive under construction. */
struct maker {
	uint8_t bytes[4096];
	size_t size;
};

static void maker_pad(struct maker *maker)
{
	while (maker->size % 4 != 0)
		maker->bytes[maker->size++] = 0;
}

static void maker_add(struct maker *maker, const char *magic, const char *name, const char *data)
{
	uint32_t sum = 0;

	for (const char *p = data; *p != '\0'; p++)
		sum += (uint8_t)*p;
	maker_pad(maker);
	maker->size += (size_t)sprintf((char *)maker->bytes + maker->size,
				       "%s%08X%08x%08x%08x%08x%08x%08zx%08x%08x%08x%08x%08zx%08x",
				       magic, 0xabcdef, 0100644, 1, 2, 3, 4, strlen(data), 5, 6, 7,
				       8, strlen(name) + 1, sum);
	memcpy(maker->bytes + maker->size, name, strlen(name) + 1);
	maker->size += strlen(name) + 1;
	maker_pad(maker);
	memcpy(maker->bytes + maker->size, data, strlen(data));
	maker->size += strlen(data);
	maker_pad(maker);
}

static void maker_zeros(struct maker *maker, size_t count)
{
	memset(maker->bytes + maker->size, 0, count);
	maker->size += count;
}

/* Reads all entries from a heap copy, touching every byte they point to. Returns the last result;
 * *count is the number of entries, and reason the complaint. */
static int read_all(const void *data, size_t size, int *count, const char **reason)
{
	uint8_t *copy = malloc(size + (size == 0));
	struct cpio cpio;
	struct cpio_entry entry;
	uint8_t *sink;
	int got;

	memcpy(copy, data, size);
	cpio_init(&cpio, copy, size);
	*count = 0;
	while ((got = cpio_next(&cpio, &entry)) > 0) {
		assert_int_equal(strlen(entry.name), entry.name_len);
		sink = malloc(entry.size + 1);
		memcpy(sink, entry.data, entry.size);
		free(sink);
		(*count)++;
	}
	assert_int_equal(got < 0, cpio.reason != NULL);
	if (got < 0)
		assert_int_equal(cpio_next(&cpio, &entry), got);
	*reason = cpio.reason;
	free(copy);
	return got;
}

/* The whole of a broken archive's fate in one line. */
static void check_broken(const struct maker *maker, size_t size, int entries, const char *expect)
{
	const char *reason;
	int count;

	assert_int_equal(read_all(maker->bytes, size, &count, &reason), -EINVAL);
	assert_int_equal(count, entries);
	if (strstr(reason, expect) == NULL)
		fail_msg("reason '%s' lacks '%s'", reason, expect);
}

static void test_fields(void **state)
{
	struct maker maker = { 0 };
	struct cpio cpio;
	struct cpio_entry entry;

	(void)state;
	maker_add(&maker, "070701", "dir/file", "contents");
	maker_add(&maker, "070701", "TRAILER!!!", "");
	cpio_init(&cpio, maker.bytes, maker.size);
	assert_int_equal(cpio_next(&cpio, &entry), 1);
	assert_string_equal(entry.name, "dir/file");
	assert_int_equal(entry.ino, 0xabcdef);
	assert_int_equal(entry.mode, 0100644);
	assert_int_equal(entry.uid, 1);
	assert_int_equal(entry.gid, 2);
	assert_int_equal(entry.nlink, 3);
	assert_int_equal(entry.mtime, 4);
	assert_int_equal(entry.dev_major, 5);
	assert_int_equal(entry.dev_minor, 6);
	assert_int_equal(entry.rdev_major, 7);
	assert_int_equal(entry.rdev_minor, 8);
	assert_int_equal(entry.size, 8);
	assert_memory_equal(entry.data, "contents", 8);
	assert_int_equal(cpio_next(&cpio, &entry), 0);
	assert_int_equal(cpio_next(&cpio, &entry), 0);
}

static void test_concatenated(void **state)
{
	struct maker maker = { 0 };
	const char *reason;
	int count;

	(void)state;
	maker_zeros(&maker, 8);
	maker_add(&maker, "070701", "a", "1");
	maker_add(&maker, "070701", "TRAILER!!!", "");
	maker_zeros(&maker, 300);
	maker_add(&maker, "070702", "b", "22");
	maker_add(&maker, "070701", "c", "333");
	maker_add(&maker, "070702", "TRAILER!!!", "");
	assert_int_equal(read_all(maker.bytes, maker.size, &count, &reason), 0);
	assert_int_equal(count, 3);
	maker_zeros(&maker, 513);
	assert_int_equal(read_all(maker.bytes, maker.size, &count, &reason), 0);
	assert_int_equal(count, 3);
	maker.bytes[maker.size++] = 'x';
	check_broken(&maker, maker.size, 3, "no cpio header");
}

static void test_nothing(void **state)
{
	struct maker maker = { 0 };
	const char *reason;
	int count;

	(void)state;
	assert_int_equal(read_all("", 0, &count, &reason), 0);
	maker_zeros(&maker, 100);
	assert_int_equal(read_all(maker.bytes, maker.size, &count, &reason), 0);
	assert_int_equal(count, 0);
}

static void test_alien_data(void **state)
{
	static const struct {
		const char *bytes;
		const char *expect;
	} cases[] = {
		{ "\x1f\x8b\x08 and so on", "gzip" },	{ "\x28\xb5\x2f\xfd and so on", "zstd" },
		{ "\xfd" "7zXZ and so on", "xz" },	{ "070707 and so on", "cpio -H newc" },
		{ "ELF or what not", "no cpio header" }, { "07070", "no cpio header" },
		{ "070701", "within a header" },
	};
	struct maker maker;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		strcpy((char *)maker.bytes, cases[i].bytes);
		check_broken(&maker, strlen(cases[i].bytes), 0, cases[i].expect);
	}
}

static void test_corrupt(void **state)
{
	const struct maker good = { 0 };
	struct maker maker = good;

	(void)state;
	maker_add(&maker, "070702", "file", "contents");
	check_broken(&maker, maker.size, 1, "without its TRAILER!!!");
	maker.bytes[116] ^= 1;
	check_broken(&maker, maker.size, 0, "checksum");
	maker.bytes[50] = 'g';
	check_broken(&maker, maker.size, 0, "no hex digit");

	maker = good;
	maker_add(&maker, "070701", "file", "contents");
	memcpy(maker.bytes + 94, "00000000", 8);
	check_broken(&maker, maker.size, 0, "a name is empty");
	memcpy(maker.bytes + 94, "ffffffff", 8);
	check_broken(&maker, maker.size, 0, "longer than");
	memcpy(maker.bytes + 94, "00000fff", 8);
	check_broken(&maker, maker.size, 0, "within a name");
	memcpy(maker.bytes + 94, "00000004", 8);
	check_broken(&maker, maker.size, 0, "does not end where");
	memcpy(maker.bytes + 94, "00000005", 8);
	memcpy(maker.bytes + 54, "ffffffff", 8);
	check_broken(&maker, maker.size, 0, "within a file");
}

/* Every prefix of an archive but the whole one (and the one without the last padding) is an
 * error, and every single changed byte is read without harm. */
static void damage(const uint8_t *data, size_t size, size_t step)
{
	uint8_t *copy = malloc(size);
	const char *reason;
	int whole, count;

	assert_int_equal(read_all(data, size, &whole, &reason), 0);
	assert_true(whole > 0);
	for (size_t cut = 1; cut < size; cut += step) {
		if (read_all(data, cut, &count, &reason) == 0)
			assert_int_equal(count, whole);
		else
			assert_true(count <= whole);
	}
	memcpy(copy, data, size);
	for (size_t i = 0; i < size; i += step) {
		for (const char *change = "0fF9/\x01\xff"; *change != '\0'; change++) {
			copy[i] = (uint8_t)*change;
			read_all(copy, size, &count, &reason);
		}
		copy[i] = 0;
		read_all(copy, size, &count, &reason);
		copy[i] = data[i];
	}
	free(copy);
}

static void test_damage(void **state)
{
	struct maker maker = { 0 };

	(void)state;
	maker_add(&maker, "070701", "a", "1");
	maker_add(&maker, "070702", "some/longer/name", "and contents");
	maker_add(&maker, "070701", "TRAILER!!!", "");
	damage(maker.bytes, maker.size, 1);
}

/* What cpio(1) made of the Makefile's sample tree. */
static void check_sample(const char *form)
{
	char path[256];
	struct cpio cpio;
	struct cpio_entry entry;
	char seen[256] = "";
	int got;

	snprintf(path, sizeof(path), "%s/sample.%s", getenv("DATA"), form);
	struct file_bytes file = file_read(path);

	cpio_init(&cpio, file.data, file.size);
	while ((got = cpio_next(&cpio, &entry)) > 0) {
		strcat(strcat(seen, entry.name), " ");
		if (strcmp(entry.name, "bin") == 0)
			assert_true(S_ISDIR(entry.mode));
		if (strcmp(entry.name, "fifo") == 0)
			assert_true(S_ISFIFO(entry.mode));
		if (strcmp(entry.name, "bin/numbers") == 0)
			assert_int_equal(entry.size, 3893);
		if (strcmp(entry.name, "bin/link") == 0) {
			assert_true(S_ISLNK(entry.mode));
			assert_int_equal(entry.size, 8);
			assert_memory_equal(entry.data, "../hello", 8);
		}
		if (strncmp(entry.name, "hello", 5) == 0)
			assert_int_equal(entry.nlink, 2);
		if (strncmp(entry.name, "hello", 5) == 0 && entry.size > 0)
			assert_memory_equal(entry.data, "hello\n", 6);
	}
	assert_int_equal(got, 0);
	assert_int_equal(strlen(seen),
			 strlen(". bin bin/link bin/numbers empty fifo hello hello2 "));
	damage(file.data, file.size, 11);
	free(file.data);
}

static void test_sample_newc(void **state)
{
	(void)state;
	check_sample("newc");
}

static void test_sample_crc(void **state)
{
	(void)state;
	check_sample("crc");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_concatenated),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_alien_data),
		cmocka_unit_test(test_corrupt),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_sample_newc),
		cmocka_unit_test(test_sample_crc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
