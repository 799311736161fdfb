/*
 * The machine as a whole: first console, power, backtrace, vDSO.
 */
#pragma once

#include "lib/types.h"

/* One character to the firmware's console (SBI DBCN or legacy); works from the first instruction on. */
void arch_early_putchar(char c);
/* A character waiting in the firmware's console, or -1. */
int arch_early_getchar(void);

__noreturn void arch_power_off(void);
__noreturn void arch_reboot(void);
/* Stops this hart for good; never returns. */
__noreturn void arch_halt(void);
/* Stops all other harts as well as can be (IPI), for panic. */
void arch_stop_others(void);

/* Walks the frame-pointer chain from fp (0: the caller's), giving return addresses; count filled. */
unsigned arch_backtrace(uintptr_t *pcs, unsigned max, uintptr_t fp);

/* The vDSO: page-aligned image in the kernel's rodata; offset of its sigreturn trampoline.
 * A data page (clock parameters) is mapped read-only right below the image by exec. */
extern const char vdso_start[], vdso_end[];
extern const uint64_t vdso_sigreturn_offset;
