/*
 * mmap.c: the flags of mmap: where things go, what may be combined, growing areas and their gap.
 */
#include "tests/abi/abi.h"
#include <setjmp.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

enum { PAGE = 4096, NOBODY = 65534, GAP = 256 };

#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#define PR_GET_MDWE 66
#endif
#define REFUSE_GAIN 1ul
#define NO_INHERIT 2ul

#ifndef MAP_DROPPABLE
#define MAP_DROPPABLE 0x08
#endif

static sigjmp_buf back;

static void jump_back(int sig)
{
	siglongjmp(back, sig);
}

/* The signal that writing the byte brings, or 0. */
static int touch(volatile char *at)
{
	struct sigaction action = { .sa_handler = jump_back, .sa_flags = SA_NODEFER };
	int sig;

	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
	sig = sigsetjmp(back, 0);
	if (!sig)
		*at = 1;
	return sig;
}

static char *map(void *at, size_t pages, int prot, int flags, int fd)
{
	return mmap(at, pages * PAGE, prot, flags, fd, 0);
}

static char *map_anon(void *at, size_t pages, int flags)
{
	return map(at, pages, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1);
}

static int scratch_file(void)
{
	enter_scratch();
	int fd = open("f", O_RDWR | O_CREAT, 0644);
	CHECK(fd >= 0);
	CHECK_EQ(ftruncate(fd, 8 * PAGE), 0);
	return fd;
}

#define REFUSED(call, error) CHECK_ERRNO((intptr_t)(call), error)

TEST(kinds)
{
	int fd = scratch_file(), rw = PROT_READ | PROT_WRITE;

	REFUSED(map(NULL, 1, rw, MAP_ANONYMOUS, -1), EINVAL);
	REFUSED(map(NULL, 1, rw, 0, fd), EINVAL);
	REFUSED(map(NULL, 1, rw, MAP_SHARED_VALIDATE | MAP_ANONYMOUS, -1), EINVAL);
	REFUSED(map(NULL, 1, rw, 4, fd), EINVAL);
	REFUSED(map(NULL, 1, rw, 4 | MAP_ANONYMOUS, -1), EINVAL);
	CHECK(map(NULL, 1, rw, MAP_SHARED_VALIDATE, fd) != MAP_FAILED);
	REFUSED(map(NULL, 1, rw, MAP_SHARED_VALIDATE | MAP_SYNC, fd), EOPNOTSUPP);
	REFUSED(map(NULL, 1, rw, MAP_SHARED_VALIDATE | 0x2000000, fd), EOPNOTSUPP);
	CHECK(map(NULL, 1, rw, MAP_SHARED | MAP_SYNC, fd) != MAP_FAILED);
	CHECK(map(NULL, 1, rw, MAP_SHARED | 0x2000000, fd) != MAP_FAILED);
	CHECK(map(NULL, 1, rw, MAP_PRIVATE | MAP_SYNC, fd) != MAP_FAILED);
	CHECK(map(NULL, 1, rw, MAP_PRIVATE | MAP_DENYWRITE | MAP_EXECUTABLE, fd) != MAP_FAILED);
	CHECK(map_anon(NULL, 1, MAP_STACK | MAP_NORESERVE) != MAP_FAILED);
}

TEST(protections_it_does_not_know_are_ignored)
{
	CHECK(map(NULL, 1, PROT_READ | 0x100, MAP_PRIVATE | MAP_ANONYMOUS, -1) != MAP_FAILED);
	CHECK(map(NULL, 1, PROT_READ | PROT_GROWSDOWN, MAP_PRIVATE | MAP_ANONYMOUS, -1) !=
	      MAP_FAILED);
}

