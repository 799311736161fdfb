/*
 * errata.h: parts that do not do what the manual says.
 */
#pragma once

#include "lib/types.h"

/* sfence.vma by address can't be relied on: flush everything. */
extern bool errata_tlb_page_bad;

/* Looks at every hart that we may use; says what it has found. After sbi_init. */
void errata_init(const void *fdt);
