/*
 * Time as the machine gives it: a counter that runs at a fixed rate on all harts alike, and one
 * alarm per hart.
 */
#pragma once

#include "lib/types.h"

/* Ticks since some moment before boot (rdtime, by hardware or trapped by the firmware). */
static inline uint64_t arch_clock_ticks(void)
{
	uint64_t ticks;

	__asm__ volatile("rdtime %0" : "=r"(ticks));
	return ticks;
}

/* Ticks per second, from the device tree. */
extern uint64_t arch_clock_hz;

/* This hart's timer interrupt fires at or after that tick (Sstc or SBI); UINT64_MAX: never.
 * Replaces the one set. */
void arch_timer_program(uint64_t tick);
