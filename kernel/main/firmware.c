/*
 * The device tree, read where the firmware put it and then copied, because nothing reserves that
 * place.
 *
 * The order matters. mem= decides what memory there is, so options come before boot memory;
 * everything that lies in memory is reserved before the first allocation; and only then can the
 * tree be copied.
 */
#include "kernel/main/firmware.h"

#include "arch/page.h"
#include "kernel/alloc/boot_mem.h"
#include "kernel/core/boot.h"
#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "kernel/core/random.h"
#include "kernel/main/options.h"
#include "lib/fdt.h"
#include "lib/string.h"

#define FDT_SIZE_MAX (4UL << 20)

struct boot_info boot_info;

extern char _image_start[], _image_end[];

static void initrd_find(const void *fdt, int chosen)
{
	uint64_t start, end;

	if (fdt_prop_u64(fdt, chosen, "linux,initrd-start", &start) != 0 ||
	    fdt_prop_u64(fdt, chosen, "linux,initrd-end", &end) != 0 || start >= end)
		return;
	boot_info.initrd_start = start;
	boot_info.initrd_len = end - start;
	boot_mem_reserve(start, end);
}

/* It may lie outside of RAM as mem= leaves it, or the tree may lie. */
static void initrd_check(void)
{
	const struct mem_ranges *banks = boot_mem_banks();
	paddr_t start = boot_info.initrd_start, end = start + boot_info.initrd_len;

	for (unsigned i = 0; i < banks->count; i++) {
		if (start >= banks->range[i].start && end <= banks->range[i].end)
			return;
	}
	if (boot_info.initrd_len)
		pr_err("The initramfs at 0x%lx (%lu bytes) is not in memory that can be used: "
		       "ignored.",
		       start, boot_info.initrd_len);
	boot_info.initrd_start = 0;
	boot_info.initrd_len = 0;
}

static void random_seed(const void *fdt, int chosen)
{
	size_t len;
	const void *seed = fdt_prop(fdt, chosen, "rng-seed", &len);

	if (seed)
		random_mix(seed, len);
}

void firmware_read(uint64_t hartid, paddr_t fdt_pa)
{
	const void *fdt = phys_to_virt(fdt_pa);
	const char *bootargs;
	size_t size;
	int chosen;
	void *copy;

	if (fdt_pa == 0 || fdt_pa >= DIRECT_SIZE || fdt_check(fdt, FDT_SIZE_MAX) != 0)
		panic("The firmware gave no sound device tree (a1 = 0x%lx): I can't know what this "
		      "machine is.",
		      fdt_pa);
	size = fdt_total_size(fdt);
	chosen = fdt_path_find(fdt, "/chosen");
	bootargs = fdt_prop_string(fdt, chosen, "bootargs");
	options_parse(bootargs ? bootargs : "");

	boot_mem_reserve(virt_to_phys(_image_start), virt_to_phys(_image_end));
	boot_mem_reserve(fdt_pa, fdt_pa + size);
	initrd_find(fdt, chosen);
	boot_mem_init(fdt, boot_options.mem);
	for (unsigned i = 0; i < boot_mem_banks()->count; i++)
		boot_info.ram_bytes +=
			boot_mem_banks()->range[i].end - boot_mem_banks()->range[i].start;
	initrd_check();

	copy = boot_mem_alloc(size, 8);
	memcpy(copy, fdt, size);
	boot_info.fdt = copy;
	boot_info.boot_hartid = hartid;
	boot_info.cmdline = boot_mem_alloc(bootargs ? strlen(bootargs) + 1 : 1, 1);
	if (bootargs)
		memcpy(boot_info.cmdline, bootargs, strlen(bootargs) + 1);
	random_seed(fdt, chosen);
	/* What else begins or ends in the tree's own pages would become free with them: keep
	 * those. */
	boot_mem_unreserve(ALIGN_UP(fdt_pa, PAGE_SIZE), ALIGN_DOWN(fdt_pa + size, PAGE_SIZE));
}
