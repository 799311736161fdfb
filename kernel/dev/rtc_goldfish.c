/*
 * The clock chip of QEMU's virt machine: nanoseconds since 1970 in two words. Reading the low word
 * holds the high one. It is read once, to set CLOCK_REALTIME.
 *
 * NOTE(linux): there is no /dev/rtc.
 */
#include "kernel/alloc/kmap.h"
#include "kernel/core/clock.h"
#include "kernel/core/printk.h"
#include "kernel/dev/driver.h"
#include "lib/errno.h"
#include "lib/fdt.h"

#define RTC_TIME_LOW  0x00
#define RTC_TIME_HIGH 0x04

static int rtc_probe(const void *fdt, int node)
{
	volatile uint32_t *regs;
	uint64_t addr, size, low, high;

	if (fdt_reg(fdt, node, 0, &addr, &size) != 0 || size < 8)
		return -EINVAL;
	regs = kmap_io(addr, size);
	if (!regs)
		return -ENOMEM;
	low = regs[RTC_TIME_LOW / 4];
	high = regs[RTC_TIME_HIGH / 4];
	clock_real_set(high << 32 | low);
	pr_info("clock: set by the goldfish-rtc, %lu s since 1970",
		(high << 32 | low) / NSEC_PER_SEC);
	return 0;
}

static const char *const rtc_compatible[] = { "google,goldfish-rtc", NULL };
static const struct driver rtc_goldfish = { "rtc_goldfish", rtc_compatible, rtc_probe };
DRIVER_REGISTER(rtc_goldfish);
