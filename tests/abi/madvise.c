/*
 * madvise.c: advice that changes what a program sees, and what is refused; holes in files.
 */
#include "tests/abi/abi.h"
#include <sys/resource.h>
#include <sys/stat.h>

enum { PAGE = 4096 };

#ifndef MADV_DONTNEED_LOCKED
#define MADV_DONTNEED_LOCKED 24
#endif

static char *map_flags(size_t pages, int prot, int flags)
{
	char *start = mmap(NULL, pages * PAGE, prot, flags | MAP_ANONYMOUS, -1, 0);

	CHECK(start != MAP_FAILED);
	return start;
}

static char *map_pages(size_t pages)
{
	return map_flags(pages, PROT_READ | PROT_WRITE, MAP_PRIVATE);
}

static int scratch_file(size_t pages)
{
	enter_scratch();
	int fd = open("f", O_RDWR | O_CREAT, 0644);
	CHECK(fd >= 0);
	for (size_t i = 0; i < pages; i++) {
		char page[PAGE];
		memset(page, 'a' + (int)i, PAGE);
		CHECK_EQ(write(fd, page, PAGE), PAGE);
	}
	return fd;
}

static char *map_file(int fd, size_t pages, int prot, int flags)
{
	char *start = mmap(NULL, pages * PAGE, prot, flags, fd, 0);

	CHECK(start != MAP_FAILED);
	return start;
}

static long file_pages(int fd)
{
	struct stat st;

	CHECK_EQ(fstat(fd, &st), 0);
	return st.st_blocks / 8;
}

TEST(dontneed_of_private_file_pages)
{
	int fd = scratch_file(2);
	char *start = map_file(fd, 2, PROT_READ | PROT_WRITE, MAP_PRIVATE);

	start[0] = 'X';
	start[PAGE] = 'Y';
	CHECK_EQ(madvise(start, PAGE, MADV_DONTNEED), 0);
	CHECK_EQ(start[0], 'a');
	CHECK_EQ(start[PAGE], 'Y');
}

TEST(dontneed_of_shared_pages_loses_nothing)
{
	char *start = map_flags(2, PROT_READ | PROT_WRITE, MAP_SHARED);

	start[0] = 'X';
	CHECK_EQ(madvise(start, 2 * PAGE, MADV_DONTNEED), 0);
	CHECK_EQ(start[0], 'X');
	CHECK_ERRNO(madvise(start, PAGE, MADV_FREE), EINVAL);
	CHECK_ERRNO(madvise(start, PAGE, MADV_WIPEONFORK), EINVAL);
}

TEST(dontneed_and_locks)
{
	char *start = map_pages(4);

	CHECK_EQ(mlock(start, 2 * PAGE), 0);
	CHECK_ERRNO(madvise(start, PAGE, MADV_DONTNEED), EINVAL);
	CHECK_ERRNO(madvise(start, PAGE, MADV_FREE), EINVAL);
	CHECK_ERRNO(madvise(start, PAGE, MADV_COLD), EINVAL);
	CHECK_ERRNO(madvise(start, PAGE, MADV_PAGEOUT), EINVAL);
	CHECK_EQ(resident(start, 4), 2);
	CHECK_EQ(madvise(start, PAGE, MADV_DONTNEED_LOCKED), 0);
	CHECK_EQ(resident(start, 4), 1);
	CHECK_EQ(madvise(start + 2 * PAGE, PAGE, MADV_COLD), 0);
	CHECK_EQ(madvise(start + 2 * PAGE, PAGE, MADV_PAGEOUT), 0);
	start[3 * PAGE] = 1;
	CHECK_EQ(madvise(start + 3 * PAGE, PAGE, MADV_FREE), 0);
	start[3 * PAGE] = 2; /* a write takes it back */
	CHECK_EQ(start[3 * PAGE], 2);
}

TEST(fork_advice)
{
	char *gone = map_pages(1), *wiped = map_pages(1), *kept = map_pages(1);

	*gone = *wiped = *kept = 1;
	CHECK_EQ(madvise(gone, PAGE, MADV_DONTFORK), 0);
	CHECK_EQ(madvise(wiped, PAGE, MADV_WIPEONFORK), 0);
	CHECK_EQ(madvise(kept, PAGE, MADV_WIPEONFORK), 0);
	CHECK_EQ(madvise(kept, PAGE, MADV_KEEPONFORK), 0);
	CHECK_DIES(SIGSEGV, (void)*(volatile char *)gone);
	/* The wiping is inherited. */
	IN_CHILD(CHECK_EQ(*wiped, 0); CHECK_EQ(*kept, 1); *wiped = 3;
		 IN_CHILD(CHECK_EQ(*wiped, 0)));
	CHECK_EQ(*wiped, 1);
	CHECK_EQ(madvise(gone, PAGE, MADV_DOFORK), 0);
	IN_CHILD(CHECK_EQ(*gone, 1));
}

