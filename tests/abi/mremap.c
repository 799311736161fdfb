/*
 * mremap.c: growing, moving, second mappings, what is refused; and mseal, which forbids all of it.
 */
#include "tests/abi/abi.h"
#include <sys/resource.h>

enum { PAGE = 4096 };

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif
#ifndef SYS_mseal
#define SYS_mseal 462
#endif

static char *map_pages(size_t pages, int flags)
{
	int prot = PROT_READ | PROT_WRITE;
	char *start = mmap(NULL, pages * PAGE, prot, flags | MAP_ANONYMOUS, -1, 0);

	CHECK(start != MAP_FAILED);
	return start;
}

static char *remap(char *old, long old_pages, long new_pages, int flags, char *new)
{
	return (char *)syscall(SYS_mremap, old, old_pages * PAGE, new_pages * PAGE, flags, new);
}

static bool is_mapped(char *at)
{
	unsigned char present;

	return !mincore(at, PAGE, &present);
}

TEST(shared_memory_gets_a_second_place)
{
	char *start = map_pages(4, MAP_SHARED), *target = map_pages(8, MAP_PRIVATE);

	start[0] = 'a';
	start[PAGE] = 'b';
	char *second = remap(start, 0, 4, MREMAP_MAYMOVE, NULL);
	CHECK(second != MAP_FAILED && second != start);
	CHECK_EQ(second[0], 'a');
	second[2 * PAGE] = 'c';
	CHECK_EQ(start[2 * PAGE], 'c');
	char *part = remap(start + PAGE, 0, 2, MREMAP_MAYMOVE | MREMAP_FIXED, target);
	CHECK(part == target);
	CHECK_EQ(part[0], 'b');
	CHECK_EQ(part[PAGE], 'c');
	CHECK_EQ(munmap(start, 4 * PAGE), 0);
	CHECK_EQ(second[PAGE], 'b');
	CHECK_ERRNO((intptr_t)remap(second, 0, 4, 0, NULL), ENOMEM);
	char *private = map_pages(1, MAP_PRIVATE);
	CHECK_ERRNO((intptr_t)remap(private, 0, 1, MREMAP_MAYMOVE, NULL), EINVAL);
	CHECK_ERRNO((intptr_t)remap(private, 0, 1, 0, NULL), EINVAL);
}

TEST(dontunmap)
{
	char *start = map_pages(4, MAP_PRIVATE), *shared = map_pages(2, MAP_SHARED);
	int flags = MREMAP_MAYMOVE | MREMAP_DONTUNMAP;

	memset(start, 'x', 4 * PAGE);
	char *moved = remap(start + PAGE, 2, 2, flags, NULL);
	CHECK(moved != MAP_FAILED);
	CHECK_EQ(moved[0] + moved[2 * PAGE - 1], 2 * 'x');
	CHECK_EQ(start[0] + start[3 * PAGE], 2 * 'x');
	CHECK_EQ(start[PAGE] + start[2 * PAGE], 0); /* left empty */
	start[PAGE] = 'y';
	CHECK_EQ(moved[0], 'x');
	shared[0] = 's';
	char *twin = remap(shared, 2, 2, flags, NULL);
	CHECK(twin != MAP_FAILED);
	CHECK_EQ(twin[0] + shared[0], 2 * 's');
	CHECK_ERRNO((intptr_t)remap(start, 2, 3, flags, NULL), EINVAL);
	CHECK_ERRNO((intptr_t)remap(start, 2, 1, flags, NULL), EINVAL);
	CHECK_ERRNO((intptr_t)remap(start, 2, 2, MREMAP_DONTUNMAP, NULL), EINVAL);
	char *target = map_pages(1, MAP_PRIVATE);
	CHECK(remap(moved, 1, 1, flags | MREMAP_FIXED, target) == target);
	CHECK_EQ(target[0], 'x');
	CHECK_EQ(moved[0], 0);
	/* Without FIXED the new address is a hint. */
	CHECK_EQ(munmap(target, PAGE), 0);
	CHECK(remap(moved + PAGE, 1, 1, flags, target) == target);
	CHECK_ERRNO((intptr_t)remap(moved, 1, 1, flags, target + 1), EINVAL);
}

