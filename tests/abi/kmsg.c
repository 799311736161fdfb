/*
 * kmsg.c: /dev/kmsg, the kernel's messages one by one.
 *
 * Other messages may come at any time: what a test has written is looked for among them. A message
 * without a newline at its end may wait there for more, so all have one.
 */
#include "tests/abi/abi.h"
#include <poll.h>

static int open_end(int flags)
{
	int fd = open("/dev/kmsg", O_RDWR | flags);

	if (fd < 0 && errno == ENOENT)
		SKIP("no /dev/kmsg");
	CHECK(fd >= 0);
	CHECK_EQ(lseek(fd, 0, SEEK_END), 0);
	return fd;
}

static void put(int fd, const char *text)
{
	CHECK_EQ(write(fd, text, strlen(text)), strlen(text));
}

/* The text behind the semicolon of the first record that holds `word`; its numbers. */
static char *get(int fd, const char *word, unsigned *level, unsigned long long *seq)
{
	static char record[8192];
	unsigned long long us;

	for (;;) {
		ssize_t n = read(fd, record, sizeof(record) - 1);

		CHECK(n > 0);
		record[n] = '\0';
		CHECK_EQ(record[n - 1], '\n');
		char *text = strchr(record, ';');
		CHECK(text != NULL);
		if (!strstr(text, word))
			continue;
		CHECK_EQ(sscanf(record, "%u,%llu,%llu,-;", level, seq, &us), 3);
		*strchr(text, '\n') = '\0';
		return text + 1;
	}
}

TEST(a_record_is_what_was_written)
{
	unsigned long long first, second;
	int fd = open_end(O_NONBLOCK);
	unsigned level;

	put(fd, "kmsg-one said\n");
	put(fd, "<6>kmsg-two said\n");
	CHECK(!strcmp(get(fd, "kmsg-one", &level, &first), "kmsg-one said"));
	CHECK_EQ(level, 12); /* a program's, 8, and a warning */
	CHECK(!strcmp(get(fd, "kmsg-two", &level, &second), "kmsg-two said"));
	CHECK_EQ(level, 14);
	CHECK(second > first);
}

TEST(a_facility_that_is_given_stays)
{
	int fd = open_end(O_NONBLOCK);
	unsigned long long seq;
	unsigned level;

	put(fd, "<30>kmsg-daemon\n");
	put(fd, "<2047>kmsg-last\n");
	put(fd, "<2048>kmsg-beyond\n");
	put(fd, "<3 kmsg-open\n");
	get(fd, "kmsg-daemon", &level, &seq);
	CHECK_EQ(level, 30);
	get(fd, "kmsg-last", &level, &seq);
	CHECK_EQ(level, 2047);
	get(fd, "kmsg-beyond", &level, &seq);
	CHECK_EQ(level, 8);
	CHECK(!strcmp(get(fd, "kmsg-open", &level, &seq), "<3 kmsg-open"));
	CHECK_EQ(level, 12);
}

TEST(what_is_no_text_is_escaped)
{
	unsigned long long seq, next;
	int fd = open_end(O_NONBLOCK);
	unsigned level;

	put(fd, "kmsg-a\nb\\c\x01\x7f\n");
	put(fd, "kmsg-after\n");
	CHECK(!strcmp(get(fd, "kmsg-a", &level, &seq), "kmsg-a\\x0ab\\x5cc\\x01\\x7f"));
	CHECK(!strcmp(get(fd, "kmsg-after", &level, &next), "kmsg-after"));
	CHECK(next > seq);
}

TEST(at_the_end_there_is_nothing)
{
	char record[8192];
	int fd = open_end(O_NONBLOCK);

	while (read(fd, record, sizeof(record)) > 0)
		;
	CHECK_EQ(errno, EAGAIN);
}

TEST(a_short_buffer_loses_the_record)
{
	unsigned long long seq;
	int fd = open_end(O_NONBLOCK);
	unsigned level;
	char small[4];

	put(fd, "kmsg-long enough\n");
	put(fd, "kmsg-longer than enough\n");
	CHECK_ERRNO(read(fd, small, sizeof(small)), EINVAL);
	CHECK(!strcmp(get(fd, "kmsg-long", &level, &seq), "kmsg-longer than enough"));
}

TEST(each_opening_reads_from_where_it_is)
{
	unsigned long long first, again;
	int fd = open_end(O_NONBLOCK), other;
	unsigned level;
	char text[40];

	sprintf(text, "kmsg-both %d\n", getpid());
	put(fd, text);
	*strchr(text, '\n') = '\0';
	other = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);
	get(fd, text, &level, &first);
	get(other, text, &level, &again);
	CHECK_EQ(first, again);
	CHECK_EQ(lseek(other, 0, SEEK_SET), 0);
	get(other, text, &level, &again);
	CHECK_EQ(first, again);
}

TEST(seeks)
{
	int fd = open_end(0);

	CHECK_EQ(lseek(fd, 0, SEEK_DATA), 0);
	CHECK_ERRNO(lseek(fd, 0, SEEK_CUR), EINVAL);
	CHECK_ERRNO(lseek(fd, 1, SEEK_SET), ESPIPE);
}

TEST(a_reader_waits)
{
	unsigned long long seq;
	int fd = open_end(0);
	unsigned level;
	pid_t pid = fork();

	if (pid == 0) {
		usleep(50000);
		put(open("/dev/kmsg", O_WRONLY), "kmsg-late\n");
		_exit(0);
	}
	get(fd, "kmsg-late", &level, &seq);
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
}
