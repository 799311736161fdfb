/*
 * mmap, munmap and brk: putting areas into an address space and cutting them out.
 *
 * Where a mapping goes that may go anywhere is layout.c's business.
 *
 * Check, allocate, commit: the new area is complete before what lay in its place goes.
 */
#include "kernel/mm/map.h"

#include "arch/machine.h"
#include "kernel/abi/capability.h"
#include "kernel/abi/mman.h"
#include "kernel/abi/resource.h"
#include "kernel/core/panic.h"
#include "kernel/mm/commit.h"
#include "kernel/mm/fault.h"
#include "kernel/mm/layout.h"
#include "kernel/mm/page_table.h"
#include "kernel/mm/time.h"
#include "kernel/mm/shm_object.h"
#include "kernel/task/cred.h"
#include "kernel/task/group.h"
#include "lib/errno.h"

static bool range_is_free(struct mm *mm, vaddr_t start, vaddr_t end)
{
	struct vma *v = vma_find_after(mm, start);

	return v == NULL || v->start >= end;
}

/* Free, and out of the way of a stack. */
static bool range_is_clear(struct mm *mm, vaddr_t start, vaddr_t end)
{
	struct vma *v = vma_find_after(mm, start);

	return v == NULL || vma_lowest(v) >= end;
}

int mm_place(struct mm *mm, vaddr_t hint, size_t len, vaddr_t *out)
{
	hint = ALIGN_DOWN(hint, PAGE_SIZE);
	if (hint != 0)
		hint = max(hint, MAP_LOWEST);
	if (hint != 0 && len <= USER_END && hint <= USER_END - len &&
	    range_is_clear(mm, hint, hint + len)) {
		*out = hint;
		return 0;
	}
	return mm_find_room(mm, len, out);
}

/* Where a request goes. mm->lock held for writing. */
static int map_place(struct mm *mm, const struct mm_map_request *req, size_t len, vaddr_t *out)
{
	if (req->flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) {
		if (req->addr % PAGE_SIZE != 0)
			return -EINVAL;
		if (req->addr < MAP_LOWEST && !capable(CAP_SYS_RAWIO))
			return -EPERM;
		if ((req->flags & MAP_FIXED_NOREPLACE) &&
		    !range_is_free(mm, req->addr, req->addr + len))
			return -EEXIST;
		*out = req->addr;
		return 0;
	}
	return mm_place(mm, req->addr, len, out);
}

static unsigned area_flags(const struct mm_map_request *req)
{
	unsigned flags = vma_flags_of_prot(req->prot) | VM_MAYREAD | VM_MAYEXEC | VM_MAYWRITE;
	unsigned type = req->flags & MAP_TYPE;

	if (type == MAP_SHARED || type == MAP_SHARED_VALIDATE) {
		flags |= VM_SHARED;
		if (req->file != NULL && !req->allow_write)
			flags &= ~VM_MAYWRITE;
	}
	if (req->deny_exec)
		flags &= ~VM_MAYEXEC;
	if (type == MAP_DROPPABLE)
		flags |= VM_DROPPABLE | VM_WIPEONFORK | VM_DONTDUMP | VM_NORESERVE;
	if (req->flags & MAP_GROWSDOWN)
		flags |= VM_GROWSDOWN;
	if (req->flags & MAP_STACK)
		flags |= req->flags & MAP_GROWSDOWN ? VM_STACK : 0;
	if (req->flags & MAP_LOCKED)
		flags |= VM_LOCKED;
	if ((req->flags & MAP_NORESERVE) &&
	    READ_ONCE(commit_settings.overcommit) != OVERCOMMIT_NEVER)
		flags |= VM_NORESERVE;
	return commit_counts(flags) ? flags | VM_ACCOUNT : flags;
}

static int area_attach(struct vma *v, const struct mm_map_request *req)
{
	if (req->file != NULL) {
		int err = req->attach(req->file, v);

		v->pgoff = req->offset >> PAGE_SHIFT;
		if (err == 0 && v->file == NULL)
			v->file = v->ops->file_get(req->file);
		return err;
	}
	if (v->flags & VM_SHARED)
		return shm_object_attach(v);
	if (v->flags & VM_STACK)
		v->name = "[stack]";
	return 0;
}