TEST(populate)
{
	char *start = map_pages(8), *read_only = map_flags(2, PROT_READ, MAP_PRIVATE);
	char *none = map_flags(1, PROT_NONE, MAP_PRIVATE);
	char *write_only = map_flags(1, PROT_WRITE, MAP_PRIVATE);

	CHECK_ERRNO(madvise(write_only, PAGE, MADV_POPULATE_READ), EINVAL);
	CHECK_EQ(madvise(write_only, PAGE, MADV_POPULATE_WRITE), 0);
	CHECK_EQ(madvise(start, 4 * PAGE, MADV_POPULATE_WRITE), 0);
	CHECK_EQ(resident(start, 8), 4);
	CHECK_EQ(madvise(start, 8 * PAGE, MADV_POPULATE_READ), 0);
	CHECK_EQ(resident(start, 8), 8);
	CHECK_EQ(madvise(read_only, 2 * PAGE, MADV_POPULATE_READ), 0);
	CHECK_ERRNO(madvise(read_only, 2 * PAGE, MADV_POPULATE_WRITE), EINVAL);
	CHECK_ERRNO(madvise(none, PAGE, MADV_POPULATE_READ), EINVAL);
	CHECK_EQ(munmap(start + 4 * PAGE, PAGE), 0);
	CHECK_ERRNO(madvise(start, 8 * PAGE, MADV_POPULATE_READ), ENOMEM);
	int fd = scratch_file(1);
	char *file = map_file(fd, 2, PROT_READ | PROT_WRITE, MAP_SHARED);
	CHECK_EQ(madvise(file, PAGE, MADV_POPULATE_WRITE), 0);
	CHECK_ERRNO(madvise(file, 2 * PAGE, MADV_POPULATE_READ), EFAULT);
}

TEST(map_populate)
{
	char *start = map_flags(8, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_POPULATE);

	CHECK_EQ(resident(start, 8), 8);
	start = map_flags(8, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_POPULATE | MAP_NONBLOCK);
	CHECK_EQ(resident(start, 8), 0);
	start = map_flags(8, PROT_NONE, MAP_PRIVATE | MAP_POPULATE);
	CHECK_EQ(resident(start, 8), 0);
}

TEST(hints_are_taken)
{
	static const int hints[] = { MADV_NORMAL, MADV_RANDOM, MADV_SEQUENTIAL, MADV_WILLNEED,
				     MADV_HUGEPAGE, MADV_NOHUGEPAGE, MADV_DONTDUMP, MADV_DODUMP };
	char *start = map_pages(4);

	memset(start, 1, 4 * PAGE);
	for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++) {
		CHECK_EQ(madvise(start + PAGE, PAGE, hints[i]), 0);
		CHECK_EQ(start[PAGE], 1);
	}
}

TEST(ranges)
{
	char *start = map_pages(5);

	memset(start, 1, 5 * PAGE);
	CHECK_EQ(munmap(start + PAGE, PAGE), 0);
	CHECK_ERRNO(madvise(start, 5 * PAGE, MADV_DONTNEED), ENOMEM);
	CHECK_EQ(start[0] + start[2 * PAGE] + start[4 * PAGE], 0); /* done all the same */
	CHECK_EQ(madvise(start, 0, MADV_DONTNEED), 0);
	CHECK_EQ(madvise(start + PAGE, 0, MADV_DONTNEED), 0);
	CHECK_ERRNO(madvise(start, -1UL, MADV_DONTNEED), EINVAL);
	CHECK_ERRNO(madvise(start, -PAGE, MADV_DONTNEED), EINVAL);
	CHECK_ERRNO(madvise(start + 1, 0, MADV_DONTNEED), EINVAL);
	CHECK_ERRNO(madvise(start + 2 * PAGE, 1UL << 57, MADV_NORMAL), ENOMEM);
	CHECK_ERRNO(madvise(start, PAGE, 7), EINVAL);
	CHECK_ERRNO(madvise(start, PAGE, 26), EINVAL);
	CHECK_ERRNO(madvise(start, PAGE, -1), EINVAL);
}

static int punch(int fd, off_t offset, off_t length)
{
	return fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, length);
}

