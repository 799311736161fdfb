/*
 * machine.c: the machine as a whole: start-up of the architecture, first console, power.
 */
#include "arch/machine.h"

#include "arch/clock.h"
#include "arch/hart.h"
#include "arch/irq.h"
#include "arch/riscv/csr.h"
#include "arch/riscv/errata.h"
#include "arch/riscv/isa.h"
#include "arch/riscv/sbi.h"
#include "arch/riscv/trap.h"
#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "lib/fdt.h"

/* [i] after probing: what the device tree has, for a firmware that can't. */
static void (*fallback_off)(void), (*fallback_reboot)(void);
static void (*exit_way)(unsigned status);

/* User mode may read cycle, time and instret. */
#define SCOUNTEREN_ALL 7

void arch_firmware_init(void)
{
	sbi_init();
}

void arch_init(const void *fdt, uint64_t boot_hartid)
{
	uint32_t hz = 0;

	isa_init(fdt, boot_hartid);
	errata_init(fdt);
	if (fdt_prop_u32(fdt, fdt_path_find(fdt, "/cpus"), "timebase-frequency", &hz) != 0 ||
	    hz == 0)
		panic("the device tree has no /cpus/timebase-frequency: there is no clock");
	arch_clock_hz = hz;
}

void arch_hart_init(void)
{
	csr_write(sscratch, 0);
	csr_write(stvec, trap_entry);
	csr_write(scounteren, SCOUNTEREN_ALL);
	arch_timer_program(UINT64_MAX);
	csr_write(sie, BIT(IRQ_SOFT) | BIT(IRQ_TIMER) | (plic_present() ? BIT(IRQ_EXT) : 0));
}

void arch_early_putchar(char c)
{
	sbi_putchar(c);
}

int arch_early_getchar(void)
{
	return sbi_getchar();
}

void arch_halt(void)
{
	irq_disable();
	csr_write(sie, 0);
	for (;;)
		hart_wait();
}

void arch_power_fallback(void (*off)(void), void (*reboot)(void))
{
	if (off && !fallback_off)
		fallback_off = off;
	if (reboot && !fallback_reboot)
		fallback_reboot = reboot;
}

void arch_exit_way(void (*leave)(unsigned status))
{
	if (!exit_way)
		exit_way = leave;
}

void arch_exit(unsigned status)
{
	if (exit_way)
		exit_way(status);
}

void arch_power_off(void)
{
	sbi_shutdown();
	if (fallback_off)
		fallback_off();
	printk(LOG_EMERG, "This machine can't be switched off by program. It is halted; power may "
			  "be cut.");
	sbi_legacy_shutdown();
	arch_halt();
}

void arch_reboot(void)
{
	sbi_reboot();
	if (fallback_reboot)
		fallback_reboot();
	printk(LOG_EMERG,
	       "This machine can't be reset by program. It is halted; power may be cut.");
	arch_halt();
}
