/*
 * fdt.h: a reader of flattened device trees (Devicetree Specification v0.4, chapters 2 and 5).
 *
 * The firmware describes the machine in one block of memory: a header, a list of reserved ranges,
 * a structure block of big-endian tokens and a block of property names.
 *
 *	fdt_check(blob, len)  must return 0 first. It walks the whole tree once and proves that
 *	                      every token, name and length lies inside the block and that nodes
 *	                      nest properly, at most FDT_DEPTH_MAX deep.
 *
 * All other functions rely on that proof and on the block staying unchanged; they never write,
 * allocate, recurse or sleep, so they work before there is any memory management. They do not rely
 * on what property *values* say: every value is checked against its length.
 *
 * A node is an int, the offset of its begin token in the structure block; nodes are ordered by
 * it, depth first. Negative means an error: -ENOENT for not there, -EINVAL for malformed.
 */
#pragma once

#include "lib/types.h"

#define FDT_DEPTH_MAX 32

/* `from` for fdt_compatible_next() and fdt_node_next() to begin at the root. */
#define FDT_START (-1)

/* Is there a whole and sound tree at blob, which has len_max readable bytes? Any alignment will
 * do. 0, or -EINVAL. */
int __must_check fdt_check(const void *blob, size_t len_max);

/* The size of the block, for those who copy it or reserve its memory. Reads only the header;
 * 0 if that does not look like one (so it may be used before fdt_check). */
size_t fdt_total_size(const void *blob);

/* The hart that the firmware booted on, as the header has it. */
uint32_t fdt_boot_hart(const void *blob);

/* Range i of the memory-reservation list; -ENOENT beyond the end. */
int fdt_memreserve(const void *blob, unsigned index, uint64_t *addr, uint64_t *size);

/* --- nodes --------------------------------------------------------------------------------- */

int fdt_root(const void *blob);
int fdt_child_first(const void *blob, int node);
int fdt_sibling_next(const void *blob, int node);
int fdt_parent(const void *blob, int node); /* walks from the root: O(node's offset) */
int fdt_node_next(const void *blob, int from); /* depth first over the whole tree */

/* Writes the nodes from the root down to `node` itself into path; returns how many. */
int fdt_ancestors(const void *blob, int node, int path[FDT_DEPTH_MAX]);

#define fdt_for_each_child(child, blob, node)                                                      \
	for (child = fdt_child_first(blob, node); child >= 0;                                      \
	     child = fdt_sibling_next(blob, child))

#define fdt_for_each_node(node, blob)                                                              \
	for (node = fdt_node_next(blob, FDT_START); node >= 0; node = fdt_node_next(blob, node))

/* The name with its unit address ("serial@10000000"); "" for the root. */
const char *fdt_node_name(const void *blob, int node);

/* Is that name `name`, with or without its unit address? */
bool fdt_node_is(const void *blob, int node, const char *name);

/* The child of that name: "cpus", "serial@10000000", or "serial" for the first serial@... */
int fdt_child_find(const void *blob, int node, const char *name);

/* The node at a path. A path that does not start with '/' starts with a name from /aliases. It
 * ends at NUL or at ':', so that /chosen's stdout-path ("serial0:115200n8") can be given as is. */
int fdt_path_find(const void *blob, const char *path);

/* The node with this phandle (property phandle or linux,phandle). */
int fdt_phandle_find(const void *blob, uint32_t phandle);

/* The first node after `from` (FDT_START: of all) that is compatible with this string. */
int fdt_compatible_next(const void *blob, int from, const char *compatible);
#define fdt_for_each_compatible(node, blob, compatible)                                            \
	for (node = fdt_compatible_next(blob, FDT_START, compatible); node >= 0;                   \
	     node = fdt_compatible_next(blob, node, compatible))
bool fdt_is_compatible(const void *blob, int node, const char *compatible);

/* False if the node's own status says anything but okay ("ok" counts). */
bool fdt_status_ok(const void *blob, int node);

/* The full path, for messages. Returns its length, or -E2BIG when it was cut. */
int fdt_node_path(const void *blob, int node, char *buf, size_t size);

/* --- properties ---------------------------------------------------------------------------- */

/* The value, which may be unaligned, and its length in *len (len may be NULL); NULL if absent. */
const void *fdt_prop(const void *blob, int node, const char *name, size_t *len);

/* Property number `index` of a node in the order of the blob; -ENOENT beyond the last. */
int fdt_prop_at(const void *blob, int node, unsigned index, const char **name, const void **value,
		size_t *len);

/* 0; -ENOENT: no such property; -EINVAL: not of that shape. *out is written only on 0. */
int fdt_prop_u32(const void *blob, int node, const char *name, uint32_t *out); /* 4 bytes */
int fdt_prop_u64(const void *blob, int node, const char *name, uint64_t *out); /* 4 or 8 bytes */

/* The index-th 32-bit cell of an array; -ENOENT also beyond its end. */
int fdt_prop_cell(const void *blob, int node, const char *name, unsigned index, uint32_t *out);

/* The value as a string; NULL if absent or not NUL-ended. */
const char *fdt_prop_string(const void *blob, int node, const char *name);

/* The index-th string of a list of strings; NULL if there are fewer. */
const char *fdt_prop_stringlist(const void *blob, int node, const char *name, unsigned index);

/* --- buses and interrupts (fdt_bus.c) ------------------------------------------------------- */

/* How many cells an address and a size have in `reg` of this node: what its PARENT's
 * #address-cells and #size-cells say, by default 2 and 1. -EINVAL if more than 3 and 2. */
int fdt_cells(const void *blob, int node, unsigned *address_cells, unsigned *size_cells);

/* Entry `index` of the node's reg, translated through the `ranges` of every bus above it into an
 * address of the CPU. -ENOENT: no such entry, or the bus is not mapped (no `ranges`, as above
 * cpus or spi). -EINVAL: malformed, or more than 64 bits. addr and size may be NULL. */
int fdt_reg(const void *blob, int node, unsigned index, uint64_t *addr, uint64_t *size);

/* The same without translation: the chip select on a SPI bus, the hart id of a cpu node. */
int fdt_reg_raw(const void *blob, int node, unsigned index, uint64_t *addr, uint64_t *size);

/* The entry whose name in reg-names is `name`. */
int fdt_reg_named(const void *blob, int node, const char *name, uint64_t *addr, uint64_t *size);

/* The interrupt controller that the node's `interrupts` go to: interrupt-parent of the node or of
 * the nearest ancestor that has one. */
int fdt_interrupt_parent(const void *blob, int node);

/* Entry `index` of interrupts-extended: the controller's phandle and the first cell of the
 * specifier (0 if it has none). Entries are as long as each controller's #interrupt-cells says. */
int fdt_interrupts_extended(const void *blob, int node, unsigned index, uint32_t *phandle,
			    uint32_t *spec);

/* The same for walking the list: *cell, 0 at first, is moved to the next entry. */
int fdt_interrupts_extended_next(const void *blob, int node, unsigned *cell, uint32_t *phandle,
				 uint32_t *spec);

/* Interrupt `index` of a device: the node of the controller (may be NULL) and the first cell of the
 * specifier, from interrupts-extended if the node has it, else from interrupts. */
int fdt_irq(const void *blob, int node, unsigned index, int *controller, uint32_t *irq);
