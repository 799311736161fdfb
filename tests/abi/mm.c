/*
 * mm.c: mappings: what is in them, who sees a write, what splitting and replacing does, what is
 * refused.
 */
#include "tests/abi/abi.h"
#include <setjmp.h>
#include <sys/resource.h>

enum { PAGE = 4096 };

static char *map(size_t length, int protection, int flags)
{
	char *start = mmap(NULL, length, protection, flags | MAP_ANONYMOUS, -1, 0);

	CHECK(start != MAP_FAILED);
	return start;
}

static char *map_private(size_t pages)
{
	return map(pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE);
}

static int scratch_file(const char *text, size_t size)
{
	enter_scratch();
	int fd = open("f", O_RDWR | O_CREAT, 0644);
	CHECK(fd >= 0);
	CHECK_EQ(pwrite(fd, text, strlen(text), 0), strlen(text));
	CHECK_EQ(ftruncate(fd, size), 0);
	return fd;
}

static bool is_zero(const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (bytes[i])
			return false;
	return true;
}

TEST(anonymous_memory_is_zero)
{
	char *start = map_private(64);

	CHECK(is_zero(start, 64 * PAGE));
	memset(start, 0xa5, 64 * PAGE);
	CHECK_EQ(munmap(start, 64 * PAGE), 0);
	char *again = map_private(64);
	CHECK(is_zero(again, 64 * PAGE));
}

TEST(write_after_reading_the_zero_page)
{
	char *start = map_private(2);

	CHECK_EQ(start[0] + start[PAGE], 0);
	start[0] = 1;
	CHECK_EQ(start[PAGE], 0);
	CHECK_EQ(start[0], 1);
}

TEST(private_file_mapping_copies)
{
	char buffer[8] = "";
	int fd = scratch_file("original", PAGE);
	char *start = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);

	CHECK(start != MAP_FAILED);
	CHECK(!memcmp(start, "original", 8));
	CHECK(is_zero(start + 8, PAGE - 8));
	start[0] = 'X';
	CHECK_EQ(pread(fd, buffer, 8, 0), 8);
	CHECK(!memcmp(buffer, "original", 8));
	CHECK_EQ(pwrite(fd, "12345678", 8, 0), 8);
	CHECK_EQ(start[0], 'X');
}

TEST(shared_file_mapping_agrees_with_read_and_write)
{
	char buffer[8] = "";
	int fd = scratch_file("original", 2 * PAGE);
	char *start = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	CHECK(start != MAP_FAILED);
	memcpy(start, "by store", 8);
	CHECK_EQ(pread(fd, buffer, 8, 0), 8);
	CHECK(!memcmp(buffer, "by store", 8));
	CHECK_EQ(pwrite(fd, "by write", 8, PAGE), 8);
	CHECK(!memcmp(start + PAGE, "by write", 8));
	CHECK_EQ(msync(start, 2 * PAGE, MS_SYNC), 0);
	CHECK_EQ(munmap(start, 2 * PAGE), 0);
	CHECK_EQ(pread(fd, buffer, 8, 0), 8);
	CHECK(!memcmp(buffer, "by store", 8));
}

TEST(mapping_outlives_close_and_unlink)
{
	int fd = scratch_file("hello", PAGE);
	char *start = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);

	close(fd);
	unlink("f");
	CHECK(!memcmp(start, "hello", 5));
}

TEST(truncation_takes_pages_away)
{
	int fd = scratch_file("hello", 2 * PAGE);
	char *start = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	start[PAGE] = 'z';
	CHECK_EQ(ftruncate(fd, 100), 0);
	CHECK_EQ(fault_of(start + PAGE, false), SIGBUS);
	CHECK_EQ(fault_of(start + 200, true), 0);
	CHECK_EQ(ftruncate(fd, 2 * PAGE), 0);
	CHECK_EQ(fault_of(start + PAGE, false), 0);
	CHECK_EQ(start[PAGE], 0);
}

TEST(file_protection_rules)
{
	scratch_file("hello", PAGE);
	int reader = open("f", O_RDONLY), writer = open("f", O_WRONLY), dir = open(".", O_RDONLY);
	int fds[2];

	CHECK(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, reader, 0) != MAP_FAILED);
	CHECK_ERRNO((intptr_t)mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, reader, 0),
		    EACCES);
	CHECK_ERRNO((intptr_t)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, writer, 0), EACCES);
	char *shared = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, reader, 0);
	CHECK_ERRNO(mprotect(shared, PAGE, PROT_READ | PROT_WRITE), EACCES);
	CHECK_ERRNO((intptr_t)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, dir, 0), ENODEV);
	CHECK_EQ(pipe(fds), 0);
	CHECK_ERRNO((intptr_t)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fds[0], 0), ENODEV);
	CHECK_ERRNO((intptr_t)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, 999, 0), EBADF);
}

