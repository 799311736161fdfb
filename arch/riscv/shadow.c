/*
 * shadow.c: the page tables of SAN=address's shadow memory.
 *
 * The compiler writes to the shadow of a function's stack without asking, so there must be some
 * before the first function of C: shadow_early() makes one page stand for all of it, by two tables
 * each of which holds 512 times the same.
 *
 *	early_root[448..479] -> middle -> leaves -> page		rw
 *
 * shadow_map() gives shadow of its own to RAM (an eighth of it is lost) and to the image, and then
 * fills every hole that is left with the same trick, read-only. It must not use the early tables
 * for that: until the switch they are in use.
 *
 * The KMAP window is filled in page by page by shadow_map_kmap(), 32 KiB of it for each page of
 * shadow, and never emptied: addresses in it are used again. Those frames are counted as reserved,
 * so that a mapping that comes and goes leaves no kernel page behind in the statistics. A device's
 * registers get the page of zeros.
 *
 * Not compiled with checks, since it runs before they can be made.
 */
#include "arch/shadow.h"

#include "arch/tlb.h"
#include "kernel/alloc/boot_mem.h"
#include "kernel/alloc/page.h"
#include "kernel/core/asan.h"
#include "kernel/core/hart.h"
#include "lib/errno.h"
#include "lib/string.h"

#define PROT_SHADOW (PTE_R | PTE_W | PTE_G)
#define PROT_ZERO   (PTE_R | PTE_G)

#define PAGE_TABLE_VAR(name) pte_t name[PT_ENTRIES] __aligned(4096) __section(".bss.page")

extern pte_t early_root[];
extern char _image_start[], _image_end[];

static PAGE_TABLE_VAR(early_middle);
static PAGE_TABLE_VAR(early_leaves);
static PAGE_TABLE_VAR(zero_middle);
static PAGE_TABLE_VAR(zero_leaves);
static char shared_page[PAGE_SIZE] __aligned(4096) __section(".bss.page");

static void table_fill(pte_t *table, pte_t e)
{
	for (unsigned i = 0; i < PT_ENTRIES; i++)
		table[i] = e;
}

void shadow_early(void)
{
	table_fill(early_leaves, pte_leaf(virt_to_phys(shared_page), PROT_SHADOW));
	table_fill(early_middle, pte_table(virt_to_phys(early_leaves)));
	for (vaddr_t va = SHADOW_BASE; va < SHADOW_BASE + SHADOW_SIZE; va += PT_SPAN(2))
		early_root[pt_index(va, 2)] = pte_table(virt_to_phys(early_middle));
	tlb_flush_local();
}

/* --- the final map ---------------------------------------------------------------------------- */

/* Gives shadow to [start, end) but for what lies below `done`, the end of what has some; the new
 * end. */
static vaddr_t range_cover(shadow_map_fn *map, vaddr_t start, vaddr_t end, vaddr_t done)
{
	vaddr_t from = max(ALIGN_DOWN((vaddr_t)shadow_of(start), PAGE_SIZE), done);
	vaddr_t to = ALIGN_UP((vaddr_t)shadow_of(end), PAGE_SIZE);
	size_t len = to - from;
	paddr_t pa;

	if (from >= to)
		return done;
	pa = boot_mem_alloc_raw(len, IS_ALIGNED(from, PT_SPAN(1)) ? PT_SPAN(1) : PAGE_SIZE);
	memset(phys_to_virt(pa), 0, len);
	map(from, pa, len, PROT_SHADOW);
	return to;
}

static pte_t *table_at(pte_t e)
{
	return phys_to_virt(pte_paddr(e));
}

static void holes_fill_leaves(pte_t *leaves)
{
	for (unsigned i = 0; i < PT_ENTRIES; i++) {
		if (!pte_present(leaves[i]))
			leaves[i] = zero_leaves[i];
	}
}

static bool is_kmap(vaddr_t shadow)
{
	return shadow >= (vaddr_t)shadow_of(KMAP_BASE) &&
	       shadow < (vaddr_t)shadow_of(KMAP_BASE + KMAP_SIZE);
}