TEST(order_of_errors)
{
	int fd = scratch_file();

	CHECK_ERRNO((intptr_t)mmap(NULL, 0, PROT_READ, MAP_PRIVATE, 999, 0), EBADF);
	CHECK_ERRNO((intptr_t)mmap(NULL, 0, PROT_READ, MAP_PRIVATE, 999, 5), EINVAL);
	CHECK_ERRNO((intptr_t)mmap(NULL, 0, PROT_READ, MAP_PRIVATE, fd, 0), EINVAL);
	CHECK_ERRNO((intptr_t)mmap(NULL, 2 * PAGE, PROT_READ, MAP_PRIVATE, fd, -PAGE), EOVERFLOW);
	CHECK_ERRNO((intptr_t)mmap(NULL, -1UL, PROT_READ, MAP_PRIVATE, fd, 0), ENOMEM);
}

TEST(large_pages_are_not_to_be_had)
{
	int fd = scratch_file();

	REFUSED(map_anon(NULL, 512, MAP_HUGETLB), ENOMEM);
	REFUSED(map_anon(NULL, 512, MAP_HUGETLB | 21 << MAP_HUGE_SHIFT), ENOMEM);
	REFUSED(map_anon(NULL, 512, MAP_HUGETLB | 13 << MAP_HUGE_SHIFT), EINVAL);
	REFUSED(map(NULL, 512, PROT_READ, MAP_SHARED | MAP_HUGETLB, fd), EINVAL);
}

TEST(low_addresses)
{
	char text[32];

	CHECK(read_file("/proc/sys/vm/mmap_min_addr", text, sizeof(text)) > 0);
	unsigned long lowest = strtoul(text, NULL, 10);
	CHECK(lowest >= PAGE);
	CHECK(map_anon(0, 1, MAP_FIXED) == 0); /* root may */
	CHECK_EQ(munmap(0, PAGE), 0);
	char *low = map_anon((void *)PAGE, 1, 0);
	CHECK(low != MAP_FAILED && (uintptr_t)low >= lowest); /* a hint is raised */
	CHECK_EQ(setresuid(NOBODY, NOBODY, NOBODY), 0);
	REFUSED(map_anon(0, 1, MAP_FIXED), EPERM);
	REFUSED(map_anon(0, 1, MAP_FIXED_NOREPLACE), EPERM);
	REFUSED(mremap(low, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, NULL), EPERM);
}

TEST(hints)
{
	char *start = map_anon(NULL, 8, 0);

	CHECK_EQ(munmap(start, 8 * PAGE), 0);
	CHECK(map_anon(start + 100, 1, 0) == start); /* rounded */
	CHECK(map_anon(start, 1, 0) != start);	     /* taken */
	REFUSED(map_anon(start, 1, MAP_FIXED_NOREPLACE), EEXIST);
	REFUSED(map_anon(start + 1, 1, MAP_FIXED_NOREPLACE), EINVAL);
	REFUSED(map_anon(start + 1, 1, MAP_FIXED), EINVAL);
	CHECK(map_anon(start + PAGE, 1, MAP_FIXED_NOREPLACE | MAP_FIXED) == start + PAGE);
	CHECK(map_anon((void *)-PAGE, 1, 0) != MAP_FAILED);
}

TEST(noexec_mounts)
{
	enter_scratch();
	CHECK_EQ(mkdir("m", 0755), 0);
	CHECK_EQ(mount("none", "m", "tmpfs", MS_NOEXEC, NULL), 0);
	int fd = open("m/f", O_RDWR | O_CREAT, 0755);
	CHECK_EQ(ftruncate(fd, PAGE), 0);
	REFUSED(map(NULL, 1, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd), EPERM);
	char *start = map(NULL, 1, PROT_READ, MAP_PRIVATE, fd);
	CHECK(start != MAP_FAILED);
	CHECK_ERRNO(mprotect(start, PAGE, PROT_READ | PROT_EXEC), EACCES);
	CHECK_EQ(munmap(start, PAGE), 0);
	close(fd);
	CHECK_EQ(umount("m"), 0);
}

