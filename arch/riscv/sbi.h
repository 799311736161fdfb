/*
 * sbi.h: calls into the firmware (RISC-V Supervisor Binary Interface).
 *
 * Extensions are probed once by sbi_init(). Where the modern extension is missing, the legacy call
 * of SBI 0.1 is used. Before sbi_init() only sbi_putchar() may be called; it uses the legacy call
 * then.
 */
#pragma once

#include "lib/types.h"

struct sbi_result {
	long error; /* 0, or a negative SBI error: not an errno */
	long value;
};

void sbi_init(void);

/* mvendorid, marchid, mimpid of this hart; 0 where the firmware does not say. */
struct sbi_machine {
	uint64_t vendor, arch, impl;
};
struct sbi_machine sbi_machine(void);

void sbi_putchar(char c);
/* -1: none. Callers serialise. */
int sbi_getchar(void);
void sbi_timer_set(uint64_t tick);
/* Bit i of mask names hart base + i. */
void sbi_ipi_send(uint64_t mask, uint64_t base);
void sbi_remote_fence_i(uint64_t mask, uint64_t base);
/* start 0 and len UINT64_MAX: everything. */
void sbi_remote_sfence(uint64_t mask, uint64_t base, uint64_t start, uint64_t len);
/* 0 or -errno. The hart begins at start with a1 = opaque, paging off. */
int sbi_hart_start(uint64_t hartid, paddr_t start, uint64_t opaque);
/* Returns only if the firmware can't. */
void sbi_shutdown(void);
void sbi_reboot(void);
/* The last resort: a firmware that can't may hang the hart in it. */
void sbi_legacy_shutdown(void);
