/*
 * paging.c: the kernel's own map, and the setter of table entries.
 *
 * paging_init() builds it from the banks of boot memory, while the early map of boot.S is in force,
 * and switches:
 *
 *	direct map   each bank, by the largest leaves that fit (1 GiB, 2 MiB, 4 KiB), read-write,
 *	             never executable; the alias of the image's text and rodata is read-only,
 *	             no-map reservations are left out
 *	page map     struct pages of each bank, in memory taken for it
 *	KMAP         its second-level tables only; kmap_pte_map() fills in the rest as needed
 *	image        page by page: text r-x, rodata r--, data rw-; below the boot stack an
 *	             unmapped guard page
 *
 * All entries are global. The root's upper half never changes afterwards, so an address space
 * copies it once (pt_root_init) and needs no synchronising.
 *
 * Locking: the kmap_* functions are serialised by their caller, kernel/alloc/kmap.c; all else is
 * boot.
 */
#include "arch/tlb.h"

#include "arch/pte.h"
#include "arch/riscv/csr.h"
#include "arch/shadow.h"
#include "kernel/alloc/boot_mem.h"
#include "kernel/alloc/page.h"
#include "kernel/core/panic.h"
#include "lib/errno.h"
#include "lib/string.h"

extern char _image_start[], _text[], _etext[], _erodata[], _data[], _ebss[], _boot_stack[],
	_image_end[];

#define PROT_TEXT   (PTE_R | PTE_X | PTE_G)
#define PROT_RODATA (PTE_R | PTE_G)
#define PROT_DATA   (PTE_R | PTE_W | PTE_G)

pte_t kernel_root[PT_ENTRIES] __aligned(4096) __section(".bss.page");
uint64_t kernel_phys_offset; /* [i] set by boot.S */
uint64_t kernel_satp;	      /* [i] what further harts start with */

/* --- entries ---------------------------------------------------------------------------------- */

void pte_set(pte_t *slot, pte_t e)
{
	debug_assert(!pte_is_leaf(e) || (e & PTE_A));
	debug_assert(!(e & PTE_W) || ((e & PTE_D) && (e & PTE_R)));
	WRITE_ONCE(*slot, e);
}

/* The kernel's entries are few and lie in a few groups. */
static struct root_run {
	unsigned first, count;
} root_runs[8]; /* [i] after boot; ended by a count of 0 */

static void root_runs_note(void)
{
	struct root_run *run = root_runs;

	for (unsigned i = PT_ENTRIES / 2; i < PT_ENTRIES; i++) {
		if (pte_present(kernel_root[i])) {
			run->first = run->count == 0 ? i : run->first;
			run->count++;
		} else if (run->count > 0) {
			run++;
			assert(run < root_runs + ARRAY_SIZE(root_runs) - 1);
		}
	}
}

void pt_root_init(pte_t *root)
{
	for (const struct root_run *run = root_runs; run->count > 0; run++)
		memcpy(root + run->first, kernel_root + run->first, run->count * sizeof(pte_t));
}

paddr_t kernel_root_phys(void)
{
	return virt_to_phys(kernel_root);
}

/* --- building the map ------------------------------------------------------------------------- */

/* The table below an entry, made if there is none. */
static pte_t *table_below(pte_t *slot)
{
	if (!pte_present(*slot))
		pte_set(slot, pte_table(virt_to_phys(boot_mem_alloc(PAGE_SIZE, PAGE_SIZE))));
	return phys_to_virt(pte_paddr(*slot));
}

static bool leaf_fits(vaddr_t va, paddr_t pa, size_t len, unsigned level)
{
	return len >= PT_SPAN(level) && IS_ALIGNED(va, PT_SPAN(level)) &&
	       IS_ALIGNED(pa, PT_SPAN(level));
}

/* Maps the one leaf at va that is as large as alignment and len allow; its size. */
static size_t leaf_map(vaddr_t va, paddr_t pa, size_t len, uint64_t prot)
{
	pte_t *table = kernel_root;
	unsigned level = 2;

	while (level > 0 && !leaf_fits(va, pa, len, level)) {
		table = table_below(&table[pt_index(va, level)]);
		level--;
	}
	pte_set(&table[pt_index(va, level)], pte_leaf(pa, prot));
	return PT_SPAN(level);
}

/* Ends page-aligned, nothing mapped there yet. */
static void range_map(vaddr_t va, paddr_t pa, size_t len, uint64_t prot)
{
	size_t done;

	for (; len > 0; va += done, pa += done, len -= done)
		done = leaf_map(va, pa, len, prot);
}

static void direct_map(paddr_t start, paddr_t end, uint64_t prot)
{
	if (start < end)
		range_map((vaddr_t)phys_to_virt(start), start, end - start, prot);
}

/* A piece of a bank that is to be mapped: split where the read-only part of the image begins and
 * ends. */
static void direct_map_piece(paddr_t start, paddr_t end)
{
	paddr_t ro_start = virt_to_phys(_text), ro_end = virt_to_phys(_erodata);

	direct_map(start, min(end, ro_start), PROT_DATA);
	direct_map(max(start, ro_start), min(end, ro_end), PROT_RODATA);
	direct_map(max(start, ro_end), end, PROT_DATA);
}

