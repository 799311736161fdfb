/*
 * Making the pages of a range be there before anybody touches them: MAP_POPULATE, MADV_POPULATE_*,
 * the mlock family.
 *
 * The range may be gigabytes. So it goes in batches, each under mm->lock for reading; between two
 * of them others get the lock and the hart, and a task that is to die stops. What they do to the
 * areas meanwhile is found at the next look.
 */
#include "kernel/mm/fault.h"

#include "kernel/sched/sched.h"
#include "lib/errno.h"

#define BATCH 64 /* pages made under one hold of the lock */

struct populate {
	struct mm *mm;
	vaddr_t at, end;
	bool by_area;	  /* else `access`, and holes are errors */
	bool forgiving;
	bool hole;
	enum fault_access access;
};

/* How a page of v is first used. */
static enum fault_access area_access(const struct vma *v)
{
	if ((v->flags & (VM_WRITE | VM_SHARED)) == VM_WRITE)
		return FAULT_WRITE;
	return v->flags & (VM_READ | VM_WRITE) ? FAULT_READ : FAULT_EXEC;
}

/* One page, or as many as there is nothing to do for. */
static int populate_step(struct populate *p, struct vma *v)
{
	int err;

	if (p->by_area && (v->flags & VM_LOCKONFAULT)) {
		p->at = v->end;
		return 0;
	}
	/* A load from what may only be written works, yet MADV_POPULATE_READ asks for more. */
	if (!p->by_area && p->access == FAULT_READ && !(v->flags & VM_READ))
		return -EFAULT;
	err = mm_fault_in(p->mm, v, p->at, p->by_area ? area_access(v) : p->access);
	if (err == 0)
		p->at += PAGE_SIZE;
	else if (p->forgiving && err != -ENOMEM)
		p->at = v->end;
	else
		return err;
	return 0;
}

static int populate_batch(struct populate *p)
{
	struct vma *v = NULL;
	int err = 0;

	rwlock_read_lock(&p->mm->lock);
	for (unsigned n = 0; n < BATCH && p->at < p->end && err == 0; n++) {
		if (v == NULL || p->at >= v->end)
			v = vma_find_after(p->mm, p->at);
		if (v == NULL || v->start > p->at) {
			p->hole = !p->by_area;
			err = p->hole ? -ENOMEM : 0;
			p->at = v != NULL ? v->start : p->end;
			continue;
		}
		err = populate_step(p, v);
	}
	rwlock_read_unlock(&p->mm->lock);
	return err;
}

static int populate_run(struct populate *p)
{
	int err = 0;

	while (p->at < p->end && err == 0) {
		err = populate_batch(p);
		if (err == -ENOMEM && !p->hole && upcall_out_of_memory())
			err = 0;
		if (err == 0)
			err = sched_checkpoint_killable();
	}
	return err;
}

int mm_populate(struct mm *mm, vaddr_t start, vaddr_t end, enum fault_access access)
{
	struct populate p = { .mm = mm, .at = start, .end = end, .access = access };

	return populate_run(&p);
}

int mm_populate_areas(struct mm *mm, vaddr_t start, vaddr_t end, bool forgiving)
{
	struct populate p = { .mm = mm, .at = start, .end = end, .by_area = true,
			      .forgiving = forgiving };

	return populate_run(&p);
}