TEST(dontunmap_leaves_no_lock)
{
	char *start = map_pages(2, MAP_PRIVATE);

	CHECK_EQ(mlock(start, 2 * PAGE), 0);
	char *moved = remap(start, 2, 2, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL);
	CHECK(moved != MAP_FAILED);
	CHECK_ERRNO(madvise(moved, PAGE, MADV_DONTNEED), EINVAL);
	CHECK_EQ(madvise(start, PAGE, MADV_DONTNEED), 0);
}

TEST(fixed)
{
	char *start = map_pages(4, MAP_PRIVATE), *target = map_pages(8, MAP_PRIVATE);
	int flags = MREMAP_MAYMOVE | MREMAP_FIXED;

	memset(start, 'x', 4 * PAGE);
	memset(target, 't', 8 * PAGE);
	CHECK(remap(start, 2, 4, flags, target + PAGE) == target + PAGE); /* and grown */
	CHECK_EQ(target[0], 't');
	CHECK_EQ(target[2 * PAGE], 'x');
	CHECK_EQ(target[3 * PAGE], 0);
	CHECK_EQ(target[5 * PAGE], 't');
	CHECK(!is_mapped(start) && is_mapped(start + 2 * PAGE));
	CHECK(remap(start + 2 * PAGE, 2, 1, flags, target) == target); /* and shrunk */
	CHECK_EQ(target[0], 'x');
	CHECK(!is_mapped(start + 3 * PAGE));
	CHECK_ERRNO((intptr_t)remap(target, 2, 2, flags, target + PAGE), EINVAL);
	CHECK_ERRNO((intptr_t)remap(target, 1, 1, MREMAP_FIXED, start), EINVAL);
	CHECK_ERRNO((intptr_t)remap(target, 1, 1, flags, start + 1), EINVAL);
	CHECK_ERRNO((intptr_t)remap(target, 1, 1, flags, (char *)-PAGE), EINVAL);
	CHECK_ERRNO((intptr_t)remap(start, 1, 1, flags, target), EFAULT);
	CHECK_EQ(target[0], 'x'); /* found before anything was unmapped */
}

