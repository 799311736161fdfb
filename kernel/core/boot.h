/*
 * What the firmware told us, copied out of its device tree early; immutable after start.
 */
#pragma once

#include "lib/types.h"

struct boot_info {
	const void *fdt;      /* our own copy of the device tree, in kernel memory */
	char *cmdline;	      /* /chosen/bootargs, never NULL */
	paddr_t initrd_start; /* 0: none */
	size_t initrd_len;
	uint64_t boot_hartid;
	uint64_t ram_bytes; /* of all banks, as far as they are used */
};
extern struct boot_info boot_info;
