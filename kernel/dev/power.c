/*
 * Switching off and resetting by a register, for a machine whose firmware has no calls for it.
 *
 * Two ways to say in the tree which register that is:
 *
 *	syscon-poweroff, syscon-reboot	a node that names another one's registers (regmap), an
 *					offset, a value and perhaps a mask of the bits to change
 *	sifive,test0			the tester of SiFive's and QEMU's machines: 0x5555 ends
 *					QEMU, 0x7777 resets, 0x3333 ends QEMU with an exit status
 *
 * The firmware's modern calls come first (arch_power_off), then what is found here. The write is
 * the last thing that happens if it works; it is given a second before we say that it did not.
 */
#include "arch/clock.h"
#include "arch/machine.h"
#include "kernel/alloc/kmap.h"
#include "kernel/dev/driver.h"
#include "lib/errno.h"
#include "lib/fdt.h"

#define TEST_FAIL  0x3333 /* with the exit status above it */
#define TEST_PASS  0x5555
#define TEST_RESET 0x7777

struct power_register {
	volatile uint32_t *reg;
	uint32_t value, mask; /* bits outside the mask stay */
};

static struct power_register power_off, reset, fail; /* [i] after probing */

static void register_write(const struct power_register *r)
{
	uint64_t end = arch_clock_ticks() + arch_clock_hz;

	*r->reg = (*r->reg & ~r->mask) | (r->value & r->mask);
	while (arch_clock_ticks() < end)
		continue;
}

static void off_by_register(void)
{
	register_write(&power_off);
}

static void reset_by_register(void)
{
	register_write(&reset);
}

static void exit_by_register(unsigned status)
{
	fail.value = TEST_FAIL | status << 16;
	register_write(&fail);
}

/* The 32-bit register at offset within the first reg of a node, mapped. */
static int register_map(const void *fdt, int node, uint32_t offset, struct power_register *r)
{
	uint64_t addr, size;
	char *regs;

	if (fdt_reg(fdt, node, 0, &addr, &size) != 0 || size < 4 || offset > size - 4 ||
	    offset % 4 != 0)
		return -EINVAL;
	regs = kmap_io(addr + offset, 4);
	if (!regs)
		return -ENOMEM;
	r->reg = (volatile uint32_t *)regs;
	return 0;
}

/* A value without a mask is the whole register; a mask alone is its own value. */
static int syscon_read(const void *fdt, int node, struct power_register *r)
{
	uint32_t phandle, offset;
	int regmap = fdt_parent(fdt, node), has_value, has_mask;

	if (fdt_prop_u32(fdt, node, "regmap", &phandle) == 0)
		regmap = fdt_phandle_find(fdt, phandle);
	has_value = fdt_prop_u32(fdt, node, "value", &r->value) == 0;
	has_mask = fdt_prop_u32(fdt, node, "mask", &r->mask) == 0;
	if (regmap < 0 || fdt_prop_u32(fdt, node, "offset", &offset) != 0 ||
	    (!has_value && !has_mask))
		return -EINVAL;
	if (!has_value)
		r->value = r->mask;
	if (!has_mask)
		r->mask = UINT32_MAX;
	return register_map(fdt, regmap, offset, r);
}

static int syscon_off_probe(const void *fdt, int node)
{
	int err = power_off.reg ? 0 : syscon_read(fdt, node, &power_off);

	if (!err)
		arch_power_fallback(off_by_register, NULL);
	return err;
}

static int syscon_reset_probe(const void *fdt, int node)
{
	int err = reset.reg ? 0 : syscon_read(fdt, node, &reset);

	if (!err)
		arch_power_fallback(NULL, reset_by_register);
	return err;
}

static int test_probe(const void *fdt, int node)
{
	struct power_register r = { .mask = UINT32_MAX };
	int err = register_map(fdt, node, 0, &r);

	if (err)
		return err;
	r.value = TEST_PASS;
	if (!power_off.reg)
		power_off = r;
	r.value = TEST_RESET;
	if (!reset.reg)
		reset = r;
	arch_power_fallback(off_by_register, reset_by_register);
	if (!fail.reg)
		fail = r;
	arch_exit_way(exit_by_register);
	return 0;
}

static const char *const off_compatible[] = { "syscon-poweroff", NULL };
static const struct driver power_syscon_off = { "syscon_off", off_compatible, syscon_off_probe };
DRIVER_REGISTER(power_syscon_off);

static const char *const reset_compatible[] = { "syscon-reboot", NULL };
static const struct driver power_syscon_reset = { "syscon_reset", reset_compatible,
						  syscon_reset_probe };
DRIVER_REGISTER(power_syscon_reset);

static const char *const test_compatible[] = { "sifive,test0", NULL };
static const struct driver power_test = { "sifive_test", test_compatible, test_probe };
DRIVER_REGISTER(power_test);
