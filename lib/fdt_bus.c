/*
 * fdt_bus.c: where a device is and which interrupts it raises, from a flattened device tree.
 *
 * Addresses. A device's `reg` holds addresses of the bus that it sits on, its parent, written in
 * as many cells of 32 bits as the bus says. A bus that passes accesses on has `ranges`, a list of
 * windows (address on this bus, address on the bus above, size); an empty one means that both are
 * the same. So an address climbs, bus by bus, until it is one of the root, which is the CPU's.
 *
 * Interrupts. `interrupts` is a list of specifiers for one controller, named by the nearest
 * interrupt-parent above; `interrupts-extended` names one for each entry. How many cells a
 * specifier has, the controller says.
 *
 * LIMIT: interrupt-map (the swizzling of PCI slots) is not followed, and an address of more than
 * 64 bits, such as the three cells below a PCI bridge, is -EINVAL unless its first cell is 0.
 */
#include "lib/fdt.h"

#include "lib/bytes.h"
#include "lib/errno.h"
#include "lib/string.h"

#define ADDRESS_CELLS_MAX 3
#define SIZE_CELLS_MAX	  2

/* The cells of addresses and sizes on a bus. */
struct cells {
	unsigned address;
	unsigned size;
};

/* A list of numbers, each of one or more cells, that is read from the front. */
struct reader {
	const char *next;
	size_t cells_left;
};

/* A cell count: a default if it is missing, -EINVAL if it is greater than max or no number. */
static int cell_count(const void *blob, int bus, const char *name, unsigned absent, unsigned max,
		      unsigned *out)
{
	uint32_t count = absent;
	int error = fdt_prop_u32(blob, bus, name, &count);

	if (error == -EINVAL || count > max)
		return -EINVAL;
	*out = count;
	return 0;
}

static int bus_cells(const void *blob, int bus, struct cells *cells)
{
	if (cell_count(blob, bus, "#address-cells", 2, ADDRESS_CELLS_MAX, &cells->address) != 0)
		return -EINVAL;
	return cell_count(blob, bus, "#size-cells", 1, SIZE_CELLS_MAX, &cells->size);
}

int fdt_cells(const void *blob, int node, unsigned *address_cells, unsigned *size_cells)
{
	int bus = fdt_parent(blob, node);
	struct cells cells;

	if (bus < 0)
		return bus;
	if (bus_cells(blob, bus, &cells) != 0)
		return -EINVAL;
	*address_cells = cells.address;
	*size_cells = cells.size;
	return 0;
}

/* A number of `count` cells, which the reader is known to have; -EINVAL: more than 64 bits. */
static int reader_take(struct reader *reader, unsigned count, uint64_t *out)
{
	uint64_t value = 0;
	bool too_large = false;

	for (unsigned i = 0; i < count; i++, reader->next += 4, reader->cells_left--) {
		too_large |= value >> 32 != 0;
		value = value << 32 | load_be32(reader->next);
	}
	*out = value;
	return too_large ? -EINVAL : 0;
}

/* Entry `index` of reg, as it stands. */
static int reg_read(const void *blob, int node, const struct cells *cells, unsigned index,
		    uint64_t *addr, uint64_t *size)
{
	size_t entry_cells = cells->address + cells->size;
	size_t len;
	const char *reg = fdt_prop(blob, node, "reg", &len);

	if (reg == NULL)
		return -ENOENT;
	if (entry_cells == 0 || len % (4 * entry_cells) != 0)
		return -EINVAL;
	if (index >= len / (4 * entry_cells))
		return -ENOENT;

	struct reader reader = { reg + 4 * entry_cells * index, entry_cells };

	if (reader_take(&reader, cells->address, addr) != 0)
		return -EINVAL;
	return reader_take(&reader, cells->size, size);
}

/* Takes the address from a bus to the one above it, through the bus's `ranges`. */
static int address_raise(const void *blob, int bus, const struct cells *here,
			 const struct cells *above, uint64_t *addr)
{
	size_t window_cells = here->address + above->address + here->size;
	size_t len;
	const char *ranges = fdt_prop(blob, bus, "ranges", &len);

	if (ranges == NULL)
		return -ENOENT;
	if (len == 0)
		return 0;
	if (len % 4 != 0)
		return -EINVAL;

	struct reader reader = { ranges, len / 4 };

	while (reader.cells_left >= window_cells && window_cells > 0) {
		uint64_t from, to, size;
		int wide = reader_take(&reader, here->address, &from);

		wide |= reader_take(&reader, above->address, &to);
		wide |= reader_take(&reader, here->size, &size);
		/* A window beyond 64 bits is not ours, so look on. */
		if (wide != 0 || *addr < from || *addr - from >= size)
			continue;
		return __builtin_add_overflow(to, *addr - from, addr) ? -EINVAL : 0;
	}
	return -ENOENT;
}

