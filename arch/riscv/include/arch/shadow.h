/*
 * SAN=address: the shadow, one byte for every 8 bytes of the kernel's half (kernel/core/asan.h says
 * what is in them). The shadow of addr is at (addr >> 3) + SHADOW_OFFSET; the compiler is told the
 * same number. In other builds there is no shadow and all this is nothing.
 *
 *	SHADOW_BASE    fffffff0_00000000   shadow of DIRECT_BASE, 32 GiB for the 256 of the half
 *
 * RAM, the image and what is mapped in the KMAP window have shadow of their own. All else shares
 * one page of zeros that can only be read, but for the unmapped parts of KMAP: there is none there.
 */
#pragma once

#include "arch/page.h"
#include "arch/pte.h"

#define SHADOW_OFFSET 0xdffffff800000000UL
#define SHADOW_BASE   ((DIRECT_BASE >> 3) + SHADOW_OFFSET)
#define SHADOW_SIZE   ((-DIRECT_BASE) >> 3)

/* How paging.c maps a range in kernel_root, at boot. */
typedef void shadow_map_fn(vaddr_t va, paddr_t pa, size_t len, uint64_t prot);

#ifdef PANDO_ASAN

static_assert(PANDO_ASAN == SHADOW_OFFSET, "the Makefile tells the compiler another offset");

static inline int8_t *shadow_of(vaddr_t addr)
{
	return (int8_t *)((addr >> 3) + SHADOW_OFFSET);
}

/* From boot.S, on the early map, before any other C: functions write to the shadow of their stack
 * from the first on. One page stands for all of it. */
void shadow_early(void);

/* Allocates the shadow of RAM and image and maps it. */
void shadow_map(shadow_map_fn *map);

/* That map is in force: the page that stood for everything is to be all zeros from now on. */
void shadow_start(void);

/* One page at va of the KMAP window is about to be mapped, to RAM or to a device: gives it shadow.
 * 0 or -ENOMEM. */
int shadow_map_kmap(vaddr_t va, paddr_t pa) __must_check;

#else

static inline void shadow_map(shadow_map_fn *map)
{
}

static inline int __must_check shadow_map_kmap(vaddr_t va, paddr_t pa)
{
	return 0;
}

#endif
