/*
 * tlb.c: forgetting stale translations, here and on other harts.
 *
 * One address-space identifier (0) is used for everybody, so a switch of trees flushes what is not
 * global. Kernel mappings are global (PTE_G). On parts whose flush by address is broken
 * (errata_tlb_page_bad) every flush is a full one.
 *
 * Other harts are reached through the firmware, which returns when they are done. Its masks are 64
 * harts wide from a base hart number, so the dense indexes of a hart_mask are first gathered into
 * such groups.
 */
#include "arch/tlb.h"

#include "arch/riscv/csr.h"
#include "arch/riscv/errata.h"
#include "arch/riscv/sbi.h"

#define FLUSH_PAGES_MAX 32 /* more than that: flush everything instead */

void tlb_flush_local(void)
{
	__asm__ volatile("sfence.vma" ::: "memory");
}

void tlb_flush_local_page(vaddr_t va)
{
	if (errata_tlb_page_bad)
		tlb_flush_local();
	else
		__asm__ volatile("sfence.vma %0, zero" ::"r"(va) : "memory");
}

void tlb_switch(paddr_t root)
{
	csr_write(satp, SATP_SV39 | root >> PAGE_SHIFT);
	if (errata_tlb_page_bad)
		tlb_flush_local();
	else /* a register that holds 0, not x0: all of identifier 0 but global entries */
		__asm__ volatile("sfence.vma zero, %0" ::"r"(0UL) : "memory");
}

static void flush_local_range(vaddr_t start, size_t len)
{
	vaddr_t va;

	if (errata_tlb_page_bad || len > FLUSH_PAGES_MAX * PAGE_SIZE) {
		tlb_flush_local();
		return;
	}
	for (va = start & PAGE_MASK; va < start + len; va += PAGE_SIZE)
		tlb_flush_local_page(va);
}

/* --- other harts ------------------------------------------------------------------------------ */

/* Calls fn for groups of at most 64 firmware hart numbers; our own hart is left out. */
static void for_each_remote_group(const struct hart_mask *mask,
				  void (*fn)(uint64_t group, uint64_t base, void *arg), void *arg)
{
	uint64_t group = 0, base = 0, id;
	unsigned i, self = hart_index();

	for (i = 0; i < hart_count; i++) {
		if (i == self || !hart_mask_test(mask, i))
			continue;
		id = hart_table[i].hartid;
		if (group && (id < base || id - base >= 64)) {
			fn(group, base, arg);
			group = 0;
		}
		if (!group)
			base = ALIGN_DOWN(id, 64UL);
		group |= 1UL << (id - base);
	}
	if (group)
		fn(group, base, arg);
}

struct flush_range {
	uint64_t start, len;
};

static void flush_group(uint64_t group, uint64_t base, void *arg)
{
	const struct flush_range *r = arg;

	sbi_remote_sfence(group, base, r->start, r->len);
}

static void fence_i_group(uint64_t group, uint64_t base, void *arg)
{
	sbi_remote_fence_i(group, base);
}

void tlb_flush_harts(const struct hart_mask *mask, vaddr_t start, size_t len)
{
	struct flush_range range = {start & PAGE_MASK,
				    ALIGN_UP(start + len, PAGE_SIZE) - (start & PAGE_MASK)};

	if (errata_tlb_page_bad || len > FLUSH_PAGES_MAX * PAGE_SIZE)
		range = (struct flush_range){ 0, UINT64_MAX };
	if (hart_mask_test(mask, hart_index()))
		flush_local_range(start, len);
	for_each_remote_group(mask, flush_group, &range);
}

void icache_sync_local(void)
{
	__asm__ volatile("fence.i" ::: "memory");
}

void icache_sync_harts(const struct hart_mask *mask)
{
	/* The writes to code must be visible before any hart fetches anew. */
	__asm__ volatile("fence rw, rw" ::: "memory");
	if (hart_mask_test(mask, hart_index()))
		icache_sync_local();
	for_each_remote_group(mask, fence_i_group, NULL);
}
