/*
 * What the firmware hands over.
 */
#pragma once

#include "lib/types.h"

/* Checks the device tree at that address, starts boot memory by it, copies tree and command line,
 * finds the initrd; fills boot_info and reads the options. Panics with a sentence when there is no
 * usable tree. */
void firmware_read(uint64_t hartid, paddr_t fdt);