static void direct_map_bank(const struct mem_range *bank)
{
	const struct mem_ranges *holes = boot_mem_no_map();
	paddr_t at = bank->start;

	for (unsigned i = 0; i < holes->count && at < bank->end; i++) {
		if (holes->range[i].end <= at)
			continue;
		direct_map_piece(at, min(holes->range[i].start, bank->end));
		at = holes->range[i].end;
	}
	direct_map_piece(at, bank->end);
}

/* Neighbouring banks may share a page of the page map: `mapped` is where the last one's part
 * ended. */
static vaddr_t page_map_bank(const struct mem_range *bank, vaddr_t mapped)
{
	vaddr_t start = ALIGN_DOWN((vaddr_t)page_of_phys(bank->start), PAGE_SIZE);
	vaddr_t end = ALIGN_UP((vaddr_t)page_of_phys(bank->end), PAGE_SIZE);
	size_t len, align;

	start = max(start, mapped);
	if (start >= end)
		return mapped;
	len = end - start;
	align = len >= PT_SPAN(1) && IS_ALIGNED(start, PT_SPAN(1)) ? PT_SPAN(1) : PAGE_SIZE;
	range_map(start, boot_mem_alloc_raw(len, align), len, PROT_DATA);
	return end;
}

static void kmap_tables_make(void)
{
	for (vaddr_t va = KMAP_BASE; va < KMAP_BASE + KMAP_SIZE; va += PT_SPAN(2))
		table_below(&kernel_root[pt_index(va, 2)]);
}

static void image_map(const char *start, const char *end, uint64_t prot)
{
	range_map((vaddr_t)start, virt_to_phys(start), end - start, prot);
}

void paging_init(void)
{
	const struct mem_ranges *banks = boot_mem_banks();
	vaddr_t mapped = 0;

	image_map(_text, _etext, PROT_TEXT);
	image_map(_etext, _erodata, PROT_RODATA);
	image_map(_data, _ebss, PROT_DATA);
	image_map(_boot_stack, _image_end, PROT_DATA);
	for (unsigned i = 0; i < banks->count; i++)
		direct_map_bank(&banks->range[i]);
	for (unsigned i = 0; i < banks->count; i++)
		mapped = page_map_bank(&banks->range[i], mapped);
	kmap_tables_make();
	shadow_map(range_map);
	root_runs_note();

	kernel_satp = SATP_SV39 | kernel_root_phys() >> PAGE_SHIFT;
	csr_write(satp, kernel_satp);
	tlb_flush_local();
}

/* --- the KMAP window -------------------------------------------------------------------------- */

/* The second-level entry for va, and the leaf table that it points to, if any. */
static pte_t *kmap_slot(vaddr_t va)
{
	pte_t *second = phys_to_virt(pte_paddr(kernel_root[pt_index(va, 2)]));

	return &second[pt_index(va, 1)];
}

static struct page *kmap_table(vaddr_t va)
{
	pte_t e = *kmap_slot(va);

	return pte_present(e) ? page_of_phys(pte_paddr(e)) : NULL;
}

int kmap_pte_map(vaddr_t va, paddr_t pa, uint64_t prot)
{
	pte_t *slot = kmap_slot(va);
	pte_t *leaf;

	if (shadow_map_kmap(va, pa))
		return -ENOMEM;
	if (!pte_present(*slot)) {
		struct page *table = page_alloc(0, ALLOC_ZERO, PAGE_TABLE);

		if (!table)
			return -ENOMEM;
		table->entries = 0;
		pte_set(slot, pte_table(page_phys(table)));
	}
	leaf = (pte_t *)phys_to_virt(pte_paddr(*slot)) + pt_index(va, 0);
	assert(!pte_present(*leaf));
	pte_set(leaf, pte_leaf(pa, prot | PTE_G));
	kmap_table(va)->entries++;
	/* A part may remember that there was nothing. LIMIT: other harts are not told; no known
	 * part remembers that. */
	tlb_flush_local_page(va);
	return 0;
}

void kmap_pte_clear(vaddr_t va, size_t len)
{
	for (vaddr_t end = va + len; va < end; va += PAGE_SIZE) {
		struct page *table = kmap_table(va);

		pte_set((pte_t *)page_address(table) + pt_index(va, 0), 0);
		table->entries--;
	}
}

struct page **kmap_tables_take(vaddr_t va, size_t len, struct page **tail)
{
	for (vaddr_t at = ALIGN_DOWN(va, PT_SPAN(1)); at < va + len; at += PT_SPAN(1)) {
		struct page *table = kmap_table(at);

		if (table == NULL || table->entries > 0)
			continue;
		pte_set(kmap_slot(at), 0);
		*tail = table;
		table->link.next = NULL;
		tail = (struct page **)&table->link.next;
	}
	return tail;
}

void kmap_flush(void)
{
	struct hart_mask online = { 0 };

	for (unsigned i = 0; i < hart_count; i++) {
		if (READ_ONCE(hart_table[i].online))
			hart_mask_set(&online, i);
	}
	hart_mask_set(&online, hart_index());
	tlb_flush_harts(&online, KMAP_BASE, KMAP_SIZE);
}
