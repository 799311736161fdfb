/*
 * Another address space's memory, page by page through the direct map. Each page is faulted in as
 * the task itself would have it, then held by a reference while bytes are copied. mm->lock is held
 * until that is done, so that the checker, which takes it, sees no reference that is not a table's.
 */
#include "kernel/mm/mm.h"

#include "kernel/mm/fault.h"
#include "kernel/mm/page_table.h"
#include "lib/errno.h"
#include "lib/string.h"

/* The page that is there at va and may be accessed in that way, counted; or NULL. Who wants to
 * write needs a table of mm's own: in a shared one an entry's permission means nothing. */
static struct page *entry_page(struct mm *mm, vaddr_t va, enum fault_access access)
{
	struct page *p = NULL;
	pte_t *table, e;

	if (access == FAULT_WRITE && pt_leaf_own(mm, va) == NULL)
		return NULL;
	table = pt_leaf_lock(mm, va);
	if (table == NULL)
		return NULL;
	pt_assert_locked(table);
	e = *pt_slot(table, va);
	if (pte_present(e) && (access != FAULT_WRITE || (e & PTE_W)))
		p = page_get(pte_page(e));
	pt_unlock(table);
	return p;
}

/* The same, made accessible if need be; NULL if there is none to be had. mm->lock held. */
static struct page *remote_page(struct mm *mm, vaddr_t va, enum fault_access access)
{
	struct vma *v = vma_find(mm, va);
	struct page *p = NULL;

	for (int tries = 0; v != NULL && p == NULL && tries < 3; tries++) {
		p = entry_page(mm, va, access);
		if (p == NULL && mm_fault_in(mm, v, va, access) != 0)
			break;
	}
	return p;
}

static size_t remote_copy(struct mm *mm, vaddr_t addr, char *buf, size_t n,
			  enum fault_access access)
{
	size_t done = 0;

	while (done < n) {
		size_t offset = (addr + done) % PAGE_SIZE, part = min(PAGE_SIZE - offset, n - done);
		struct page *p;

		if (addr + done >= USER_END)
			break;
		rwlock_read_lock(&mm->lock);
		p = remote_page(mm, (addr + done) & PAGE_MASK, access);
		if (p == NULL) {
			rwlock_read_unlock(&mm->lock);
			break;
		}
		if (access == FAULT_WRITE)
			memcpy((char *)page_address(p) + offset, buf + done, part);
		else
			memcpy(buf + done, (char *)page_address(p) + offset, part);
		page_put(p);
		rwlock_read_unlock(&mm->lock);
		done += part;
	}
	return done;
}

size_t mm_read_remote(struct mm *mm, vaddr_t addr, void *buf, size_t n)
{
	return remote_copy(mm, addr, buf, n, FAULT_READ);
}

size_t mm_write_remote(struct mm *mm, vaddr_t addr, const void *buf, size_t n)
{
	return remote_copy(mm, addr, (char *)buf, n, FAULT_WRITE);
}

int mm_word_key(struct mm *mm, vaddr_t addr, bool shared, struct mm_word_key *key)
{
	struct vma *v;
	int err = 0;

	*key = (struct mm_word_key){ .object = mm, .offset = addr };
	if (!shared)
		return 0;
	rwlock_read_lock(&mm->lock);
	v = vma_find(mm, addr);
	if (v == NULL) {
		err = -EFAULT;
	} else if (v->cache == NULL && !(v->flags & VM_WRITE)) {
		err = -EFAULT; /* as on Linux: nobody could ever change that word */
	} else if (v->cache != NULL && (v->flags & VM_SHARED)) {
		key->object = v->cache;
		key->offset = (v->pgoff << PAGE_SHIFT) + (addr - v->start);
		ref_get(v->cache->owner_ref);
		key->pinned = v->cache;
	} else {
		key->offset |= 1; /* words are aligned: not what a private call means */
	}
	rwlock_read_unlock(&mm->lock);
	return err;
}

void mm_word_key_put(struct mm_word_key *key)
{
	if (key->pinned != NULL)
		key->pinned->owner_put(key->pinned->owner);
	key->pinned = NULL;
}
