/*
 * mlock.c: locking pages: what becomes resident, what is counted, who may, what is refused.
 */
#include "tests/abi/abi.h"
#include <sys/resource.h>

enum { PAGE = 4096, NOBODY = 65534 };

#ifndef MLOCK_ONFAULT
#define MLOCK_ONFAULT 1
#endif

static char *map_pages(size_t pages, int prot)
{
	char *start = mmap(NULL, pages * PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(start != MAP_FAILED);
	return start;
}

/* KiB of a line of /proc/self/status. */
static long status_kib(const char *key)
{
	static char text[8192];

	CHECK(read_file("/proc/self/status", text, sizeof(text)) > 0);
	char *line = strstr(text, key);
	CHECK(line);
	return strtol(line + strlen(key), NULL, 10);
}

static long locked_kib(void)
{
	return status_kib("VmLck:");
}

static void limit_lock(size_t bytes)
{
	struct rlimit limit = { bytes, bytes };

	CHECK_EQ(setrlimit(RLIMIT_MEMLOCK, &limit), 0);
}

/* Gives up root, and with it CAP_IPC_LOCK. */
TEST(mlock_makes_pages_resident)
{
	char *start = map_pages(16, PROT_READ | PROT_WRITE);

	CHECK_EQ(resident(start, 16), 0);
	CHECK_EQ(mlock(start + 5, 3 * PAGE), 0); /* four pages are touched */
	CHECK_EQ(resident(start, 16), 4);
	CHECK_EQ(locked_kib(), 16);
	CHECK_EQ(mlock(start, 16 * PAGE), 0);
	CHECK_EQ(locked_kib(), 64);
	CHECK_EQ(munlock(start + PAGE, PAGE), 0);
	CHECK_EQ(locked_kib(), 60);
	CHECK_EQ(resident(start, 16), 16);
	CHECK_EQ(munmap(start, 2 * PAGE), 0);
	CHECK_EQ(locked_kib(), 56);
	CHECK_EQ(munlock(start + 2 * PAGE, 14 * PAGE), 0);
	CHECK_EQ(locked_kib(), 0);
}

TEST(mlock2_on_fault_waits_for_the_touch)
{
	char *start = map_pages(8, PROT_READ | PROT_WRITE);

	CHECK_EQ(syscall(SYS_mlock2, start, 8 * PAGE, MLOCK_ONFAULT), 0);
	CHECK_EQ(resident(start, 8), 0);
	CHECK_EQ(locked_kib(), 32);
	start[PAGE] = 1;
	CHECK_EQ(resident(start, 8), 1);
	CHECK_ERRNO(madvise(start, PAGE, MADV_DONTNEED), EINVAL);
	CHECK_EQ(syscall(SYS_mlock2, start, 8 * PAGE, 0), 0);
	CHECK_EQ(resident(start, 8), 8);
	CHECK_ERRNO(syscall(SYS_mlock2, start, PAGE, 2), EINVAL);
}

TEST(mlock_errors)
{
	char *start = map_pages(4, PROT_READ | PROT_WRITE), *none = map_pages(1, PROT_NONE);

	CHECK_EQ(munmap(start + PAGE, PAGE), 0);
	CHECK_ERRNO(mlock(start, 4 * PAGE), ENOMEM);
	CHECK_EQ(locked_kib(), 4); /* what lies before the hole is locked */
	CHECK_ERRNO(munlock(start, 4 * PAGE), ENOMEM);
	CHECK_EQ(locked_kib(), 0);
	CHECK_ERRNO(mlock(none, PAGE), ENOMEM);
	CHECK_EQ(munlock(none, PAGE), 0);
	CHECK_EQ(mlock(start, 0), 0);
	CHECK_EQ(munlock(start, 0), 0);
	CHECK_ERRNO(mlock((char *)-PAGE, 2 * PAGE), EINVAL);
	CHECK_ERRNO(munlock((char *)-PAGE, 2 * PAGE), EINVAL);
	CHECK_ERRNO(mlockall(0), EINVAL);
	CHECK_ERRNO(mlockall(4), EINVAL);
	CHECK_ERRNO(mlockall(8 | MCL_CURRENT), EINVAL);
	CHECK_ERRNO(msync(NULL, PAGE, MS_SYNC), ENOMEM);
	CHECK_EQ(mlock(start, PAGE), 0);
	CHECK_EQ(msync(start, PAGE, MS_SYNC), 0);
	CHECK_ERRNO(msync(start, PAGE, MS_SYNC | MS_INVALIDATE), EBUSY);
}

TEST(an_ordinary_user_has_a_limit)
{
	char *start = map_pages(16, PROT_READ | PROT_WRITE);

	limit_lock(8 * PAGE);
	CHECK_EQ(mlock(start, 16 * PAGE), 0); /* root */
	CHECK_EQ(munlock(start, 16 * PAGE), 0);
	become_nobody();
	CHECK_ERRNO(mlock(start, 9 * PAGE), ENOMEM);
	CHECK_EQ(locked_kib(), 0);
	CHECK_EQ(mlock(start, 8 * PAGE), 0);
	CHECK_EQ(mlock(start, 8 * PAGE), 0); /* again: counted once */
	CHECK_EQ(mlock(start + 2 * PAGE, 6 * PAGE), 0);
	CHECK_ERRNO(mlock(start + 2 * PAGE, 7 * PAGE), ENOMEM);
	CHECK_EQ(locked_kib(), 32);
	CHECK_ERRNO(mlockall(MCL_CURRENT), ENOMEM);
	CHECK_ERRNO((intptr_t)mmap(NULL, PAGE, PROT_READ,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0), EAGAIN);
	CHECK_ERRNO((intptr_t)mremap(start, 4 * PAGE, 5 * PAGE, MREMAP_MAYMOVE), EAGAIN);
	CHECK_EQ(munlockall(), 0);
	CHECK_EQ(locked_kib(), 0);
}

TEST(a_limit_of_nothing_forbids)
{
	char *start = map_pages(1, PROT_READ | PROT_WRITE);

	limit_lock(0);
	CHECK_EQ(mlock(start, PAGE), 0);
	CHECK_EQ(munlock(start, PAGE), 0);
	become_nobody();
	CHECK_ERRNO(mlock(start, PAGE), EPERM);
	CHECK_ERRNO(mlockall(MCL_FUTURE), EPERM);
	CHECK_EQ(munlock(start, PAGE), 0);
	CHECK_EQ(munlockall(), 0);
	CHECK_ERRNO((intptr_t)mmap(NULL, PAGE, PROT_READ,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0), EPERM);
}

TEST(map_locked_is_resident_at_once)
{
	char *start = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0);

	CHECK(start != MAP_FAILED);
	CHECK_EQ(resident(start, 8), 8);
	CHECK_EQ(locked_kib(), 32);
	char *grown = mremap(start, 8 * PAGE, 12 * PAGE, MREMAP_MAYMOVE);
	CHECK(grown != MAP_FAILED);
	CHECK_EQ(locked_kib(), 48);
	CHECK_EQ(resident(grown, 12), 12);
	CHECK(mremap(grown, 12 * PAGE, 2 * PAGE, 0) == grown);
	CHECK_EQ(locked_kib(), 8);
}

