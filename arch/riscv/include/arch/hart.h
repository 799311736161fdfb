/*
 * Harts: who runs here, starting others, poking them.
 *
 * In the kernel tp holds the running task; everything per-hart is found through it.
 */
#pragma once

#include "lib/types.h"

struct task;
struct hart;

static inline struct task *task_current(void)
{
	struct task *t;

	__asm__("mv %0, tp" : "=r"(t));
	return t;
}
#define current task_current()

/* Hint for a spinning loop. */
static inline void hart_relax(void)
{
	__asm__ volatile("nop" ::: "memory");
}

/* Waits for an interrupt, pending ones included, whether or not they are enabled (wfi). */
static inline void hart_wait(void)
{
	__asm__ volatile("wfi" ::: "memory");
}

/* Fills hart_table from the device tree: harts that are enabled and have an MMU, the boot hart
 * first, max at most. The table comes from boot memory. */
void harts_find(const void *fdt, uint64_t boot_hartid, unsigned max);

/* Starts a hart that is off (SBI HSM); it comes up in hart->idle on its kernel stack, calling
 * kernel_hart_main (kernel/core/upcall.h). 0, or -errno when the firmware refuses. Does not
 * wait. */
int arch_hart_start(struct hart *hart) __must_check;

/* Interrupts a hart so that it looks at its work (upcall_ipi is called there). */
void arch_ipi_send(struct hart *hart);

/* One-line description of the ISA for /proc/cpuinfo, e.g. "rv64imafdc"; mmu is "sv39". */
const char *arch_isa_string(unsigned hart_index);