/* Pages of [start, end) in areas that have all these flags. */
static uint64_t pages_mapped(struct mm *mm, vaddr_t start, vaddr_t end, unsigned flags)
{
	struct vma *v = vma_find_after(mm, start);
	uint64_t pages = 0;

	for (; v != NULL && v->start < end; v = vma_next(v)) {
		if ((v->flags & flags) != flags)
			continue;
		pages += (min(v->end, end) - max(v->start, start)) >> PAGE_SHIFT;
	}
	return pages;
}

static int map_check(struct mm *mm, const struct mm_map_request *req, size_t len, unsigned flags)
{
	uint64_t limit = group_rlimit(current->group, RLIMIT_AS) >> PAGE_SHIFT;
	uint64_t pages = len >> PAGE_SHIFT, replaced = 0, counted = 0;
	vaddr_t end = req->addr + len;

	if (len == 0 || len > USER_END)
		return len == 0 ? -EINVAL : -ENOMEM;
	if ((req->flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) && req->addr > USER_END - len)
		return -ENOMEM;
	if (mm->area_count > READ_ONCE(commit_settings.max_map_count))
		return -ENOMEM;
	/* What it replaces doesn't count twice. */
	if (req->flags & MAP_FIXED) {
		replaced = pages_mapped(mm, req->addr, end, 0);
		counted = pages_mapped(mm, req->addr, end, VM_ACCOUNT);
	}
	if (mm->total_pages + pages - replaced > limit)
		return -ENOMEM;
	return commit_flags_check(mm, flags, pages - counted);
}

int mm_unmap_locked(struct mm *mm, vaddr_t start, vaddr_t end)
{
	struct vma *v, *below, *above;
	struct gather g;
	int err = mm_range_sealed(mm, start, end) ? -EPERM : vma_split_range(mm, start, end);

	if (err)
		return err;
	v = vma_find_after(mm, start);
	if (v == NULL || v->start >= end)
		return 0;
	below = vma_prev(v);
	gather_begin(&g, mm);
	err = pt_cut(&g, start, end);
	if (err)
		return err;
	while (v != NULL && v->start < end) {
		struct vma *next = vma_next(v);

		pt_zap(&g, v, v->start, v->end);
		gather_area(&g, v);
		vma_unlink_free(v);
		v = next;
	}
	above = v;
	gather_end(&g);
	pt_free_range(mm, start, end, below != NULL ? below->end : 0,
		      above != NULL ? above->start : USER_END);
	return 0;
}

static int map_locked(struct mm *mm, const struct mm_map_request *req, size_t len, vaddr_t *out)
{
	unsigned flags = area_flags(req) | mm->default_flags;
	struct vma *v;
	int err = map_check(mm, req, len, flags);

	if (err == 0)
		err = map_place(mm, req, len, out);
	if (err)
		return err;
	if (!mm_deny_exec_allows(mm, flags, flags))
		return -EACCES;
	if ((req->flags & MAP_LOCKED) && !mm_can_lock())
		return -EPERM;
	if (!mm_may_lock(mm, flags, len))
		return -EAGAIN;
	v = vma_create(mm, *out, *out + len, flags);
	if (v == NULL)
		return -ENOMEM;
	err = area_attach(v, req);
	if (err == 0 && (req->flags & MAP_FIXED))
		err = mm_unmap_locked(mm, v->start, v->end);
	if (err) {
		vma_free(v);
		return err;
	}
	vma_link(v);
	if (v->ops != NULL && v->ops->file_mapped != NULL) {
		err = v->ops->file_mapped(v->file, v);
		if (err) {
			vma_unlink_free(v);
			return err;
		}
	}
	vma_merge(v);
	return 0;
}