static void holes_fill_middle(pte_t *middle, vaddr_t va)
{
	for (unsigned i = 0; i < PT_ENTRIES; i++, va += PT_SPAN(1)) {
		if (is_kmap(va))
			continue;
		if (!pte_present(middle[i]))
			middle[i] = zero_middle[i];
		else if (!pte_is_leaf(middle[i]))
			holes_fill_leaves(table_at(middle[i]));
	}
}

static void holes_fill(void)
{
	for (vaddr_t va = SHADOW_BASE; va < SHADOW_BASE + SHADOW_SIZE; va += PT_SPAN(2)) {
		pte_t *slot = &kernel_root[pt_index(va, 2)];

		if (!pte_present(*slot) && is_kmap(va))
			*slot = pte_table(virt_to_phys(boot_mem_alloc(PAGE_SIZE, PAGE_SIZE)));
		if (!pte_present(*slot))
			*slot = pte_table(virt_to_phys(zero_middle));
		else
			holes_fill_middle(table_at(*slot), va);
	}
}

void shadow_map(shadow_map_fn *map)
{
	const struct mem_ranges *banks = boot_mem_banks();
	vaddr_t done = 0;

	table_fill(zero_leaves, pte_leaf(virt_to_phys(shared_page), PROT_ZERO));
	table_fill(zero_middle, pte_table(virt_to_phys(zero_leaves)));
	for (unsigned i = 0; i < banks->count; i++)
		done = range_cover(map, (vaddr_t)phys_to_virt(banks->range[i].start),
				   (vaddr_t)phys_to_virt(banks->range[i].end), done);
	range_cover(map, (vaddr_t)_image_start, (vaddr_t)_image_end, done);
	holes_fill();
}

void shadow_start(void)
{
	memset(shared_page, 0, sizeof(shared_page));
}

/* --- the KMAP window -------------------------------------------------------------------------- */

static void harts_flush(vaddr_t va)
{
	struct hart_mask online = {0};

	for (unsigned i = 0; i < hart_count; i++) {
		if (READ_ONCE(hart_table[i].online))
			hart_mask_set(&online, i);
	}
	hart_mask_set(&online, hart_index());
	tlb_flush_harts(&online, va, PAGE_SIZE);
}

/* A page of shadow of its own in an entry that is empty or shows the page of zeros. */
static int leaf_make(pte_t *leaf, vaddr_t va)
{
	struct page *page = page_alloc(0, ALLOC_ZERO, PAGE_RESERVED);
	bool was_shared = pte_present(*leaf);

	if (!page)
		return -ENOMEM;
	pte_set(leaf, pte_leaf(page_phys(page), PROT_SHADOW));
	if (was_shared)
		harts_flush(va);
	else
		tlb_flush_local_page(va);
	return 0;
}

/* The entry for the page of shadow at va; NULL: no memory for its table. */
static pte_t *leaf_at(vaddr_t va)
{
	pte_t *slot = &table_at(kernel_root[pt_index(va, 2)])[pt_index(va, 1)];

	if (!pte_present(*slot)) {
		struct page *table = page_alloc(0, ALLOC_ZERO, PAGE_RESERVED);

		if (!table)
			return NULL;
		pte_set(slot, pte_table(page_phys(table)));
	}
	return &table_at(*slot)[pt_index(va, 0)];
}

int shadow_map_kmap(vaddr_t addr, paddr_t pa)
{
	vaddr_t va = ALIGN_DOWN((vaddr_t)shadow_of(addr), PAGE_SIZE);
	pte_t *leaf = leaf_at(va);
	int err = 0;

	if (!leaf)
		return -ENOMEM;
	if (!pte_present(*leaf) && !page_phys_valid(pa))
		pte_set(leaf, zero_leaves[0]);
	else if (!(*leaf & PTE_W) && page_phys_valid(pa))
		err = leaf_make(leaf, va);
	if (*leaf & PTE_W)
		asan_unpoison((void *)addr, PAGE_SIZE);
	return err;
}
