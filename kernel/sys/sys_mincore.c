/*
 * mincore(2): a chunk of the answer at a time goes out to the caller.
 */
#include "gen/syscalls_proto.h"

#include "arch/uaccess.h"
#include "kernel/alloc/slab.h"
#include "kernel/mm/mm.h"
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
