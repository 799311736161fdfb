/*
 * Boot memory: which physical memory there is, which of it is taken, and allocation before the page
 * allocator works.
 *
 * Three lists of ranges, each sorted and without overlaps, filled in by the boot hart alone and
 * constant afterwards:
 *
 *	banks      RAM, from the device tree's memory nodes, whole pages, cut at mem= and at the
 *	           end of the direct map
 *	reserved   taken: the firmware's and the tree's reservations, the image, the initrd, what
 *	           was allocated here
 *	no_map     reserved, and not even to be mapped
 *
 * Whatever goes wrong here can only be said and ends in a panic: there is no machine to run on.
 */
#pragma once

#include "lib/types.h"

struct mem_range {
	paddr_t start, end;
};

struct mem_ranges {
	unsigned count;
	struct mem_range range[64];
};

/* Reads banks and reservations of the tree. limit: mem=, as a total over all banks; UINT64_MAX:
 * none. */
void boot_mem_init(const void *fdt, uint64_t limit);
/* Takes a range out of what may be allocated; gives one back, but for what the tree reserves. */
void boot_mem_reserve(paddr_t start, paddr_t end);
void boot_mem_unreserve(paddr_t start, paddr_t end);

/* Zeroed memory in the direct map, never freed; panics when there is none. align: a power of
 * two. */
void *boot_mem_alloc(size_t len, size_t align);
/* The same without clearing it, as a physical address. */
paddr_t boot_mem_alloc_raw(size_t len, size_t align);

const struct mem_ranges *boot_mem_banks(void);
const struct mem_ranges *boot_mem_no_map(void);

/* Hands every bank to the page allocator, and what is not reserved to its free lists. No
 * boot_mem_alloc after it. */
void boot_mem_hand_over(void);
