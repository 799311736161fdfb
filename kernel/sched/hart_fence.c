/*
 * Barriers by interrupt. For each hart two counters: how many barriers it was asked for, and the
 * highest of them that it has answered. Who asks raises the first, pokes the hart, and waits until
 * the second is as high.
 */
#include "kernel/sched/hart_fence.h"

#include <stdatomic.h>

#include "kernel/sched/mutex.h"
#include "kernel/sched/runqueue.h"

/* One at a time: who waits for his turn sleeps, and is not in the way of the one that is on. */
static struct mutex fence_lock = MUTEX_INIT(fence_lock, "hart fence", LOCK_RANK_FENCE);

static _Atomic uint64_t asked[HART_MAX], answered[HART_MAX];

void harts_fence(const struct hart_mask *mask)
{
	struct hart_mask waiting = { 0 };
	unsigned self;

	mutex_lock(&fence_lock);
	self = hart_index(); /* for good: nothing below sleeps */
	atomic_thread_fence(memory_order_seq_cst);
	for (unsigned i = 0; i < hart_count; i++) {
		if (i == self || (mask != NULL && !hart_mask_test(mask, i)) ||
		    !hart_mask_test(&sched_online, i))
			continue;
		atomic_fetch_add(&asked[i], 1);
		arch_ipi_send(&hart_table[i]);
		hart_mask_set(&waiting, i);
	}
	for (unsigned i = 0; i < hart_count; i++) {
		uint64_t ticket = atomic_load(&asked[i]);

		while (hart_mask_test(&waiting, i) && atomic_load(&answered[i]) < ticket)
			hart_relax();
	}
	atomic_thread_fence(memory_order_seq_cst);
	mutex_unlock(&fence_lock);
}

void hart_fence_answer(void)
{
	unsigned self = hart_index();
	uint64_t ticket = atomic_load(&asked[self]);

	if (atomic_load_explicit(&answered[self], memory_order_relaxed) >= ticket)
		return;
	atomic_thread_fence(memory_order_seq_cst);
	atomic_store(&answered[self], ticket);
}
