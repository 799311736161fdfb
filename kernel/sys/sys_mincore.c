/*
 * What is in memory: of an address range, mincore(2), a chunk of the answer at a time; of a file,
 * cachestat(2).
 *
 * NOTE(linux): no file here is written back to anything, so none of its pages is dirty, as there in
 * tmpfs; and of pages that were dropped nothing is remembered.
 */
#include "gen/syscalls_proto.h"

#include "arch/uaccess.h"
#include "kernel/abi/mman.h"
#include "kernel/alloc/slab.h"
#include "kernel/fs/file.h"
#include "kernel/fs/files.h"
#include "kernel/fs/inode.h"
#include "kernel/mm/mm.h"
#include "kernel/mm/page_cache.h"
#include "kernel/sched/sched.h"
#include "lib/errno.h"

#define CHUNK 4096u /* pages asked about at once */

static long mincore_chunks(vaddr_t start, uint64_t pages, uint8_t __user *vec, uint8_t *bytes)
{
	long err = 0;

	while (pages > 0 && err == 0) {
		uint64_t n = min_t(uint64_t, pages, CHUNK);

		err = mm_mincore(current->mm, start, start + n * PAGE_SIZE, bytes);
		if (err == 0)
			err = copy_to_user(vec, bytes, n);
		start += n * PAGE_SIZE;
		vec += n;
		pages -= n;
	}
	return err;
}

long sys_mincore(unsigned long addr, size_t len, uint8_t __user *vec)
{
	uint64_t pages = DIV_ROUND_UP(len, PAGE_SIZE);
	uint8_t *bytes;
	long err;

	if (addr % PAGE_SIZE != 0)
		return -EINVAL;
	if (!user_range_ok((const void __user *)addr, len))
		return -ENOMEM;
	if (!user_range_ok(vec, pages))
		return -EFAULT;
	bytes = kmalloc(CHUNK, 0);
	if (bytes == NULL)
		return -ENOMEM;
	err = mincore_chunks(addr, pages, vec, bytes);
	kfree(bytes);
	return err;
}

/* Pages from first to last, both included, that are there: run by run. */
static uint64_t cache_count(struct page_cache *c, uint64_t first, uint64_t last)
{
	uint64_t count = 0, hole;

	while (first <= last) {
		first = page_cache_next(c, first, true);
		if (first > last)
			break;
		hole = page_cache_next(c, first, false);
		count += min(hole - 1, last) - first + 1;
		first = hole;
		sched_checkpoint();
	}
	return count;
}

static uint64_t file_count_cached(const struct file *f, const struct abi_cachestat_range *range)
{
	uint64_t last = range->offset + range->length - 1;

	if (f->inode->cache == NULL)
		return 0;
	if (range->length == 0)
		last = UINT64_MAX;
	return cache_count(f->inode->cache, range->offset >> PAGE_SHIFT, last >> PAGE_SHIFT);
}

long sys_cachestat(int fd, const struct abi_cachestat_range __user *urange,
		   struct abi_cachestat __user *stat, unsigned flags)
{
	struct abi_cachestat_range range;
	struct abi_cachestat result = { 0 };
	struct file *f = fd_get(fd);
	long err = 0;

	if (f == NULL)
		return -EBADF;
	if (copy_from_user(&range, urange, sizeof(range)))
		err = -EFAULT;
	else if (flags)
		err = -EINVAL;
	else
		result.cached = file_count_cached(f, &range);
	file_put(f);
	return err ? err : copy_to_user(stat, &result, sizeof(result));
}
