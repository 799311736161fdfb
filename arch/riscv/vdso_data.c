/*
 * vdso_data.c: the page that user mode reads clocks from, and where the return trampoline is.
 *
 * Writers take data_lock; readers are programs, which retry while seq is odd or has changed.
 */
#include "arch/machine.h"

#include "arch/page.h"
#include "kernel/core/clock.h"
#include "kernel/core/spinlock.h"

struct vdso_data vdso_data __aligned(4096) __section(".bss.page");
static_assert(sizeof(struct vdso_data) <= PAGE_SIZE, "vDSO data is one page");

const union vdso_page vdso_data_by_call __aligned(4096) = { .data = { .by_call = 1 } };

static struct spinlock data_lock = SPINLOCK_INIT("vdso data", LOCK_RANK_DEVICE);

const uint64_t vdso_sigreturn_offset = 0xc00; /* vdso.lds puts it there */

void vdso_clock_update(void)
{
	irqflags_t flags = spin_lock_irqsave(&data_lock);
	struct clock_params p;

	clock_params_get(&p);
	WRITE_ONCE(vdso_data.seq, vdso_data.seq + 1);
	__asm__ volatile("fence w, w" ::: "memory");
	vdso_data.base_ticks = p.base_ticks;
	vdso_data.ns_whole = p.ns_whole;
	vdso_data.ns_fraction = p.ns_fraction;
	vdso_data.real_offset_ns = p.real_offset_ns;
	__asm__ volatile("fence w, w" ::: "memory");
	WRITE_ONCE(vdso_data.seq, vdso_data.seq + 1);
	spin_unlock_irqrestore(&data_lock, flags);
}
