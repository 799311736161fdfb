/*
 * Address translation: switching trees and forgetting stale entries.
 *
 * The remote forms interrupt only the harts in the mask (through the SBI RFENCE extension) and
 * return when all of them have flushed. May be called with spinlocks held; never from an interrupt.
 */
#pragma once

#include "arch/pte.h"
#include "kernel/core/hart.h"

struct page;

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

/* Maps one 4 KiB page in the KMAP window (tables below the second level come from page_alloc). prot
 * is PTE_R/W/X bits. 0 or -ENOMEM. Callers of all four serialise (kernel/alloc/kmap.c holds its
 * lock). */
int kmap_pte_map(vaddr_t va, paddr_t pa, uint64_t prot) __must_check;
/* Unmaps pages that kmap_pte_map has mapped; harts may use them until kmap_flush. */
void kmap_pte_clear(vaddr_t va, size_t len);
/* Takes out of the tree the leaf tables of a range that have no entry, and chains them to *tail
 * through link.next; returns the new tail. They may be freed, and their part of the window mapped
 * again, after kmap_flush. */
struct page **kmap_tables_take(vaddr_t va, size_t len, struct page **tail);
/* Every hart forgets what has been unmapped. */
void kmap_flush(void);
