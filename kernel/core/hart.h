/*
 * Harts as the kernel counts them: dense indexes 0 .. hart_count-1, whatever numbers the hardware
 * uses.
 *
 * The array is made at boot from the device tree. What a subsystem keeps per hart it keeps in its
 * own array of hart_count elements, indexed by hart_index().
 */
#pragma once

#include "arch/hart.h"
#include "lib/types.h"

/* Bits in a mask; the largest machine QEMU's virt board builds. Harts beyond it are left off, with
 * a message. */
#define HART_MAX 512

struct hart_mask {
	uint64_t bits[HART_MAX / 64];
};

struct hart {
	unsigned index;	    /* [i] */
	uint64_t hartid;    /* [i] what firmware and interrupt controllers call it */
	struct task *idle;  /* [i] runs when nothing else does; its stack is also the boot stack */
	bool online;	    /* [a] set by the hart itself when it can run tasks */
	bool in_interrupt;  /* own hart only, but its interrupts come between: by *_ONCE */
};

extern unsigned hart_count;	 /* [i] after boot */
extern struct hart *hart_table; /* [i] hart_count elements */

/* Publishes the table, filled in (index, hartid) by whoever read the device tree; the hart that
 * booted comes first. Once, before anything is kept per hart. */
void hart_table_set(struct hart *table, unsigned count);

/* Index of the hart this code runs on. Stable only while the caller can't be switched out. */
static inline unsigned hart_index(void);
static inline struct hart *hart_this(void);

static inline void hart_mask_set(struct hart_mask *m, unsigned i)
{
	__atomic_fetch_or(&m->bits[i / 64], 1UL << (i % 64), __ATOMIC_SEQ_CST);
}

static inline void hart_mask_clear(struct hart_mask *m, unsigned i)
{
	__atomic_fetch_and(&m->bits[i / 64], ~(1UL << (i % 64)), __ATOMIC_SEQ_CST);
}

static inline bool hart_mask_test(const struct hart_mask *m, unsigned i)
{
	return __atomic_load_n(&m->bits[i / 64], __ATOMIC_SEQ_CST) >> (i % 64) & 1;
}

/* What runs here is known through the running task, so the two functions above end up there. */
#include "kernel/task/task.h"
