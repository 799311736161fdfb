/*
 * hart.c: finding the harts of the machine, starting them, poking them.
 *
 * hart_table is made once at boot, from the cpu nodes of the device tree that are enabled and have
 * an MMU. Index 0 is the boot hart, whichever that is; the others follow in the tree's order. A
 * start is a request to the firmware: on some boards it accepts it for a hart that never comes, so
 * the caller waits for hart->online with a limit.
 *
 * LIMIT: a firmware without HSM (SBI 0.1), which lets all harts in at _start, is not supported.
 */
#include "arch/hart.h"

#include "arch/irq.h"
#include "arch/machine.h"
#include "arch/page.h"
#include "arch/riscv/csr.h"
#include "arch/riscv/isa.h"
#include "arch/riscv/sbi.h"
#include "arch/riscv/trap.h"
#include "kernel/alloc/boot_mem.h"
#include "kernel/core/crash.h"
#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "kernel/core/upcall.h"
#include "kernel/task/task.h"
#include "lib/errno.h"
#include "lib/fdt.h"

void hart_entry(void);		/* boot.S */
__noreturn void hart_main(void); /* from boot.S */

static bool harts_stopping; /* a poke means stop */

/* --- the table -------------------------------------------------------------------------------- */

static bool node_hartid(const void *fdt, int node, uint64_t *hartid)
{
	return isa_hart_usable(fdt, node) && fdt_reg_raw(fdt, node, 0, hartid, NULL) == 0;
}


void harts_find(const void *fdt, uint64_t boot_hartid, unsigned max)
{
	int cpus = fdt_path_find(fdt, "/cpus"), node;
	unsigned usable = 1, wanted, count = 1;
	struct hart *table;
	uint64_t id;

	fdt_for_each_child(node, fdt, cpus)
		usable += node_hartid(fdt, node, &id) && id != boot_hartid;
	wanted = clamp(min(max, (unsigned)HART_MAX), 1u, usable);
	table = boot_mem_alloc(wanted * sizeof(*table), _Alignof(struct hart));
	table[0].hartid = boot_hartid;
	fdt_for_each_child(node, fdt, cpus) {
		if (count == wanted || !node_hartid(fdt, node, &id) || id == boot_hartid)
			continue;
		table[count].index = count;
		table[count++].hartid = id;
	}
	hart_table_set(table, count);
	if (count < usable)
		pr_notice("using %u of %u harts", count, usable);
}

/* --- starting --------------------------------------------------------------------------------- */

/* For a hart that the firmware sends to the wrong entry (boot.S, boot_again). */
extern struct starting_hart {
	uint64_t hartid;
	struct task *idle;
} starting_hart;

int arch_hart_start(struct hart *hart)
{
	starting_hart.hartid = hart->hartid;
	starting_hart.idle = hart->idle;
	atomic_thread_fence(memory_order_seq_cst);
	return sbi_hart_start(hart->hartid, virt_to_phys(hart_entry), (uint64_t)hart->idle);
}

/* First C of a further hart: paging on, tp = hart->idle, on its stack. */
void hart_main(void)
{
	arch_hart_init();
	kernel_hart_main(hart_this());
}

/* --- poking ----------------------------------------------------------------------------------- */

void arch_ipi_send(struct hart *hart)
{
	sbi_ipi_send(1, hart->hartid);
}

void ipi_interrupt(void)
{
	csr_clear(sip, BIT(IRQ_SOFT));
	crash_stop_check();
	if (READ_ONCE(harts_stopping))
		arch_halt();
	upcall_ipi();
}

void arch_poke_others(void)
{
	unsigned i, self = hart_index();

	for (i = 0; i < hart_count; i++) {
		if (i != self && hart_table[i].online)
			arch_ipi_send(&hart_table[i]);
	}
}

void arch_stop_others(void)
{
	WRITE_ONCE(harts_stopping, true);
	arch_poke_others();
}