int mm_map(struct mm *mm, const struct mm_map_request *req, vaddr_t *out)
{
	size_t len = ALIGN_UP(req->len, PAGE_SIZE);
	bool locked;
	int err;

	if (req->len != 0 && len == 0)
		return -ENOMEM;
	err = rwlock_write_lock_killable(&mm->lock);
	if (err)
		return err;
	err = map_locked(mm, req, len, out);
	locked = (req->flags & MAP_LOCKED) || mm->default_flags != 0;
	rwlock_write_unlock(&mm->lock);
	if (err == 0 && (locked || (req->flags & (MAP_POPULATE | MAP_NONBLOCK)) == MAP_POPULATE))
		(void)!mm_populate_areas(mm, *out, *out + len, true);
	return err;
}

int mm_unmap_range(struct mm *mm, vaddr_t addr, size_t len)
{
	if (addr % PAGE_SIZE != 0 || len == 0 || len > USER_END ||
	    addr > USER_END - ALIGN_UP(len, PAGE_SIZE))
		return -EINVAL;
	return mm_unmap_locked(mm, addr, addr + ALIGN_UP(len, PAGE_SIZE));
}

int mm_unmap(struct mm *mm, vaddr_t addr, size_t len)
{
	int err = rwlock_write_lock_killable(&mm->lock);

	if (err)
		return err;
	err = mm_unmap_range(mm, addr, len);
	rwlock_write_unlock(&mm->lock);
	return err;
}

static int brk_grow(struct mm *mm, vaddr_t from, vaddr_t to)
{
	struct mm_map_request req = {.addr = from,
				     .len = to - from,
				     .prot = PROT_READ | PROT_WRITE,
				     .flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE};
	vaddr_t at;

	return map_locked(mm, &req, to - from, &at);
}

vaddr_t mm_brk(struct mm *mm, vaddr_t new_brk)
{
	uint64_t data_limit = group_rlimit(current->group, RLIMIT_DATA);
	vaddr_t from, to;
	bool locked;
	int err = 0;

	rwlock_write_lock(&mm->lock);
	from = ALIGN_UP(mm->brk, PAGE_SIZE);
	to = ALIGN_UP(new_brk, PAGE_SIZE);
	if (new_brk < mm->brk_start || new_brk > USER_END)
		err = -EINVAL;
	else if (to > from)
		err = new_brk - mm->brk_start + mm->data_end - mm->data_start > data_limit ?
			      -ENOMEM :
			      brk_grow(mm, from, to);
	else if (to < from)
		err = mm_unmap_locked(mm, to, from);
	if (err == 0)
		mm->brk = new_brk;
	new_brk = mm->brk;
	locked = mm->default_flags != 0;
	rwlock_write_unlock(&mm->lock);
	if (err == 0 && locked && to > from)
		(void)!mm_populate_areas(mm, from, to, true);
	return new_brk;
}

int mm_map_kernel_pages(struct mm *mm, vaddr_t addr, const void *start, size_t len, unsigned prot,
			const char *name)
{
	struct vma *v =
		vma_create(mm, addr, addr + len,
			   vma_flags_of_prot(prot) | VM_MAYREAD | VM_MAYEXEC | VM_KERNEL_PAGES);

	assert(addr % PAGE_SIZE == 0 && len % PAGE_SIZE == 0);
	if (v == NULL)
		return -ENOMEM;
	v->kernel_pages = start;
	v->name = name;
	rwlock_write_lock(&mm->lock);
	vma_link(v);
	rwlock_write_unlock(&mm->lock);
	return 0;
}

int mm_map_vdso(struct mm *mm)
{
	size_t len = vdso_end - vdso_start;
	vaddr_t at;
	int err;

	rwlock_write_lock(&mm->lock);
	err = mm_find_room(mm, len + PAGE_SIZE, &at);
	rwlock_write_unlock(&mm->lock);
	if (err == 0)
		err = mm_map_kernel_pages(mm, at, mm_time_page(mm), PAGE_SIZE, PROT_READ,
					  "[vvar]");
	if (err == 0)
		err = mm_map_kernel_pages(mm, at + PAGE_SIZE, vdso_start, len,
					  PROT_READ | PROT_EXEC, "[vdso]");
	mm->vdso = at + PAGE_SIZE;
	return err;
}