int fdt_reg(const void *blob, int node, unsigned index, uint64_t *addr, uint64_t *size)
{
	int path[FDT_DEPTH_MAX];
	int depth = fdt_ancestors(blob, node, path);
	struct cells here, above;
	uint64_t address, length;

	if (depth < 2)
		return -ENOENT;
	if (bus_cells(blob, path[depth - 2], &here) != 0)
		return -EINVAL;

	int error = reg_read(blob, node, &here, index, &address, &length);

	for (int level = depth - 2; error == 0 && level > 0; level--, here = above) {
		if (bus_cells(blob, path[level - 1], &above) != 0)
			return -EINVAL;
		error = address_raise(blob, path[level], &here, &above, &address);
	}
	if (error != 0)
		return error;
	if (addr != NULL)
		*addr = address;
	if (size != NULL)
		*size = length;
	return 0;
}

int fdt_reg_raw(const void *blob, int node, unsigned index, uint64_t *addr, uint64_t *size)
{
	int bus = fdt_parent(blob, node);
	struct cells cells;
	uint64_t address, length;

	if (bus < 0)
		return bus;
	if (bus_cells(blob, bus, &cells) != 0)
		return -EINVAL;

	int error = reg_read(blob, node, &cells, index, &address, &length);

	if (error != 0)
		return error;
	if (addr != NULL)
		*addr = address;
	if (size != NULL)
		*size = length;
	return 0;
}

int fdt_reg_named(const void *blob, int node, const char *name, uint64_t *addr, uint64_t *size)
{
	const char *entry;

	for (unsigned i = 0;; i++) {
		entry = fdt_prop_stringlist(blob, node, "reg-names", i);
		if (entry == NULL)
			return -ENOENT;
		if (str_equal(entry, name))
			return fdt_reg(blob, node, i, addr, size);
	}
}

/* How many cells a specifier of this controller has; -EINVAL if it is none. */
static int interrupt_cells(const void *blob, int controller, unsigned *cells)
{
	uint32_t count;

	if (controller < 0 || fdt_prop_u32(blob, controller, "#interrupt-cells", &count) != 0)
		return -EINVAL;
	*cells = count;
	return 0;
}

int fdt_interrupt_parent(const void *blob, int node)
{
	uint32_t phandle;

	/* Each step goes up by the tree or to a named node; a controller ends the climb. One
	 * that has gone on for longer than the tree is deep runs in a circle. */
	for (unsigned step = 0; step < FDT_DEPTH_MAX; step++) {
		int error = fdt_prop_u32(blob, node, "interrupt-parent", &phandle);

		if (error == -EINVAL)
			return error;
		node = error == 0 ? fdt_phandle_find(blob, phandle) : fdt_parent(blob, node);
		if (node < 0)
			return node;
		if (fdt_prop(blob, node, "#interrupt-cells", NULL) != NULL)
			return node;
	}
	return -EINVAL;
}

int fdt_interrupts_extended_next(const void *blob, int node, unsigned *cell, uint32_t *phandle,
				 uint32_t *spec)
{
	size_t len;
	const char *value = fdt_prop(blob, node, "interrupts-extended", &len);
	unsigned cells = 0;

	if (value == NULL || *cell >= len / 4)
		return -ENOENT;
	value += 4 * (size_t)*cell;
	*phandle = load_be32(value);
	/* A phandle of 0 is an empty place in the list. */
	if (*phandle != 0 &&
	    interrupt_cells(blob, fdt_phandle_find(blob, *phandle), &cells) != 0)
		return -EINVAL;
	if (cells > len / 4 - *cell - 1)
		return -EINVAL;
	*spec = cells > 0 ? load_be32(value + 4) : 0;
	*cell += 1 + cells;
	return 0;
}

int fdt_interrupts_extended(const void *blob, int node, unsigned index, uint32_t *phandle,
			    uint32_t *spec)
{
	uint32_t found_phandle, found_spec;
	unsigned cell = 0;
	int error;

	do
		error = fdt_interrupts_extended_next(blob, node, &cell, &found_phandle,
						     &found_spec);
	while (error == 0 && index-- > 0);
	if (error != 0)
		return error;
	*phandle = found_phandle;
	*spec = found_spec;
	return 0;
}

/* The same from interrupts-extended. */
static int irq_extended(const void *blob, int node, unsigned index, int *controller, uint32_t *irq)
{
	uint32_t phandle;
	int error = fdt_interrupts_extended(blob, node, index, &phandle, irq);

	if (error == 0 && controller != NULL)
		*controller = fdt_phandle_find(blob, phandle);
	return error;
}

int fdt_irq(const void *blob, int node, unsigned index, int *controller, uint32_t *irq)
{
	unsigned cells;
	int parent;

	if (fdt_prop(blob, node, "interrupts-extended", NULL) != NULL)
		return irq_extended(blob, node, index, controller, irq);
	if (fdt_prop(blob, node, "interrupts", NULL) == NULL)
		return -ENOENT;
	parent = fdt_interrupt_parent(blob, node);
	if (interrupt_cells(blob, parent, &cells) != 0)
		return -EINVAL;
	/* An absurd count must not wrap the index around. */
	if (cells == 0 || index > UINT32_MAX / cells)
		return -EINVAL;
	if (controller != NULL)
		*controller = parent;
	return fdt_prop_cell(blob, node, "interrupts", index * cells, irq);
}
