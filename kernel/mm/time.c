/*
 * Time namespaces and the vDSO.
 *
 * In all but the first namespace the vDSO's data page is another one, which says that every clock
 * is to be had by a system call. That is slower, but such programs are few, and the page that all
 * others read needs no word about them. mm->time is NULL for the first, so that whoever reads a
 * clock finds out by one comparison.
 */
#include "kernel/mm/time.h"

#include "arch/machine.h"
#include "kernel/mm/page_table.h"
#include "kernel/mm/vma.h"
#include "lib/errno.h"

static int64_t offset_of(enum time_clock clock)
{
	const struct mm *mm = current->mm;

	return mm == NULL || mm->time == NULL ? 0 : mm->time->offset_ns[clock];
}

/* Offsets are bounded so that a clock's sum can't overflow. */
static uint64_t plus(uint64_t ns, int64_t offset)
{
	if (offset < 0)
		return ns > (uint64_t)-offset ? ns - (uint64_t)-offset : 0;
	return ns > UINT64_MAX - (uint64_t)offset ? UINT64_MAX : ns + (uint64_t)offset;
}

uint64_t clock_shown_ns(enum time_clock clock, uint64_t ns)
{
	return plus(ns, offset_of(clock));
}

uint64_t clock_meant_ns(enum time_clock clock, uint64_t shown_ns)
{
	return plus(shown_ns, -offset_of(clock));
}

struct time_ns *mm_time(const struct mm *mm)
{
	return mm->time != NULL ? mm->time : &init_time_ns;
}

const void *mm_time_page(const struct mm *mm)
{
	return mm->time == NULL ? (const void *)&vdso_data : &vdso_data_by_call;
}

/* Shows another page where the vDSO looks, if it is still there. lock held. */
static int page_exchange(struct mm *mm, const void *page)
{
	struct vma *v = mm->vdso != 0 ? vma_find(mm, mm->vdso - PAGE_SIZE) : NULL;
	struct gather g;
	int err;

	if (v == NULL || v->kernel_pages != mm_time_page(mm))
		return 0;
	gather_begin(&g, mm);
	err = pt_cut(&g, v->start, v->end);
	if (err == 0) {
		pt_zap(&g, v, v->start, v->end);
		v->kernel_pages = page;
	}
	gather_end(&g);
	return err;
}

int mm_time_set(struct mm *mm, struct time_ns *ns)
{
	bool first = ns == &init_time_ns;
	struct time_ns *old = mm->time;
	int err;

	if (ns == mm_time(mm))
		return 0;
	rwlock_write_lock(&mm->lock);
	err = page_exchange(mm, first ? (const void *)&vdso_data : &vdso_data_by_call);
	if (err == 0) {
		irqflags_t irq = spin_lock_irqsave(&tasks_lock); /* /proc looks under it */

		mm->time = first ? NULL : time_ns_of(ns_get(&ns->ns));
		spin_unlock_irqrestore(&tasks_lock, irq);
	}
	rwlock_write_unlock(&mm->lock);
	if (err)
		return err;
	time_ns_enter(ns);
	if (old != NULL)
		ns_put(&old->ns);
	return 0;
}
