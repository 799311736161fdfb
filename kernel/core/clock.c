/*
 * From the machine's counter to nanoseconds and back, without dividing.
 *
 * A ratio a/b is kept as its whole part and 64 bits of fraction, so that x * a / b is two
 * multiplications and an addition: x * whole + (x * fraction >> 64), the upper half of a product
 * being one instruction. On the usual counters (10, 4, 1 MHz) a tick is a whole number of
 * nanoseconds and the result is exact; otherwise it is off by less than x / 2^64, nothing that a
 * clock of this machine could show.
 *
 * CLOCK_REALTIME is CLOCK_MONOTONIC plus an offset that clock_settime (or a clock chip at boot)
 * sets.
 * LIMIT: no clock discipline: adjtimex has no effect on the rate.
 */
#include "kernel/core/clock.h"

#include <stdatomic.h>

#include "arch/clock.h"
#include "arch/machine.h"
#include "arch/machine.h"
#include "lib/types.h"

struct clock_scale clock_scale;
static struct ratio ns_in_ticks; /* [i] after clock_init */
static atomic_ulong real_offset_ns;

/* Schoolbook division, a bit a time: the compiler's 128-bit division lives in a library that the
 * kernel lacks. */
static struct ratio ratio_make(uint64_t a, uint64_t b)
{
	struct ratio r = { .whole = a / b };
	uint64_t rest = a % b;

	for (int bit = 0; bit < 64; bit++) {
		bool carry = rest >> 63;

		rest <<= 1;
		r.fraction <<= 1;
		if (carry || rest >= b) {
			rest -= b;
			r.fraction |= 1;
		}
	}
	return r;
}

void clock_init(void)
{
	ns_in_ticks = ratio_make(arch_clock_hz, NSEC_PER_SEC);
	clock_scale.base_ticks = arch_clock_ticks();
	clock_scale.tick_in_ns = ratio_make(NSEC_PER_SEC, arch_clock_hz);
	vdso_clock_update();
}

uint64_t clock_real_ns(void)
{
	return clock_mono_ns() + atomic_load_explicit(&real_offset_ns, memory_order_relaxed);
}

void clock_real_set(uint64_t ns)
{
	atomic_store_explicit(&real_offset_ns, ns - clock_mono_ns(), memory_order_relaxed);
	vdso_clock_update(); /* the data page that user mode reads clocks from */
	vdso_clock_update();
}

uint64_t clock_ns_to_ticks(uint64_t mono_ns)
{
	if (mono_ns >> 62)
		return UINT64_MAX;
	return clock_scale.base_ticks + ratio_apply(&ns_in_ticks, mono_ns) + 1;
}

void clock_params_get(struct clock_params *p)
{
	p->base_ticks = clock_scale.base_ticks;
	p->ns_whole = clock_scale.tick_in_ns.whole;
	p->ns_fraction = clock_scale.tick_in_ns.fraction;
	p->real_offset_ns = atomic_load_explicit(&real_offset_ns, memory_order_relaxed);
}
