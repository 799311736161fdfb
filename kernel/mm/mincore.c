/*
 * mincore: which pages are in memory.
 *
 * A page is there if an entry of the tables holds it (the zero page counts), or if it is in the
 * page cache of the file that the area shows. Who could not write to a file is told that all of it
 * is there, so that nobody learns what other people's programs have read.
 */
#include "kernel/mm/mm.h"

#include "kernel/mm/page_table.h"
#include "kernel/sched/sched.h"
#include "lib/errno.h"
#include "lib/string.h"

struct presence {
	vaddr_t start; /* what byte[0] stands for */
	uint8_t *byte;
};

static int entry_note(vaddr_t va, pte_t e, void *arg)
{
	struct presence *p = arg;

	p->byte[(va - p->start) >> PAGE_SHIFT] = 1;
	return 0;
}

/* What no entry shows may yet be in the file's cache. */
static int cache_note(struct vma *v, const struct presence *p, vaddr_t va, vaddr_t end)
{
	int err = 0;

	for (; va < end && err == 0; va += PAGE_SIZE) {
		uint8_t *byte = &p->byte[(va - p->start) >> PAGE_SHIFT];
		struct page *page;

		if (*byte)
			continue;
		page = page_cache_find(v->cache, v->pgoff + ((va - v->start) >> PAGE_SHIFT));
		*byte = page != NULL;
		page_put(page);
		err = sched_checkpoint_killable();
	}
	return err;
}

static int area_note(struct vma *v, struct presence *p, vaddr_t va, vaddr_t end)
{
	bool secret = v->ops != NULL && v->ops->file_may_tell != NULL &&
		      !v->ops->file_may_tell(v->file);
	int err;

	memset(p->byte + ((va - p->start) >> PAGE_SHIFT), secret, (end - va) >> PAGE_SHIFT);
	if (secret)
		return 0;
	err = pt_walk(v->mm, va, end, entry_note, p);
	return err == 0 && v->cache != NULL ? cache_note(v, p, va, end) : err;
}

int mm_mincore(struct mm *mm, vaddr_t start, vaddr_t end, uint8_t *present)
{
	struct presence p = { .start = start, .byte = present };
	vaddr_t va = start;
	int err = 0;

	rwlock_read_lock(&mm->lock);
	while (va < end && err == 0) {
		struct vma *v = vma_find(mm, va);

		if (v == NULL) {
			err = -ENOMEM;
			break;
		}
		err = area_note(v, &p, va, min(end, v->end));
		va = v->end;
	}
	rwlock_read_unlock(&mm->lock);
	return err;
}
