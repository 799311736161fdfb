/*
 * Clocks: nanoseconds since boot, and since 1970.
 */
#pragma once

#include "lib/types.h"

#define NSEC_PER_SEC 1000000000UL
#define NSEC_PER_MSEC 1000000UL
#define NSEC_PER_USEC 1000UL

/* CLOCK_MONOTONIC (and BOOTTIME: the machine never suspends). Never goes back, same on all harts. */
uint64_t clock_mono_ns(void);
/* CLOCK_REALTIME. */
uint64_t clock_real_ns(void);
void clock_real_set(uint64_t ns);
/* Ticks of the hardware counter <-> nanoseconds of CLOCK_MONOTONIC, rounding up towards later. */
uint64_t clock_ns_to_ticks(uint64_t mono_ns);
