/*
 * Sv39 page-table entries (RISC-V Privileged Architecture, "Sv39").
 *
 *   63   54 53        10 9  8 7 6 5 4 3 2 1 0
 *   [  0   |    PPN     | SW |D|A|G|U|X|W|R|V]
 *
 * An entry with any of R, W, X is a leaf; a valid one without is a pointer to the next table and
 * carries no permissions of its own. Hardware may or may not set A and D: pte_leaf presets A, and D
 * where the page is writable, so no part ever faults for them; pte_set asserts it.
 */
#pragma once

#include "arch/page.h"

typedef uint64_t pte_t;

#define PTE_V (1UL << 0)
#define PTE_R (1UL << 1)
#define PTE_W (1UL << 2)
#define PTE_X (1UL << 3)
#define PTE_U (1UL << 4)
#define PTE_G (1UL << 5)
#define PTE_A (1UL << 6)
#define PTE_D (1UL << 7)
#define PTE_SW0 (1UL << 8) /* software: free for kernel/mm */
#define PTE_SW1 (1UL << 9)

#define PT_LEVELS 3
#define PT_ENTRIES 512
/* Bytes mapped by one entry of a level: 0 = 4 KiB, 1 = 2 MiB, 2 = 1 GiB. */
#define PT_SPAN(level) (1UL << (PAGE_SHIFT + 9 * (level)))

static inline unsigned pt_index(vaddr_t va, unsigned level)
{
	return (va >> (PAGE_SHIFT + 9 * level)) & (PT_ENTRIES - 1);
}

static inline pte_t pte_leaf(paddr_t pa, uint64_t prot)
{
	return pa >> 2 | prot | PTE_A | (prot & PTE_W ? PTE_D : 0) | PTE_V;
}

static inline pte_t pte_table(paddr_t pa)
{
	return pa >> 2 | PTE_V;
}

static inline bool pte_present(pte_t e)
{
	return e & PTE_V;
}

static inline bool pte_is_leaf(pte_t e)
{
	return (e & PTE_V) && (e & (PTE_R | PTE_W | PTE_X));
}

static inline paddr_t pte_paddr(pte_t e)
{
	return (e >> 10 & ((1UL << 44) - 1)) << PAGE_SHIFT;
}

/* The one setter. Whoever replaces a valid entry flushes the TLB afterwards (arch/tlb.h). */
void pte_set(pte_t *slot, pte_t e);
