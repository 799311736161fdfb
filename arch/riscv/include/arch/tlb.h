/*
 * Address translation: switching trees and forgetting stale entries.
 *
 * The remote forms interrupt only the harts in the mask (through the SBI RFENCE extension) and
 * return when all of them have flushed. May be called with spinlocks held; never from an interrupt.
 */
#pragma once

#include "arch/pte.h"
#include "kernel/core/hart.h"

/* Makes root (the physical address of a root table) this hart's tree, and flushes what the part
 * needs. */
void tlb_switch(paddr_t root);

/* This hart only. */
void tlb_flush_local(void);
void tlb_flush_local_page(vaddr_t va);

/* Every hart in mask, this one included if it is in it. len in bytes; large ranges become a full
 * flush. */
void tlb_flush_harts(const struct hart_mask *mask, vaddr_t start, size_t len);

/* Orders instruction fetch after writes to code, on this hart / on those of the mask (fence.i). */
void icache_sync_local(void);
void icache_sync_harts(const struct hart_mask *mask);

/* The kernel's own root table: upper half only, what kernel threads and idle run on. */
extern pte_t kernel_root[];
paddr_t kernel_root_phys(void);

/* Builds the final kernel map from the banks of boot memory and switches to it: direct map, image,
 * and the zeroed struct page array of every bank. Once, before any page_alloc. */
void paging_init(void);

/* Copies the upper-half entries into a fresh root table of an address space, which is all zero. */
void pt_root_init(pte_t *root);

/* Maps/unmaps one 4 KiB page in the KMAP window (tables below the second level come from
 * page_alloc). prot is PTE_R/W/X bits. 0 or -ENOMEM. Callers serialise (kernel/alloc/kmap.c holds
 * its lock). Unmapping flushes every hart. */
int kmap_pte_map(vaddr_t va, paddr_t pa, uint64_t prot) __must_check;
void kmap_pte_unmap(vaddr_t va, size_t len);