TEST(growing_down)
{
	int fd = scratch_file();
	/* Room first, in the middle of which the area grows. */
	char *room = map(NULL, 2048, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	CHECK_EQ(munmap(room, 2048 * PAGE), 0);
	char *start = map_anon(room + 1024 * PAGE, 2, MAP_GROWSDOWN | MAP_FIXED);
	CHECK(start == room + 1024 * PAGE);
	CHECK_EQ(touch(start - 1), 0);
	CHECK_EQ(touch(start - 100 * PAGE), 0);
	CHECK_EQ(touch(start - 50 * PAGE), 0);
	REFUSED(map(NULL, 1, PROT_READ, MAP_SHARED | MAP_ANONYMOUS | MAP_GROWSDOWN, -1), EINVAL);
	REFUSED(map(NULL, 1, PROT_READ, MAP_PRIVATE | MAP_GROWSDOWN, fd), EINVAL);
}

TEST(the_gap_below_what_grows)
{
	char *room = map(NULL, 2048, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	CHECK_EQ(munmap(room, 2048 * PAGE), 0);
	char *start = map_anon(room + 1024 * PAGE, 2, MAP_GROWSDOWN | MAP_FIXED);
	CHECK(start == room + 1024 * PAGE);
	/* A hint into the gap is not taken, one just below it is. */
	CHECK(map_anon(start - 10 * PAGE, 1, 0) != start - 10 * PAGE);
	CHECK(map_anon(start - (GAP + 1) * PAGE, 1, 0) == start - (GAP + 1) * PAGE);
	/* It grows only as long as the gap stays. */
	CHECK_EQ(touch(start - PAGE), SIGSEGV);
	CHECK_EQ(munmap(start - (GAP + 1) * PAGE, PAGE), 0);
	CHECK_EQ(touch(start - PAGE), 0);
	/* Who insists gets the place. */
	CHECK(map_anon(start - 10 * PAGE, 1, MAP_FIXED) == start - 10 * PAGE);
	CHECK_EQ(touch(start - 2 * PAGE), SIGSEGV);
	/* What can't be accessed needs no gap. */
	CHECK_EQ(mprotect(start - 10 * PAGE, PAGE, PROT_NONE), 0);
	CHECK_EQ(touch(start - 2 * PAGE), 0);
}

/* Pages one below the other, too different to be one area. */
#define STAIRS 64

TEST(room_is_the_highest_gap_that_fits)
{
	char *stair[STAIRS];

	/* Whatever small gaps there are above are full before the last forty. */
	for (int i = 0; i < STAIRS; i++)
		stair[i] = map(NULL, 1, i % 2 ? PROT_READ : PROT_NONE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1);
	for (int i = STAIRS - 40; i < STAIRS; i++)
		CHECK(stair[i] == stair[i - 1] - PAGE);
	CHECK_EQ(munmap(stair[30], PAGE), 0);
	CHECK_EQ(munmap(stair[37], 3 * PAGE), 0);
	CHECK_EQ(munmap(stair[41], 2 * PAGE), 0);
	CHECK_EQ(munmap(stair[50], PAGE), 0);
	CHECK(map_anon(NULL, 2, 0) == stair[36]);
	CHECK(map_anon(NULL, 1, 0) == stair[30]);
	CHECK(map_anon(NULL, 3, 0) == stair[STAIRS - 1] - 3 * PAGE);
	CHECK(map_anon(NULL, 2, 0) == stair[41]);
	CHECK(map_anon(NULL, 1, 0) == stair[37]);
	CHECK(map_anon(NULL, 1, 0) == stair[50]);
	CHECK(map_anon(NULL, 1, 0) == stair[STAIRS - 1] - 4 * PAGE);
	for (int i = STAIRS - 40; i < STAIRS; i++)
		CHECK_EQ(munmap(stair[i], PAGE), 0);
	CHECK(map_anon(NULL, 20, 0) >= stair[STAIRS - 1]);
}

TEST(growing_obeys_the_limits)
{
	struct rlimit stack = { 64 * PAGE, RLIM_INFINITY }, lock = { 16 * PAGE, 16 * PAGE };
	char *room = map(NULL, 2048, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	CHECK_EQ(munmap(room, 2048 * PAGE), 0);
	char *start = map_anon(room + 1024 * PAGE, 2, MAP_GROWSDOWN | MAP_FIXED);
	CHECK_EQ(setrlimit(RLIMIT_STACK, &stack), 0);
	CHECK_EQ(touch(start - 62 * PAGE), 0);
	CHECK_EQ(touch(start - 63 * PAGE), SIGSEGV);
	start = map_anon(room + 1500 * PAGE, 2, MAP_GROWSDOWN | MAP_FIXED);
	CHECK_EQ(setrlimit(RLIMIT_MEMLOCK, &lock), 0);
	CHECK_EQ(setresuid(NOBODY, NOBODY, NOBODY), 0);
	CHECK_EQ(mlock(start, 2 * PAGE), 0);
	CHECK_EQ(touch(start - 14 * PAGE), 0);
	CHECK_EQ(touch(start - 15 * PAGE), SIGSEGV);
}

TEST(mprotect_down_to_where_it_has_grown)
{
	char *room = map(NULL, 2048, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	CHECK_EQ(munmap(room, 2048 * PAGE), 0);
	char *start = map_anon(room + 1024 * PAGE, 2, MAP_GROWSDOWN | MAP_FIXED);
	CHECK_EQ(touch(start - 3 * PAGE), 0);
	CHECK_EQ(mprotect(start, PAGE, PROT_READ | PROT_GROWSDOWN), 0);
	CHECK_EQ(touch(start - 3 * PAGE), SIGSEGV);
	CHECK_EQ(touch(start), SIGSEGV);
	CHECK_EQ(touch(start + PAGE), 0);
	char *plain = map_anon(NULL, 1, 0);
	CHECK_ERRNO(mprotect(plain, PAGE, PROT_READ | PROT_GROWSDOWN), EINVAL);
	CHECK_ERRNO(mprotect(plain, PAGE, PROT_READ | PROT_GROWSUP), EINVAL);
	CHECK_ERRNO(mprotect(plain, PAGE, PROT_GROWSDOWN | PROT_GROWSUP), EINVAL);
}

TEST(droppable)
{
	int rw = PROT_READ | PROT_WRITE, fd = scratch_file();
	char *start = map(NULL, 2, rw, MAP_DROPPABLE | MAP_ANONYMOUS, -1);

	if (start == MAP_FAILED && errno == EINVAL)
		SKIP("no MAP_DROPPABLE");
	CHECK(start != MAP_FAILED);
	start[0] = 'd';
	IN_CHILD(CHECK_EQ(start[0], 0)); /* wiped */
	start[PAGE] = 'e';
	CHECK_EQ(madvise(start, PAGE, MADV_COLD), 0);
	CHECK_EQ(start[0], 'd');
	for (int i = 0; i < 100 && start[0]; i++) /* Linux: not while somebody else looks at it */
		CHECK_EQ(madvise(start, PAGE, MADV_PAGEOUT), 0);
	CHECK_EQ(start[0], 0);
	CHECK_EQ(start[PAGE], 'e');
	CHECK_EQ(mlock(start, PAGE), 0); /* which does not keep it */
	CHECK_EQ(madvise(start, PAGE, MADV_PAGEOUT), 0);
	REFUSED(map(NULL, 1, rw, MAP_DROPPABLE | MAP_ANONYMOUS | MAP_LOCKED, -1), EINVAL);
	REFUSED(map(NULL, 1, rw, MAP_DROPPABLE | MAP_ANONYMOUS | MAP_GROWSDOWN, -1), EINVAL);
	REFUSED(map(NULL, 1, rw, MAP_DROPPABLE, fd), EINVAL);
}

/* --- no new code: PR_SET_MDWE ----------------------------------------------------------------- */

static void gains_no_code(void)
{
	int code = PROT_READ | PROT_EXEC, shared = MAP_SHARED | MAP_ANONYMOUS;
	int private = MAP_PRIVATE | MAP_ANONYMOUS, rw = PROT_READ | PROT_WRITE;
	char *data = map(NULL, 1, rw, private, -1), *text = map(NULL, 1, code, private, -1);

	CHECK(data != MAP_FAILED && text != MAP_FAILED);
	REFUSED(map(NULL, 1, rw | PROT_EXEC, private, -1), EACCES);
	REFUSED(map(NULL, 1, PROT_WRITE | PROT_EXEC, shared, -1), EACCES);
	CHECK_ERRNO(mprotect(data, PAGE, code), EACCES);
	CHECK_ERRNO(mprotect(data, PAGE, rw | PROT_EXEC), EACCES);
	CHECK_ERRNO(mprotect(text, PAGE, rw | PROT_EXEC), EACCES);
	CHECK_EQ(mprotect(text, PAGE, code), 0);
	CHECK_EQ(mprotect(text, PAGE, PROT_EXEC), 0);
	CHECK_EQ(mprotect(text, PAGE, rw), 0);
	CHECK_ERRNO(mprotect(text, PAGE, code), EACCES); /* given up for good */
	CHECK(map(data, 1, code, private | MAP_FIXED, -1) == data);
}

static void gains_code(void)
{
	char *data = map_anon(NULL, 1, 0);

	CHECK(data != MAP_FAILED);
	CHECK_EQ(mprotect(data, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC), 0);
}

static int mdwe(unsigned long flags)
{
	return prctl(PR_SET_MDWE, flags, 0ul, 0ul, 0ul);
}

static int mdwe_now(void)
{
	return prctl(PR_GET_MDWE, 0ul, 0ul, 0ul, 0ul);
}

TEST(memory_that_becomes_no_code)
{
	CHECK_EQ(mdwe_now(), 0);
	gains_code();
	CHECK_EQ(mdwe(0), 0);
	CHECK_EQ(mdwe(REFUSE_GAIN), 0);
	CHECK_EQ(mdwe_now(), REFUSE_GAIN);
	CHECK_EQ(mdwe(REFUSE_GAIN), 0);
	CHECK_ERRNO(mdwe(0), EPERM);
	CHECK_ERRNO(mdwe(REFUSE_GAIN | NO_INHERIT), EPERM);
	gains_no_code();
	IN_CHILD(CHECK_EQ(mdwe_now(), REFUSE_GAIN); gains_no_code());
}

TEST(memory_that_becomes_no_code_but_a_childs_may)
{
	CHECK_EQ(mdwe(REFUSE_GAIN | NO_INHERIT), 0);
	CHECK_EQ(mdwe_now(), REFUSE_GAIN | NO_INHERIT);
	CHECK_ERRNO(mdwe(REFUSE_GAIN), EPERM);
	gains_no_code();
	IN_CHILD(CHECK_EQ(mdwe_now(), 0); gains_code());
}

TEST(memory_that_becomes_no_code_is_asked_for_rightly)
{
	CHECK_ERRNO(mdwe(4), EINVAL);
	CHECK_ERRNO(mdwe(NO_INHERIT), EINVAL);
	CHECK_ERRNO(prctl(PR_SET_MDWE, REFUSE_GAIN, 1ul, 0ul, 0ul), EINVAL);
	CHECK_ERRNO(prctl(PR_SET_MDWE, REFUSE_GAIN, 0ul, 0ul, 1ul), EINVAL);
	CHECK_ERRNO(prctl(PR_GET_MDWE, 1ul, 0ul, 0ul, 0ul), EINVAL);
	CHECK_EQ(mdwe_now(), 0);
}
