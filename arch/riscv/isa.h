/*
 * isa.h: what the harts of this machine can do; filled in by arch_init, then constant.
 */
#pragma once

#include "lib/types.h"

extern bool isa_has_fp;	       /* F and D, on all harts */
extern bool isa_has_sstc;      /* stimecmp: S-mode timer without the firmware */

void isa_init(const void *fdt, uint64_t boot_hartid);
/* May this cpu node of the tree be used? */
bool isa_hart_usable(const void *fdt, int node);