TEST(punched_holes_free_pages)
{
	int fd = scratch_file(8);
	char *start = map_file(fd, 8, PROT_READ | PROT_WRITE, MAP_SHARED);
	char *private = map_file(fd, 8, PROT_READ | PROT_WRITE, MAP_PRIVATE);

	CHECK_EQ(file_pages(fd), 8);
	CHECK_EQ(start[2 * PAGE] + private[3 * PAGE], 'c' + 'd');
	private[2 * PAGE] = 'P';
	CHECK_EQ(punch(fd, PAGE + 100, 3 * PAGE), 0);
	CHECK_EQ(file_pages(fd), 6);
	CHECK_EQ(start[PAGE], 'b');
	CHECK_EQ(start[PAGE + 99], 'b');
	CHECK_EQ(start[PAGE + 100], 0);
	CHECK_EQ(start[2 * PAGE], 0);
	CHECK_EQ(private[2 * PAGE], 'P'); /* a copy of one's own stays */
	CHECK_EQ(private[3 * PAGE], 0);
	CHECK_EQ(start[4 * PAGE + 99], 0);
	CHECK_EQ(start[4 * PAGE + 100], 'e');
	CHECK_EQ(lseek(fd, 0, SEEK_END), 8 * PAGE);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	start[3 * PAGE] = 'n';
	char byte;
	CHECK_EQ(pread(fd, &byte, 1, 3 * PAGE), 1);
	CHECK_EQ(byte, 'n');
	CHECK_ERRNO(fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, PAGE), EOPNOTSUPP);
}

TEST(remove_punches)
{
	int fd = scratch_file(4);
	char *start = map_file(fd, 4, PROT_READ | PROT_WRITE, MAP_SHARED);
	char *private = map_file(fd, 4, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	char *anonymous = map_pages(1), *shared = map_flags(2, PROT_READ | PROT_WRITE, MAP_SHARED);
	int reader = open("f", O_RDONLY);
	char *read_only = map_file(reader, 4, PROT_READ, MAP_SHARED);

	CHECK_EQ(madvise(start + PAGE, 2 * PAGE, MADV_REMOVE), 0);
	CHECK_EQ(file_pages(fd), 2);
	CHECK_EQ(start[PAGE], 0);
	CHECK_EQ(start[3 * PAGE], 'd');
	CHECK_ERRNO(madvise(private, PAGE, MADV_REMOVE), EACCES);
	CHECK_ERRNO(madvise(read_only, PAGE, MADV_REMOVE), EACCES);
	CHECK_ERRNO(madvise(anonymous, PAGE, MADV_REMOVE), EINVAL);
	shared[0] = shared[PAGE] = 1;
	CHECK_EQ(madvise(shared, PAGE, MADV_REMOVE), 0);
	CHECK_EQ(shared[0], 0);
	CHECK_EQ(shared[PAGE], 1);
	CHECK_EQ(mlock(start, PAGE), 0);
	CHECK_ERRNO(madvise(start, PAGE, MADV_REMOVE), EINVAL);
}

TEST(holes_beside_writers)
{
	int fd = scratch_file(4);
	char *start = map_file(fd, 4, PROT_READ | PROT_WRITE, MAP_SHARED);
	pid_t pid = fork();

	if (!pid)
		for (;;)
			for (int i = 0; i < 4; i++)
				((volatile char *)start)[i * PAGE] = 'w';
	for (int i = 0; i < 2000; i++)
		CHECK_EQ(punch(fd, 0, 4 * PAGE), 0);
	kill(pid, SIGKILL);
	CHECK_KILLED(pid, SIGKILL);
	CHECK_EQ(punch(fd, 0, 4 * PAGE), 0);
	CHECK_EQ(file_pages(fd), 0);
	CHECK_EQ(start[0] + start[PAGE] + start[3 * PAGE], 0);
}

TEST(shared_dev_zero)
{
	int fd = open("/dev/zero", O_RDWR);
	char *start = map_file(fd, 2, PROT_READ | PROT_WRITE, MAP_SHARED);
	char *other = map_file(fd, 2, PROT_READ | PROT_WRITE, MAP_SHARED);

	CHECK_EQ(start[0], 0);
	IN_CHILD(start[PAGE] = 'c');
	CHECK_EQ(start[PAGE], 'c');
	CHECK_EQ(other[PAGE], 0); /* each mapping is an object of its own */
	CHECK_EQ(munmap(start, 2 * PAGE), 0);
	close(fd);
	other[0] = 1;
	fd = open("/dev/zero", O_RDONLY);
	CHECK_ERRNO((intptr_t)mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), EACCES);
	CHECK_EQ(*map_file(fd, 1, PROT_READ, MAP_SHARED), 0);
}

TEST(fatal_signal_ends_a_long_populate)
{
	size_t size = 1UL << 37;
	pid_t pid = fork();

	if (!pid) {
		char *start = mmap(NULL, size, PROT_READ,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		madvise(start, size, MADV_POPULATE_READ);
		_exit(1);
	}
	sleep_ms(200);
	CHECK_EQ(kill(pid, SIGKILL), 0);
	CHECK_KILLED(pid, SIGKILL);
}