TEST(mlockall_future)
{
	long before;
	char *start;

	CHECK_EQ(mlockall(MCL_FUTURE), 0);
	before = locked_kib();
	start = map_pages(4, PROT_READ | PROT_WRITE);
	CHECK_EQ(resident(start, 4), 4);
	CHECK_EQ(locked_kib(), before + 16);
	CHECK_EQ(mlockall(MCL_FUTURE | MCL_ONFAULT), 0);
	start = map_pages(4, PROT_READ | PROT_WRITE);
	CHECK_EQ(resident(start, 4), 0);
	CHECK_EQ(locked_kib(), before + 32);
	IN_CHILD(CHECK_EQ(locked_kib(), 0)); /* not inherited */
	CHECK_EQ(munlockall(), 0);
	CHECK_EQ(locked_kib(), 0);
	start = map_pages(4, PROT_READ | PROT_WRITE);
	CHECK_EQ(resident(start, 4), 0);
}

TEST(mlockall_current)
{
	char *start = map_pages(8, PROT_READ | PROT_WRITE), *later;

	CHECK_EQ(mlockall(MCL_CURRENT), 0);
	CHECK_EQ(resident(start, 8), 8);
	CHECK(locked_kib() >= 32);
	later = map_pages(4, PROT_READ | PROT_WRITE);
	CHECK_EQ(resident(later, 4), 0);
	CHECK_EQ(mlockall(MCL_FUTURE), 0); /* what is locked stays so */
	CHECK(locked_kib() >= 32);
	CHECK_EQ(munlockall(), 0);
	CHECK_EQ(locked_kib(), 0);
}

TEST(brk_obeys_mlockall)
{
	char *start = (char *)syscall(SYS_brk, 0);

	CHECK_EQ(mlockall(MCL_FUTURE), 0);
	CHECK((char *)syscall(SYS_brk, start + 4 * PAGE) == start + 4 * PAGE);
	CHECK_EQ(resident((char *)(((uintptr_t)start + PAGE - 1) & -(uintptr_t)PAGE), 3), 3);
	limit_lock(2 * PAGE);
	become_nobody();
	CHECK((char *)syscall(SYS_brk, start + 400 * PAGE) == start + 4 * PAGE);
}

TEST(locking_file_pages)
{
	enter_scratch();
	int fd = open("f", O_RDWR | O_CREAT, 0644);
	CHECK_EQ(ftruncate(fd, 4 * PAGE), 0);
	char *start = mmap(NULL, 6 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(start != MAP_FAILED);
	CHECK_EQ(mlock(start, 4 * PAGE), 0);
	CHECK_EQ(resident(start, 4), 4);
	CHECK_ERRNO(mlock(start, 6 * PAGE), ENOMEM); /* past the end of the file */
	CHECK_EQ(munlock(start, 6 * PAGE), 0);
}

TEST(a_fatal_signal_ends_a_long_lock)
{
	size_t size = 1UL << 37; /* more than there is: only the kill ends it */
	pid_t pid = fork();

	if (!pid) {
		char *start = mmap(NULL, size, PROT_READ,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		mlock(start, size);
		_exit(1);
	}
	sleep_ms(300);
	CHECK_EQ(kill(pid, SIGKILL), 0);
	CHECK_KILLED(pid, SIGKILL);
}
