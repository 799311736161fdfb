/*
 * The memory calls: arguments checked, one function of kernel/mm called.
 */
#include "gen/syscalls_proto.h"

#include "arch/uaccess.h"
#include "kernel/abi/mman.h"
#include "kernel/abi/mount.h"
#include "kernel/abi/personality.h"
#include "kernel/fs/file.h"
#include "kernel/fs/file_map.h"
#include "kernel/fs/files.h"
#include "kernel/fs/mount.h"
#include "kernel/mm/icache.h"
#include "kernel/mm/vma.h"
#include "lib/errno.h"

/* A persona may take reading for executing. */
static unsigned prot_asked(unsigned prot)
{
	bool exec = (prot & PROT_READ) && (current->personality & READ_IMPLIES_EXEC);

	return exec ? prot | PROT_EXEC : prot;
}

/* What the descriptor and the file must allow for a mapping; fills the request's file part.
 * Consumes nothing. */
static int map_file_check(struct mm_map_request *req, struct file *f)
{
	unsigned type = req->flags & MAP_TYPE;
	bool shared = type == MAP_SHARED || type == MAP_SHARED_VALIDATE;

	req->file = f;
	if (f->path.mnt == NULL || !(f->path.mnt->flags & MS_NOEXEC))
		req->prot = prot_asked(req->prot);
	req->attach = file_map_attach;
	return file_map_check(f, req->prot, shared, &req->allow_write);
}

static long map_checked(struct mm_map_request *req)
{
	vaddr_t at;
	int err;

	if ((req->prot &
	     ~(PROT_READ | PROT_WRITE | PROT_EXEC | PROT_SEM | PROT_GROWSDOWN | PROT_GROWSUP)) ||
	    req->flags & MAP_HUGETLB)
		return -EINVAL;
	if (req->flags & MAP_FIXED_NOREPLACE)
		req->flags &= ~MAP_FIXED;
	err = mm_map(current->mm, req, &at);
	return err ? err : (long)at;
}

long sys_mmap(unsigned long addr, size_t len, int prot, int flags, int fd, uint64_t offset)
{
	struct mm_map_request req = { .addr = addr, .len = len, .prot = prot, .flags = flags,
				      .offset = offset };
	unsigned type = flags & MAP_TYPE;
	struct file *f;
	long ret;

	if (offset % PAGE_SIZE != 0 || len == 0)
		return -EINVAL;
	if (flags & MAP_ANONYMOUS) {
		if (type != MAP_SHARED && type != MAP_PRIVATE)
			return -EINVAL;
		req.prot = prot_asked(req.prot);
		return map_checked(&req);
	}
	f = fd_get(fd);
	if (f == NULL)
		return -EBADF;
	if (type != MAP_SHARED && type != MAP_PRIVATE && type != MAP_SHARED_VALIDATE)
		ret = -EINVAL;
	else if (offset + len < offset)
		ret = -EOVERFLOW;
	else
		ret = map_file_check(&req, f);
	if (ret == 0)
		ret = map_checked(&req);
	file_put(f);
	return ret;
}

long sys_munmap(unsigned long addr, size_t len)
{
	return mm_unmap(current->mm, addr, len);
}

long sys_mprotect(unsigned long addr, size_t len, unsigned long prot)
{
	return mm_protect(current->mm, addr, len, prot_asked((unsigned)prot));
}

long sys_brk(unsigned long brk)
{
	return (long)mm_brk(current->mm, brk);
}

long sys_mremap(unsigned long addr, size_t old_len, size_t new_len, unsigned long flags,
		unsigned long new_addr)
{
	vaddr_t at;
	int err = mm_remap(current->mm, addr, old_len, new_len, (unsigned)flags, new_addr, &at);

	return err ? err : (long)at;
}

long sys_madvise(unsigned long addr, size_t len, int advice)
{
	return mm_advise(current->mm, addr, len, advice);
}

/* Shared pages are the file's own, so there is nothing to write back; what is left is to say
 * whether all is mapped. */
long sys_msync(unsigned long addr, size_t len, int flags)
{
	size_t aligned = ALIGN_UP(len, PAGE_SIZE);
	vaddr_t va = addr;
	long err = 0;

	if ((flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) || addr % PAGE_SIZE != 0 ||
	    ((flags & MS_ASYNC) && (flags & MS_SYNC)))
		return -EINVAL;
	if (addr + aligned < addr || aligned < len)
		return -ENOMEM;
	rwlock_read_lock(&current->mm->lock);
	while (va < addr + aligned && err == 0) {
		struct vma *v = vma_find(current->mm, va);

		if (v == NULL)
			err = -ENOMEM;
		else if ((flags & MS_INVALIDATE) && (v->flags & VM_LOCKED))
			err = -EBUSY;
		else
			va = v->end;
	}
	rwlock_read_unlock(&current->mm->lock);
	return err;
}

long sys_mseal(unsigned long addr, size_t len, unsigned long flags)
{
	size_t aligned = ALIGN_UP(len, PAGE_SIZE);

	if (flags || addr % PAGE_SIZE != 0 || (len != 0 && aligned == 0) || addr + aligned < addr)
		return -EINVAL;
	return len != 0 ? mm_seal(current->mm, addr, addr + aligned) : 0;
}

/* Makes every hart that runs the caller's program, now or later, fetch what was written. With flag
 * 1 it is enough that the caller does; but he may move to another hart, so all do. */
long sys_riscv_flush_icache(unsigned long start, unsigned long end, unsigned long flags)
{
	if (flags & ~1UL)
		return -EINVAL;
	icache_changed(current->mm);
	return 0;
}
