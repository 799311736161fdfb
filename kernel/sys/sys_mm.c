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
	int err;

	if (!shared && type != MAP_PRIVATE)
		return -EINVAL;
	if (type == MAP_SHARED_VALIDATE && (req->flags & ~MAP_VALID))
		return -EOPNOTSUPP; /* that is what it is for */
	req->file = f;
	req->deny_exec = f->path.mnt != NULL && (f->path.mnt->flags & MS_NOEXEC);
	if (!req->deny_exec)
		req->prot = prot_asked(req->prot);
	req->attach = file_map_attach;
	err = file_map_check(f, req->prot, shared, &req->allow_write);
	return err == 0 && (req->flags & MAP_GROWSDOWN) ? -EINVAL : err;
}

static int map_anonymous_check(struct mm_map_request *req)
{
	unsigned type = req->flags & MAP_TYPE;

	req->prot = prot_asked(req->prot);
	if (type == MAP_SHARED)
		return req->flags & MAP_GROWSDOWN ? -EINVAL : 0;
	if (type == MAP_DROPPABLE) /* neither locked nor a stack: those must not vanish */
		return req->flags & (MAP_GROWSDOWN | MAP_LOCKED) ? -EINVAL : 0;
	return type == MAP_PRIVATE ? 0 : -EINVAL;
}

/* There are no large pages in the pool, and never will be any. */
static int map_huge_check(unsigned flags, bool anonymous)
{
	unsigned shift = flags >> MAP_HUGE_SHIFT & MAP_HUGE_MASK;
	bool known = shift == 0 || 1UL << shift == PT_SPAN(1) || 1UL << shift == PT_SPAN(2);

	if (!(flags & MAP_HUGETLB))
		return 0;
	return anonymous && known ? -ENOMEM : -EINVAL;
}

static long map_checked(struct mm_map_request *req, bool anonymous)
{
	int err = map_huge_check(req->flags, anonymous);
	vaddr_t at;

	if (err)
		return err;
	if (req->flags & MAP_FIXED_NOREPLACE)
		req->flags &= ~MAP_FIXED;
	err = mm_map(current->mm, req, &at);
	return err ? err : (long)at;
}

static long map_file(struct mm_map_request *req, struct file *f)
{
	uint64_t len = ALIGN_UP(req->len, PAGE_SIZE);
	int err;

	if (req->len == 0)
		return -EINVAL;
	if (len == 0)
		return -ENOMEM;
	if (req->offset + len < req->offset)
		return -EOVERFLOW;
	err = map_file_check(req, f);
	return err ? err : map_checked(req, false);
}

long sys_mmap(unsigned long addr, size_t len, int prot, int flags, int fd, uint64_t offset)
{
	struct mm_map_request req = { .addr = addr, .len = len, .prot = prot, .flags = flags,
				      .offset = offset };
	struct file *f;
	long ret;

	if (offset % PAGE_SIZE != 0)
		return -EINVAL;
	if (flags & MAP_ANONYMOUS) {
		ret = len == 0 ? -EINVAL : map_anonymous_check(&req);
		return ret ? ret : map_checked(&req, true);
	}
	f = fd_get(fd);
	if (f == NULL)
		return -EBADF;
	ret = map_file(&req, f);
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
