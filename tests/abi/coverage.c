/*
 * coverage.c: /proc/pando/coverage, which only Pando has, and only when it was made with COV=1.
 */
#include "tests/abi/abi.h"

enum { WORDS = 32768 };

static int open_recording(void)
{
	int fd = open("/proc/pando/coverage", O_RDWR);

	if (fd < 0)
		SKIP("a kernel without COV=1");
	return fd;
}

/* Bits set; reading goes on where it stopped, so the position is put at 8 and back. */
static int bits_of(int fd)
{
	static uint64_t words[WORDS];
	ssize_t size = pread(fd, words, sizeof(words), 0);
	int count = 0;

	CHECK(size > 0 && size % 8 == 0);
	for (ssize_t i = 0; i < size / 8; i++)
		count += __builtin_popcountl(words[i]);
	return count;
}

TEST(records_while_told_to)
{
	int fd = open_recording();

	CHECK_EQ(bits_of(fd), 0);
	CHECK_EQ(write(fd, "1", 1), 1);
	syscall(SYS_getppid);
	CHECK_EQ(write(fd, "0", 1), 1);
	int some = bits_of(fd);
	CHECK(some > 0);
	syscall(SYS_uname, NULL);
	CHECK_EQ(bits_of(fd), some);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK_EQ(bits_of(fd), 0);
}

TEST(children_record_too)
{
	int fd = open_recording();

	CHECK_EQ(write(fd, "1", 1), 1);
	pid_t pid = fork();
	CHECK_EQ(write(fd, "0", 1), 1);
	if (pid == 0) {
		CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
		CHECK_EQ(write(fd, "1", 1), 1);
		if (!fork())
			execl("/none", "none", NULL);
		_exit(0);
	}
	CHECK_EQ(waitpid(pid, NULL, 0), pid);
	CHECK(bits_of(fd) > 100);
}

TEST(refuses_what_it_does_not_know)
{
	char *volatile bad = (char *)8;
	int fd = open_recording();

	CHECK_ERRNO(write(fd, "x", 1), EINVAL);
	CHECK_ERRNO(write(fd, bad, 1), EFAULT);
	CHECK_EQ(write(fd, "0", 1), 1);
}
