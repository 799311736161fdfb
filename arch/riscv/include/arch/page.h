/*
 * Where things lie: page size and the map of the Sv39 address space.
 *
 *   0x00_0000_0000 .. 0x3f_ffff_ffff   user half, one table tree per address space
 *   DIRECT_BASE    ffffffc0_00000000   direct map of RAM: physical 0 .. 128 GiB
 *   PAGE_MAP_BASE  ffffffe0_00000000   struct page of frame n at index n, of RAM only
 *   KMAP_BASE      ffffffe4_00000000   kernel mappings made page by page: stacks, device registers
 *   SHADOW_BASE    fffffff0_00000000   only with SAN=address: arch/shadow.h
 *   KERNEL_BASE    ffffffff_80000000   the image: text, rodata, data, bss
 *
 * The upper 256 root entries are the same in every address space and never change after boot:
 * the second-level tables under PAGE_MAP and KMAP are allocated at start.
 */
#pragma once

#include "lib/types.h"

#define PAGE_SHIFT 12
#define PAGE_SIZE (1UL << PAGE_SHIFT)
#define PAGE_MASK (~(PAGE_SIZE - 1))

#define USER_END (1UL << 38) /* first address that is not user's */

#define DIRECT_BASE 0xffffffc000000000UL
#define DIRECT_SIZE (128UL << 30)
#define PAGE_MAP_BASE 0xffffffe000000000UL
#define PAGE_MAP_SIZE (2UL << 30) /* 128 GiB / 4 KiB * 64 bytes */
#define KMAP_BASE 0xffffffe400000000UL
#define KMAP_SIZE (4UL << 30)
#define KERNEL_BASE 0xffffffff80000000UL

/* Physical address of the image's first byte minus KERNEL_BASE; set once in early boot. */
extern uint64_t kernel_phys_offset;

static inline void *phys_to_virt(paddr_t pa)
{
	return (void *)(pa + DIRECT_BASE);
}

/* For pointers into the direct map or the kernel image; not for KMAP addresses. */
static inline paddr_t virt_to_phys(const void *p)
{
	vaddr_t va = (vaddr_t)p;

	return va >= KERNEL_BASE ? va + kernel_phys_offset : va - DIRECT_BASE;
}
