/*
 * The machine as a whole: first console, power, backtrace, vDSO.
 */
#pragma once

#include "lib/types.h"

/* Asks what the firmware can do: before all else, so that its console is the right one. */
void arch_firmware_init(void);
/* Reads what the processor is from the device tree: timebase, ISA, errata. Once, on the boot hart,
 * with traps still unhandled. */
void arch_init(const void *fdt, uint64_t boot_hartid);
/* This hart takes traps from now on; interrupts of every source are let through to irq_enable(). */
void arch_hart_init(void);

/* One character to the firmware's console (SBI DBCN or legacy); works from the first instruction
 * on. */
void arch_early_putchar(char c);
/* A character waiting in the firmware's console, or -1. */
int arch_early_getchar(void);

/* What to try when the firmware can't switch off or reset (NULL: nothing new). They return if they
 * can't either; the first of each kind counts. By drivers, while they probe. */
void arch_power_fallback(void (*off)(void), void (*reboot)(void));
/* A way to end an emulator with an exit status: the same. */
void arch_exit_way(void (*leave)(unsigned status));
/* Ends the emulator with this status; returns where there is none. */
void arch_exit(unsigned status);
__noreturn void arch_power_off(void);
__noreturn void arch_reboot(void);
/* Stops this hart for good; never returns. */
__noreturn void arch_halt(void);
/* Interrupts all other harts, as well as can be. / Stops them for good, without a word. */
void arch_poke_others(void);
void arch_stop_others(void);

/* Walks the frame-pointer chain from fp (0: the caller's), giving an address within each calling
 * instruction; count filled. */
unsigned arch_backtrace(uintptr_t *pcs, unsigned max, uintptr_t fp);
/* Where the chain of a task begins that is off its hart. */
struct task;
uintptr_t arch_task_fp(const struct task *t);

/* The vDSO: page-aligned image in the kernel's rodata; offset of its sigreturn trampoline.
 * A data page (clock parameters) is mapped read-only right below the image by exec. */
extern const char vdso_start[], vdso_end[];
extern const uint64_t vdso_sigreturn_offset;

/* The data page: clock_params of kernel/core/clock.h, guarded by a sequence count that is odd while
 * they change. */
struct vdso_data {
	uint32_t seq;
	uint32_t by_call; /* not 0: there is nothing more here, ask the kernel */
	uint64_t base_ticks;
	uint64_t ns_whole, ns_fraction;
	uint64_t real_offset_ns;
};
extern struct vdso_data vdso_data; /* alone in its page */
/* A page to be shown in its place, which says by_call. */
union vdso_page {
	struct vdso_data data;
	char bytes[4096];
};
extern const union vdso_page vdso_data_by_call;
/* Copies the clock parameters there: by kernel/core/clock.c, whenever one of them changes. */
void vdso_clock_update(void);

/* AT_HWCAP: a bit per letter of the ISA string that all harts have. */
uint64_t arch_elf_hwcap(void);
