/*
 * Any bytes as a device tree: what fdt_check accepts is read in every way there is.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/bits.h"
#include "lib/fdt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_node(const void *blob, int node)
{
	char path[64];
	uint64_t addr, length;
	uint32_t cell, spec;
	unsigned cells, sizes;
	const char *name;
	const void *value;
	size_t len;
	int parent;

	(void)fdt_node_path(blob, node, path, sizeof(path));
	(void)fdt_cells(blob, node, &cells, &sizes);
	(void)fdt_status_ok(blob, node);
	(void)fdt_is_compatible(blob, node, "ns16550a");
	for (unsigned i = 0; i < 4; i++) {
		(void)fdt_reg(blob, node, i, &addr, &length);
		(void)fdt_reg_raw(blob, node, i, &addr, &length);
		(void)fdt_irq(blob, node, i, &parent, &cell);
		(void)fdt_interrupts_extended(blob, node, i, &cell, &spec);
		(void)fdt_prop_stringlist(blob, node, "compatible", i);
		(void)fdt_prop_at(blob, node, i, &name, &value, &len);
	}
	(void)fdt_reg_named(blob, node, "control", &addr, &length);
	(void)fdt_interrupt_parent(blob, node);
	(void)fdt_prop_u64(blob, node, "linux,initrd-start", &addr);
	(void)fdt_prop_u32(blob, node, "phandle", &cell);
	(void)fdt_prop_string(blob, node, "stdout-path");
	(void)fdt_child_find(blob, node, "cpu@0");
	(void)fdt_parent(blob, node);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t addr, length;
	int node, count = 0;
	void *blob;

	/* Its own allocation, aligned as a tree is, so that a step outside is seen. */
	if (posix_memalign(&blob, 8, size | 1))
		return 0;
	memcpy(blob, data, size);
	if (size >= 40 && fdt_check(blob, size) == 0) {
		fdt_for_each_node(node, blob) {
			if (count++ < 64)
				read_node(blob, node);
		}
		for (unsigned i = 0; i < 4; i++)
			(void)fdt_memreserve(blob, i, &addr, &length);
		(void)fdt_path_find(blob, "/chosen");
		(void)fdt_path_find(blob, "serial0:115200");
		(void)fdt_phandle_find(blob, 1);
	}
	free(blob);
	return 0;
}
