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
/* May current have len bytes more of an area with these flags, by RLIMIT_MEMLOCK? mm->lock held. */
bool mm_may_lock(const struct mm *mm, unsigned flags, size_t len);
/* May current lock anything at all? */
bool mm_can_lock(void);
