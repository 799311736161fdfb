/*
 * What mapping calls share; for kernel/mm itself. mm->lock held for writing.
 */
#pragma once

#include "kernel/mm/vma.h"

#define MAP_LOWEST                                                                                 \
	0x10000UL /* nothing is put below, so that a NULL pointer with an offset faults */

/* Cuts [start, end) out: areas split at the edges, pages let go, tables freed where nothing is left
 * in their span. 0, -ENOMEM (nothing changed but splits). */
int mm_unmap_locked(struct mm *mm, vaddr_t start, vaddr_t end) __must_check;
/* The same for what munmap(2) is given: -EINVAL where it is no range of user pages. */
int mm_unmap_range(struct mm *mm, vaddr_t addr, size_t len) __must_check;
/* An address with len free bytes: the hint if it is free and clear of stacks. 0, -ENOMEM. */
int mm_place(struct mm *mm, vaddr_t hint, size_t len, vaddr_t *out) __must_check;
/* Does an area of [start, end) have to stay as it is (mseal)? kernel/mm/seal.c */
bool mm_range_sealed(struct mm *mm, vaddr_t start, vaddr_t end);
/* May current have len bytes more of an area with these flags, by RLIMIT_MEMLOCK? mm->lock held. */
bool mm_may_lock(const struct mm *mm, unsigned flags, size_t len);
/* May current lock anything at all? */
bool mm_can_lock(void);
