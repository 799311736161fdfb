/*
 * Memory before there is memory management: lists of ranges, and the first gap that fits.
 *
 * An allocation is a reservation like any other. It is taken from the lowest gap, which is below
 * the image on most boards, and leaves the rest in large pieces for the page allocator.
 *
 * Only the boot hart runs; there is no locking.
 *
 * LIMIT: 64 ranges a list. A tree with more reservations than that is refused with a message, none
 * is known.
 */
#include "kernel/alloc/boot_mem.h"

#include "arch/page.h"
#include "kernel/alloc/page.h"
#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "lib/fdt.h"
#include "lib/string.h"

static struct mem_ranges banks, reserved, no_map;
static struct mem_ranges firmware; /* what the tree reserves: within reserved, for good */

/* --- lists of ranges -------------------------------------------------------------------------- */

static void range_drop(struct mem_ranges *list, unsigned i)
{
	memmove(&list->range[i], &list->range[i + 1],
		(list->count - i - 1) * sizeof(list->range[0]));
	list->count--;
}

static void range_insert(struct mem_ranges *list, unsigned i, struct mem_range r)
{
	if (list->count == ARRAY_SIZE(list->range))
		panic("the device tree names more than %u memory ranges", list->count);
	memmove(&list->range[i + 1], &list->range[i], (list->count - i) * sizeof(list->range[0]));
	list->range[i] = r;
	list->count++;
}

/* Adds [start, end), joined with the ranges that it overlaps or touches. */
static void ranges_add(struct mem_ranges *list, paddr_t start, paddr_t end)
{
	unsigned i = 0;

	if (start >= end)
		return;
	while (i < list->count && list->range[i].end < start)
		i++;
	while (i < list->count && list->range[i].start <= end) {
		start = min(start, list->range[i].start);
		end = max(end, list->range[i].end);
		range_drop(list, i);
	}
	range_insert(list, i, (struct mem_range){ start, end });
}

static void ranges_remove(struct mem_ranges *list, paddr_t start, paddr_t end)
{
	for (unsigned i = 0; i < list->count; i++) {
		struct mem_range r = list->range[i];

		if (r.end <= start || r.start >= end)
			continue;
		range_drop(list, i);
		if (r.end > end)
			range_insert(list, i, (struct mem_range){ end, r.end });
		if (r.start < start)
			range_insert(list, i, (struct mem_range){ r.start, start });
		if (r.start >= start)
			i -= r.end <= end; /* the next one moved here */
	}
}

/* --- what the device tree says ---------------------------------------------------------------- */

static void banks_read(const void *fdt)
{
	int root = fdt_root(fdt), node;
	uint64_t addr, size;

	fdt_for_each_child(node, fdt, root) {
		const char *type = fdt_prop_string(fdt, node, "device_type");

		if (!type || !str_equal(type, "memory") || !fdt_status_ok(fdt, node))
			continue;
		for (unsigned i = 0; fdt_reg(fdt, node, i, &addr, &size) == 0; i++) {
			if (addr + size >= addr)
				ranges_add(&banks, ALIGN_UP(addr, PAGE_SIZE),
					   ALIGN_DOWN(addr + size, PAGE_SIZE));
		}
	}
}

/* mem= keeps the lowest memory; what the direct map can't reach is lost in any case. */
static void banks_limit(uint64_t limit)
{
	uint64_t total = 0;
	unsigned i;

	if (banks.count > 0 && banks.range[banks.count - 1].end > DIRECT_SIZE) {
		pr_warn("memory beyond %lu GiB is not used", DIRECT_SIZE >> 30);
		ranges_remove(&banks, DIRECT_SIZE, UINT64_MAX);
	}
	for (i = 0; i < banks.count; i++) {
		struct mem_range *r = &banks.range[i];

		if (r->end - r->start > limit - total)
			r->end = r->start + ALIGN_DOWN(limit - total, PAGE_SIZE);
		total += r->end - r->start;
	}
	for (i = banks.count; i-- > 0;) {
		if (banks.range[i].start == banks.range[i].end)
			range_drop(&banks, i);
	}
}

static void firmware_reserve(uint64_t addr, uint64_t size)
{
	paddr_t start = ALIGN_DOWN(addr, PAGE_SIZE), end = ALIGN_UP(addr + size, PAGE_SIZE);

	ranges_add(&firmware, start, end);
	ranges_add(&reserved, start, end);
}

