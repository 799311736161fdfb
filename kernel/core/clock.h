/*
 * Clocks: nanoseconds since boot, and since 1970.
 */
#pragma once

#include "arch/clock.h"
#include "lib/types.h"

#define NSEC_PER_SEC 1000000000UL
#define NSEC_PER_MSEC 1000000UL
#define NSEC_PER_USEC 1000UL

/* Starts the clock at 0; before it all clocks stand there. Boot hart, once arch_clock_hz is known.
 * */
void clock_init(void);

/* A ratio a/b as whole part and 64 bits of fraction: x * a / b without dividing. */
struct ratio {
	uint64_t whole, fraction;
};
static inline uint64_t ratio_apply(const struct ratio *r, uint64_t x)
{
	return x * r->whole + (uint64_t)((unsigned __int128)x * r->fraction >> 64);
}

/* [i] after clock_init */
extern struct clock_scale {
	struct ratio tick_in_ns;
	uint64_t base_ticks;
} clock_scale;

/* The moment at which the hardware counter showed so many ticks. */
static inline uint64_t clock_ticks_to_ns(uint64_t ticks)
{
	return ratio_apply(&clock_scale.tick_in_ns, ticks - clock_scale.base_ticks);
}

/* CLOCK_MONOTONIC (and BOOTTIME: the machine never suspends). Never goes back, same on all harts.
 * */
static inline uint64_t clock_mono_ns(void)
{
	return clock_ticks_to_ns(arch_clock_ticks());
}
/* CLOCK_REALTIME. */
uint64_t clock_real_ns(void);
void clock_real_set(uint64_t ns);
/* Ticks of the hardware counter <-> nanoseconds of CLOCK_MONOTONIC, rounding up towards later. From
 * 2^62 on the answer is UINT64_MAX: never. */
uint64_t clock_ns_to_ticks(uint64_t mono_ns);

/* What user space needs to read the clocks by itself (the vDSO's data page): mono = (t ns_whole +
 * (t ns_fraction >> 64)) with t = ticks - base_ticks; real = mono + real_offset_ns. */
struct clock_params {
	uint64_t base_ticks;
	uint64_t ns_whole, ns_fraction;
	uint64_t real_offset_ns;
};
void clock_params_get(struct clock_params *p);