TEST(refused_mappings)
{
	char *start = map_private(1);

	CHECK_ERRNO((intptr_t)mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), EINVAL);
	CHECK_ERRNO((intptr_t)mmap(NULL, PAGE, PROT_READ, MAP_ANONYMOUS, -1, 0), EINVAL);
	CHECK_ERRNO((intptr_t)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 5),
		    EINVAL);
	CHECK_ERRNO((intptr_t)mmap(start + 1, PAGE, PROT_READ,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
		    EINVAL);
	CHECK_ERRNO((intptr_t)mmap(NULL, 1UL << 62, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
		    ENOMEM);
	CHECK_ERRNO((intptr_t)mmap((void *)(1UL << 62), PAGE, PROT_READ,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
		    ENOMEM);
	CHECK_ERRNO((intptr_t)mmap(NULL, -1UL, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
		    ENOMEM);
	CHECK_ERRNO(munmap(start + 1, PAGE), EINVAL);
	CHECK_ERRNO(munmap(start, 0), EINVAL);
	CHECK_ERRNO(munmap((void *)(1UL << 62), PAGE), EINVAL);
	CHECK_ERRNO(mprotect(start + 1, PAGE, PROT_READ), EINVAL);
	CHECK_EQ(mprotect(start, 0, PROT_READ), 0);
	CHECK_ERRNO(mprotect(start, PAGE, 0x100), EINVAL);
	CHECK_EQ(munmap(start, PAGE), 0);
	CHECK_EQ(munmap(start, PAGE), 0);
	CHECK_ERRNO(mprotect(start, PAGE, PROT_READ), ENOMEM);
}

TEST(unmapping_the_middle_splits)
{
	char *start = map_private(5);

	memset(start, 7, 5 * PAGE);
	CHECK_EQ(munmap(start + PAGE, PAGE), 0);
	CHECK_EQ(munmap(start + 3 * PAGE, PAGE), 0);
	for (int page = 0; page < 5; page++)
		CHECK_EQ(fault_of(start + page * PAGE, true), page % 2 ? SIGSEGV : 0);
	CHECK_EQ(start[2 * PAGE] + start[4 * PAGE], 14);
	CHECK_EQ(munmap(start, 5 * PAGE), 0); /* across the holes */
	CHECK_EQ(fault_of(start + 4 * PAGE, false), SIGSEGV);
}

TEST(fixed_replaces)
{
	char *start = map_private(3);

	memset(start, 1, 3 * PAGE);
	CHECK(mmap(start + PAGE, PAGE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == start + PAGE);
	CHECK_EQ(start[0], 1);
	CHECK_EQ(start[PAGE], 0);
	CHECK_EQ(start[2 * PAGE], 1);
}

TEST(fixed_noreplace_refuses)
{
	char *start = map_private(3);
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;

	CHECK_ERRNO((intptr_t)mmap(start + PAGE, PAGE, PROT_READ, flags, -1, 0), EEXIST);
	munmap(start + PAGE, PAGE);
	CHECK(mmap(start + PAGE, PAGE, PROT_READ, flags, -1, 0) == start + PAGE);
}

TEST(a_free_hint_is_taken)
{
	char *start = map_private(4);

	munmap(start, 4 * PAGE);
	CHECK(mmap(start + PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
	      start + PAGE);
	CHECK(mmap(start + PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
	      start + PAGE);
}

TEST(mprotect_splits_and_joins)
{
	char *start = map_private(3);

	memset(start, 1, 3 * PAGE);
	CHECK_EQ(mprotect(start + PAGE, PAGE, PROT_READ), 0);
	CHECK_EQ(fault_of(start, true), 0);
	CHECK_EQ(fault_of(start + PAGE, false), 0);
	CHECK_EQ(fault_of(start + PAGE, true), SIGSEGV);
	CHECK_EQ(fault_of(start + 2 * PAGE, true), 0);
	CHECK_EQ(mprotect(start + PAGE, PAGE, PROT_NONE), 0);
	CHECK_EQ(fault_of(start + PAGE, false), SIGSEGV);
	CHECK_EQ(mprotect(start, 3 * PAGE, PROT_READ | PROT_WRITE), 0);
	CHECK_EQ(fault_of(start + PAGE, true), 0);
	CHECK_EQ(start[PAGE], 1);
}

TEST(protections_hold)
{
	char *none = map(PAGE, PROT_NONE, MAP_PRIVATE),
	     *read_only = map(PAGE, PROT_READ, MAP_PRIVATE);

	CHECK_EQ(fault_of(none, false), SIGSEGV);
	CHECK_EQ(fault_of(read_only, false), 0);
	CHECK_EQ(fault_of(read_only, true), SIGSEGV);
	char *writable =
		map(PAGE, PROT_WRITE, MAP_PRIVATE); /* no machine here has write without read */
	CHECK_EQ(fault_of(writable, true), 0);
}

TEST(mprotect_of_a_range_with_a_hole)
{
	char *start = map_private(3);

	munmap(start + PAGE, PAGE);
	CHECK_ERRNO(mprotect(start, 3 * PAGE, PROT_READ), ENOMEM);
	CHECK_EQ(fault_of(start, true), SIGSEGV); /* what lay before the hole has changed */
	CHECK_EQ(fault_of(start + 2 * PAGE, true), 0);
}

TEST(copy_on_write_after_fork)
{
	int fds[2];
	char byte, *start = map_private(8);

	CHECK_EQ(pipe(fds), 0);
	memset(start, 'p', 8 * PAGE);
	pid_t pid = fork();
	if (!pid) {
		start[0] = 'c';
		CHECK_EQ(read(fds[0], &byte, 1), 1); /* the parent has written meanwhile */
		CHECK_EQ(start[0], 'c');
		CHECK_EQ(start[PAGE], 'p');
		CHECK_EQ(start[2 * PAGE], 'p');
		_exit(0);
	}
	start[PAGE] = 'q';
	CHECK_EQ(write(fds[1], "x", 1), 1);
	CHECK_EXITED(pid, 0);
	CHECK_EQ(start[0], 'p');
	CHECK_EQ(start[PAGE], 'q');
	start[0] = 'r';
	CHECK_EQ(start[0], 'r');
}

TEST(copy_on_write_over_generations)
{
	volatile int *value = (int *)map_private(1);

	*value = 0;
	for (int depth = 0; depth < 6; depth++) {
		pid_t pid = fork();
		if (pid) {
			CHECK_EXITED(pid, 0);
			CHECK_EQ(*value, depth);
			if (depth)
				_exit(0);
			return;
		}
		(*value)++;
	}
	_exit(*value == 6 ? 0 : 1);
}

TEST(kernel_writes_break_copy_on_write_too)
{
	int fds[2];
	char *start = map_private(1);

	CHECK_EQ(pipe(fds), 0);
	start[0] = 'p';
	pid_t pid = fork();
	if (!pid) {
		CHECK_EQ(write(fds[1], "k", 1), 1);
		CHECK_EQ(read(fds[0], start, 1), 1);
		_exit(start[0] == 'k' ? 0 : 1);
	}
	CHECK_EXITED(pid, 0);
	CHECK_EQ(start[0], 'p');
}

TEST(shared_anonymous_memory_is_shared_by_fork)
{
	char *start = map(2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED);

	IN_CHILD(start[0] = 'c'; start[PAGE] = 'd');
	CHECK_EQ(start[0], 'c');
	CHECK_EQ(start[PAGE], 'd');
}

TEST(brk_grows_and_shrinks)
{
	char *start = (char *)syscall(SYS_brk, 0);

	CHECK((char *)syscall(SYS_brk, start + 5 * PAGE) == start + 5 * PAGE);
	CHECK(is_zero(start, 5 * PAGE));
	memset(start, 1, 5 * PAGE);
	CHECK((char *)syscall(SYS_brk, start + PAGE) == start + PAGE);
	CHECK((char *)syscall(SYS_brk, start + 5 * PAGE) == start + 5 * PAGE);
	char *edge = (char *)(((uintptr_t)start + PAGE + PAGE - 1) & -(uintptr_t)PAGE);
	CHECK(is_zero(edge, start + 5 * PAGE - edge));
	CHECK((char *)syscall(SYS_brk, 8) == start + 5 * PAGE); /* refused: the break as it is */
	CHECK((char *)syscall(SYS_brk, -8UL) == start + 5 * PAGE);
}

static __attribute__((noinline)) long recurse(long depth)
{
	volatile char frame[1000];

	frame[0] = frame[999] = (char)depth;
	return depth ? recurse(depth - 1) + frame[0] - frame[999] : 0;
}

TEST(stack_grows_to_its_limit)
{
	struct rlimit limit = { 64 << 10, RLIM_INFINITY };

	CHECK_EQ(recurse(6000), 0); /* about 6 MiB of the usual 8 */
	CHECK_EQ(setrlimit(RLIMIT_STACK, &limit), 0);
	CHECK_DIES(SIGSEGV, recurse(20000));
}

TEST(mremap_grows_moves_and_shrinks)
{
	char *start = map_private(2);

	memset(start, 'm', 2 * PAGE);
	char *grown = mremap(start, 2 * PAGE, 100 * PAGE, MREMAP_MAYMOVE);
	SKIP_IF_ENOSYS((intptr_t)grown);
	CHECK(grown != MAP_FAILED);
	CHECK_EQ(grown[0], 'm');
	CHECK_EQ(grown[2 * PAGE - 1], 'm');
	CHECK(is_zero(grown + 2 * PAGE, 98 * PAGE));
	CHECK(mremap(grown, 100 * PAGE, PAGE, 0) == grown);
	CHECK_EQ(fault_of(grown + PAGE, false), SIGSEGV);
	char *target = map_private(1);
	CHECK(mremap(grown, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, target) == target);
	CHECK_EQ(target[0], 'm');
	CHECK_EQ(fault_of(grown, false), SIGSEGV);
	CHECK_ERRNO((intptr_t)mremap(target, PAGE, 0, 0), EINVAL);
	CHECK_ERRNO((intptr_t)mremap(grown, PAGE, PAGE, 0), EFAULT);
}

TEST(madvise_dontneed_zeroes)
{
	char *start = map_private(2);

	memset(start, 1, 2 * PAGE);
	int result = madvise(start, PAGE, MADV_DONTNEED);
	SKIP_IF_ENOSYS(result);
	CHECK_EQ(result, 0);
	CHECK(is_zero(start, PAGE));
	CHECK_EQ(start[PAGE], 1);
	CHECK_ERRNO(madvise(start + 1, PAGE, MADV_DONTNEED), EINVAL);
	CHECK_ERRNO(madvise(start, PAGE, 9999), EINVAL);
}

TEST(big_sparse_mapping)
{
	size_t size = 8UL << 30, step = 64UL << 20;
	char *start = mmap(NULL, size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	CHECK(start != MAP_FAILED);
	for (size_t at = 0; at < size; at += step)
		start[at] = (char)(at / step);
	for (size_t at = 0; at < size; at += step)
		CHECK_EQ(start[at], (char)(at / step));
	CHECK_EQ(munmap(start, size), 0);
}

TEST(user_copies_obey_protection)
{
	int fds[2];
	char *read_only = map(PAGE, PROT_READ, MAP_PRIVATE),
	     *none = map(PAGE, PROT_NONE, MAP_PRIVATE);
	char *edge = map_private(2);

	CHECK_EQ(pipe(fds), 0);
	CHECK_EQ(munmap(edge + PAGE, PAGE), 0);
	CHECK_EQ(write(fds[1], read_only, 10), 10);
	CHECK_ERRNO(read(fds[0], read_only, 10), EFAULT);
	CHECK_ERRNO(write(fds[1], none, 10), EFAULT);
	CHECK_ERRNO(write(fds[1], (void *)0xffffffc000000000, 10), EFAULT);
	CHECK_ERRNO(read(fds[0], (void *)-10L, 5), EFAULT);
	CHECK_ERRNO(write(fds[1], edge + PAGE, 10), EFAULT);
	int fd = scratch_file("", 0);
	CHECK_EQ(write(fd, edge + PAGE - 10, 20), 10); /* what came before the bad part counts */
}

TEST(mincore_and_mlock_if_there)
{
	unsigned char present[2];
	char *start = map_private(2);

	start[0] = 1;
	SKIP_IF_ENOSYS(mincore(start, 2 * PAGE, present));
	CHECK_EQ(mincore(start, 2 * PAGE, present), 0);
	CHECK_EQ(present[0] & 1, 1);
	CHECK_EQ(present[1] & 1, 0);
}

TEST(address_space_limit)
{
	struct rlimit limit = { 64 << 20, 64 << 20 };

	CHECK_EQ(setrlimit(RLIMIT_AS, &limit), 0);
	CHECK_ERRNO((intptr_t)mmap(NULL, 128 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
		    ENOMEM);
	char *start = mmap(NULL, 1 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(start != MAP_FAILED);
	CHECK_ERRNO((intptr_t)mremap(start, 1 << 20, 128 << 20, MREMAP_MAYMOVE), ENOMEM);
}