TEST(growing_in_place)
{
	char *start = map_pages(4, MAP_PRIVATE);

	CHECK_EQ(munmap(start + 2 * PAGE, 2 * PAGE), 0);
	CHECK(remap(start, 2, 3, 0, NULL) == start);
	CHECK(remap(start, 3, 4, 0, NULL) == start);
	CHECK(mmap(start + 2 * PAGE, PAGE, PROT_READ,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == start + 2 * PAGE);
	CHECK_ERRNO((intptr_t)remap(start, 2, 3, 0, NULL), ENOMEM);
	CHECK_ERRNO((intptr_t)remap(start, 1, 2, 0, NULL), ENOMEM); /* not the area's end */
	char *moved = remap(start, 1, 2, MREMAP_MAYMOVE, NULL);
	CHECK(moved != MAP_FAILED && moved != start);
	CHECK(!is_mapped(start) && is_mapped(start + PAGE));
}

TEST(across_areas)
{
	char *start = map_pages(4, MAP_PRIVATE);

	CHECK_EQ(mprotect(start + 2 * PAGE, PAGE, PROT_READ), 0);
	CHECK_ERRNO((intptr_t)remap(start, 4, 8, MREMAP_MAYMOVE, NULL), EFAULT);
	CHECK_ERRNO((intptr_t)remap(start, 4, 4, MREMAP_MAYMOVE | MREMAP_FIXED, start + 64 * PAGE),
		    EFAULT);
	CHECK(remap(start, 4, 4, 0, NULL) == start); /* nothing to do */
	CHECK(remap(start, 4, 1, 0, NULL) == start); /* shrinking is unmapping */
	CHECK(is_mapped(start) && !is_mapped(start + PAGE) && !is_mapped(start + 3 * PAGE));
}

TEST(arguments)
{
	char *start = map_pages(2, MAP_PRIVATE);

	CHECK_ERRNO((intptr_t)remap(start + 1, 1, 1, 0, NULL), EINVAL);
	CHECK_ERRNO((intptr_t)remap(start, 1, 1, 8, NULL), EINVAL);
	CHECK_ERRNO((intptr_t)remap(start, 1, 0, 0, NULL), EINVAL);
	CHECK_ERRNO((intptr_t)remap(start, 2, 1L << 45, MREMAP_MAYMOVE, NULL), ENOMEM);
	CHECK_ERRNO((intptr_t)remap(start, -1, 1, 0, NULL), EINVAL);
	CHECK_EQ(munmap(start, 2 * PAGE), 0);
	CHECK_ERRNO((intptr_t)remap(start, 1, 1, 0, NULL), EFAULT);
}

static long seal(char *start, size_t length, unsigned long flags)
{
	return syscall(SYS_mseal, start, length, flags);
}

TEST(sealed_areas_stay)
{
	char *start = map_pages(6, MAP_PRIVATE), *other = map_pages(1, MAP_PRIVATE);
	char *middle = start + 2 * PAGE;

	memset(start, 's', 6 * PAGE);
	SKIP_IF_ENOSYS(seal(middle, 2 * PAGE, 0));
	CHECK_ERRNO(munmap(middle, PAGE), EPERM);
	CHECK_ERRNO(munmap(start, 6 * PAGE), EPERM);
	CHECK(is_mapped(start)); /* none of it */
	CHECK_ERRNO(mprotect(middle, PAGE, PROT_READ), EPERM);
	CHECK_ERRNO((intptr_t)mmap(middle, PAGE, PROT_READ,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0), EPERM);
	CHECK_ERRNO((intptr_t)remap(middle, 2, 1, 0, NULL), EPERM);
	CHECK_ERRNO((intptr_t)remap(middle, 2, 4, MREMAP_MAYMOVE, NULL), EPERM);
	CHECK_ERRNO((intptr_t)remap(other, 1, 1, MREMAP_MAYMOVE | MREMAP_FIXED, middle), EPERM);
	CHECK_EQ(middle[0], 's');
	CHECK_EQ(madvise(middle, PAGE, MADV_DONTNEED), 0); /* it could be written anyway */
	CHECK_EQ(middle[0], 0);
	CHECK_EQ(mlock(middle, PAGE), 0);
	CHECK_EQ(munmap(start, 2 * PAGE), 0);
	CHECK_EQ(munmap(middle + 2 * PAGE, 2 * PAGE), 0);
	IN_CHILD(CHECK_ERRNO(munmap(middle, PAGE), EPERM));
}

TEST(sealed_against_emptying)
{
	char *start = map_pages(2, MAP_PRIVATE);

	start[0] = 's';
	CHECK_EQ(mprotect(start, 2 * PAGE, PROT_READ), 0);
	SKIP_IF_ENOSYS(seal(start, 2 * PAGE, 0));
	CHECK_ERRNO(madvise(start, PAGE, MADV_DONTNEED), EPERM);
	CHECK_ERRNO(madvise(start, PAGE, MADV_FREE), EPERM);
	CHECK_ERRNO(madvise(start, PAGE, MADV_DONTFORK), EPERM);
	CHECK_EQ(madvise(start, PAGE, MADV_NORMAL), 0);
	CHECK_EQ(start[0], 's');
}

TEST(seal_arguments)
{
	char *start = map_pages(3, MAP_PRIVATE);

	SKIP_IF_ENOSYS(seal(start, 0, 0));
	CHECK_EQ(seal(start, 0, 0), 0);
	CHECK_ERRNO(seal(start, PAGE, 1), EINVAL);
	CHECK_ERRNO(seal(start + 1, PAGE, 0), EINVAL);
	CHECK_ERRNO(seal(start, -1UL, 0), EINVAL);
	CHECK_ERRNO(seal(start, -PAGE, 0), EINVAL);
	CHECK_EQ(munmap(start + PAGE, PAGE), 0);
	CHECK_ERRNO(seal(start, 3 * PAGE, 0), ENOMEM);
	CHECK_EQ(munmap(start, PAGE), 0); /* nothing was sealed */
	CHECK_ERRNO(seal(start, PAGE, 0), ENOMEM);
}