static void reservations_read(const void *fdt)
{
	int parent = fdt_path_find(fdt, "/reserved-memory"), node;
	uint64_t addr, size;

	for (unsigned i = 0; fdt_memreserve(fdt, i, &addr, &size) == 0; i++)
		firmware_reserve(addr, size);
	fdt_for_each_child(node, fdt, parent) {
		if (!fdt_status_ok(fdt, node))
			continue;
		for (unsigned i = 0; fdt_reg(fdt, node, i, &addr, &size) == 0; i++) {
			firmware_reserve(addr, size);
			if (fdt_prop(fdt, node, "no-map", NULL))
				ranges_add(&no_map, ALIGN_DOWN(addr, PAGE_SIZE),
					   ALIGN_UP(addr + size, PAGE_SIZE));
		}
	}
}

void boot_mem_init(const void *fdt, uint64_t limit)
{
	banks_read(fdt);
	banks_limit(limit);
	if (banks.count == 0)
		panic("the device tree has no memory node that can be used");
	reservations_read(fdt);
}

/* --- taking and giving ------------------------------------------------------------------------ */

void boot_mem_reserve(paddr_t start, paddr_t end)
{
	ranges_add(&reserved, ALIGN_DOWN(start, PAGE_SIZE), ALIGN_UP(end, PAGE_SIZE));
}

void boot_mem_unreserve(paddr_t start, paddr_t end)
{
	ranges_remove(&reserved, ALIGN_DOWN(start, PAGE_SIZE), ALIGN_UP(end, PAGE_SIZE));
	for (unsigned i = 0; i < firmware.count; i++)
		ranges_add(&reserved, firmware.range[i].start, firmware.range[i].end);
}

/* The lowest address in this bank where nothing is reserved for len bytes; 0: none. */
static paddr_t gap_find(const struct mem_range *bank, size_t len, size_t align)
{
	paddr_t at = ALIGN_UP(bank->start, (paddr_t)align);

	for (unsigned i = 0; i < reserved.count; i++) {
		if (reserved.range[i].end <= at)
			continue;
		if (reserved.range[i].start >= at + len)
			break;
		at = ALIGN_UP(reserved.range[i].end, (paddr_t)align);
	}
	return at + len <= bank->end ? at : 0;
}

/* Small objects share a page: bump allocation within it. */
static void *small_alloc(size_t len, size_t align)
{
	static char *page;
	static size_t used = PAGE_SIZE;
	size_t at = ALIGN_UP(used, align);

	if (at + len > PAGE_SIZE) {
		page = boot_mem_alloc(PAGE_SIZE, PAGE_SIZE);
		at = 0;
	}
	used = at + len;
	return page + at;
}

paddr_t boot_mem_alloc_raw(size_t len, size_t align)
{
	len = ALIGN_UP(len, PAGE_SIZE);
	align = max_t(size_t, align, PAGE_SIZE);
	for (unsigned i = 0; i < banks.count; i++) {
		paddr_t pa = gap_find(&banks.range[i], len, align);

		if (pa) {
			boot_mem_reserve(pa, pa + len);
			return pa;
		}
	}
	panic("not enough memory to start: no %lu KiB in one piece", len >> 10);
}

void *boot_mem_alloc(size_t len, size_t align)
{
	void *p;

	if (len < PAGE_SIZE / 2)
		return small_alloc(len, align);
	p = phys_to_virt(boot_mem_alloc_raw(len, align));
	memset(p, 0, ALIGN_UP(len, PAGE_SIZE));
	return p;
}

const struct mem_ranges *boot_mem_banks(void)
{
	return &banks;
}

const struct mem_ranges *boot_mem_no_map(void)
{
	return &no_map;
}

/* --- the end of boot memory ------------------------------------------------------------------- */

static void bank_release_gaps(const struct mem_range *bank)
{
	paddr_t at = bank->start;

	for (unsigned i = 0; i < reserved.count && at < bank->end; i++) {
		const struct mem_range *r = &reserved.range[i];

		if (r->start > at)
			page_range_release(at, min(r->start, bank->end));
		at = max(at, r->end);
	}
	if (at < bank->end)
		page_range_release(at, bank->end);
}

void boot_mem_hand_over(void)
{
	for (unsigned i = 0; i < banks.count; i++)
		page_bank_init(banks.range[i].start, banks.range[i].end);
	for (unsigned i = 0; i < banks.count; i++)
		bank_release_gaps(&banks.range[i]);
}
