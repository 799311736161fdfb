/*
 * Drivers: who can make use of which node of the device tree.
 *
 * A driver is one constant struct in a section of its own; nothing lists them. At start every
 * enabled node is offered to the first driver that names one of its compatible strings. There is no
 * removal and no deferred probing: interrupts and clocks are there before devices are.
 */
#pragma once

#include "lib/types.h"

struct driver {
	const char *name;
	const char *const *compatible; /* ends with NULL */
	/* 0, or -errno: the node is left alone and a message says so. May allocate; interrupts are
	 * on. */
	int (*probe)(const void *fdt, int node);
};

/* static const struct driver uart = {...}; DRIVER_REGISTER(uart); */
#define DRIVER_REGISTER(var) \
	static const struct driver *const var##_entry __used __section(".drivers") = &(var)

/* Offers every node to the drivers. Once, by kernel/main. */
void drivers_probe(const void *fdt);
