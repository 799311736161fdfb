/*
 * A hart may fetch stale instructions until it executes fence.i itself, so a change of code has to
 * reach every hart that may come to execute it: those that run the address space now, those that
 * load it later, and those that run another one which maps the same page of a file.
 *
 * Changes are counted, and each hart remembers the count that it has caught up with. Whoever
 * changes code counts it and makes the harts of that address space catch up; a hart that loads an
 * address space compares, and catches up if it is behind. So a change costs one remote fence for
 * harts that run the program, and at most one local fence later for each other hart, however many
 * changes there were meanwhile.
 *
 * A hart enters mm->harts before it compares, and the changer counts before it reads mm->harts: one
 * of the two sees the other.
 */
#include "kernel/mm/icache.h"

#include "arch/tlb.h"

static _Atomic uint64_t changes;
static _Atomic uint64_t seen[HART_MAX]; /* may be behind the truth, never ahead of it */

void icache_changed(struct mm *mm)
{
	atomic_fetch_add(&changes, 1);
	icache_catch_up(mm);
}

void icache_catch_up(struct mm *mm)
{
	uint64_t now = atomic_load(&changes);
	struct hart_mask behind = { 0 };
	bool any = false;

	for (unsigned i = 0; i < hart_count; i++) {
		if (hart_mask_test(&mm->harts, i) && atomic_load(&seen[i]) < now) {
			hart_mask_set(&behind, i);
			any = true;
		}
	}
	if (!any)
		return;
	icache_sync_harts(&behind);
	for (unsigned i = 0; i < hart_count; i++) {
		if (hart_mask_test(&behind, i))
			atomic_store(&seen[i], now);
	}
}

void icache_switch(void)
{
	unsigned self = hart_index();
	uint64_t now = atomic_load(&changes);

	if (atomic_load_explicit(&seen[self], memory_order_relaxed) >= now)
		return;
	icache_sync_local();
	atomic_store(&seen[self], now);
}
