/*
 * One counter of promised pages, and three ways to look at it:
 *
 *	0 guess    refuses only one promise that is larger than all memory
 *	1 always   refuses nothing
 *	2 never    the sum stays below commit_limit(), less a part that is kept for root (so that
 *		   the one who would clean up can log in) and, for one large process, less a part
 *		   of its own size (so that it can't shut out everybody else)
 *
 * The counter is what the areas and objects add up to, in every mode, so that the mode may change
 * at any time: an area counts while it is in its address space, wherever its bounds move (vma.c).
 *
 * NOTE(linux): the question whether an area may grow and the count are two steps; address spaces
 * that ask at the same moment can together pass mode 2's limit by what one of them asked for.
 */
#include "kernel/mm/commit.h"

#include "kernel/abi/capability.h"
#include "kernel/abi/resource.h"
#include "kernel/alloc/page.h"
#include "kernel/mm/vma.h"
#include "kernel/task/cred.h"
#include "kernel/task/group.h"
#include "lib/errno.h"

struct commit_settings commit_settings = { .ratio = 50, .max_map_count = 65530 };

static atomic_long committed; /* pages */

static uint64_t pages_of_kib(uint64_t kib)
{
	return kib / (PAGE_SIZE / 1024);
}

/* 3 % of memory, but not more than a shell and a few tools need (8 MiB), or a user's (128 MiB). */
void commit_init(void)
{
	uint64_t kib = page_total() * (PAGE_SIZE / 1024);

	commit_settings.admin_reserve_kib = min(kib / 32, (uint64_t)8 << 10);
	commit_settings.user_reserve_kib = min(kib / 32, (uint64_t)128 << 10);
}

uint64_t commit_total(void)
{
	return (uint64_t)max(atomic_load_explicit(&committed, memory_order_relaxed), 0L);
}

uint64_t commit_limit(void)
{
	uint64_t kib = READ_ONCE(commit_settings.limit_kib);

	return kib != 0 ? pages_of_kib(kib)
			: page_total() * READ_ONCE(commit_settings.ratio) / 100;
}

/* What is left of the limit for current to promise to mm. */
static uint64_t limit_for(const struct mm *mm)
{
	uint64_t limit = commit_limit(), less = 0;

	if (!capable(CAP_SYS_ADMIN))
		less += pages_of_kib(READ_ONCE(commit_settings.admin_reserve_kib));
	if (mm != NULL)
		less += min(mm->total_pages / 32,
			    pages_of_kib(READ_ONCE(commit_settings.user_reserve_kib)));
	return limit > less ? limit - less : 0;
}

static bool may_promise(const struct mm *mm, uint64_t pages)
{
	switch (READ_ONCE(commit_settings.overcommit)) {
	case OVERCOMMIT_ALWAYS:
		return true;
	case OVERCOMMIT_NEVER:
		return commit_total() < limit_for(mm);
	default:
		return pages <= page_total();
	}
}

int commit_reserve(const struct mm *mm, uint64_t pages)
{
	if (pages == 0)
		return 0;
	commit_add((long)pages);
	if (likely(may_promise(mm, pages)))
		return 0;
	commit_release(pages);
	return -ENOMEM;
}

void commit_release(uint64_t pages)
{
	commit_add(-(long)pages);
}

void commit_add(long pages)
{
	atomic_fetch_add_explicit(&committed, pages, memory_order_relaxed);
}

bool commit_counts(unsigned flags)
{
	return (flags & (VM_WRITE | VM_SHARED | VM_NORESERVE)) == VM_WRITE;
}

static bool is_data(unsigned flags)
{
	return (flags & (VM_WRITE | VM_SHARED | VM_GROWSDOWN)) == VM_WRITE;
}

int commit_promise_check(const struct mm *mm, unsigned flags, uint64_t pages)
{
	int err = flags & VM_ACCOUNT ? commit_reserve(mm, pages) : 0;

	if ((flags & VM_ACCOUNT) && err == 0)
		commit_release(pages);
	return err;
}

int commit_flags_check(const struct mm *mm, unsigned flags, uint64_t pages)
{
	uint64_t limit = group_rlimit(current->group, RLIMIT_DATA) >> PAGE_SHIFT;

	if (is_data(flags) && mm->data_pages + pages > limit)
		return -ENOMEM;
	return commit_promise_check(mm, flags, pages);
}

int commit_area_check(const struct mm *mm, unsigned flags, uint64_t pages)
{
	if (mm->total_pages + pages > group_rlimit(current->group, RLIMIT_AS) >> PAGE_SHIFT)
		return -ENOMEM;
	return commit_flags_check(mm, flags, pages);
}
