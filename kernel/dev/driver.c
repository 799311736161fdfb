/*
 * The walk that brings devices and drivers together, once at start, on the boot hart.
 */
#include "kernel/dev/driver.h"

#include "kernel/core/printk.h"
#include "lib/errno.h"
#include "lib/fdt.h"

extern const struct driver *const _drivers_start[], *const _drivers_end[];

static bool driver_matches(const struct driver *d, const void *fdt, int node)
{
	for (const char *const *name = d->compatible; *name; name++) {
		if (fdt_is_compatible(fdt, node, *name))
			return true;
	}
	return false;
}

static void node_probe(const void *fdt, int node)
{
	const struct driver *const *d = _drivers_start;
	char path[64];
	int err;

	while (d < _drivers_end && !driver_matches(*d, fdt, node))
		d++;
	if (d == _drivers_end)
		return;
	err = (*d)->probe(fdt, node);
	if (err) {
		fdt_node_path(fdt, node, path, sizeof(path));
		pr_warn("%s: not usable by driver %s: %s", path, (*d)->name, errno_name(err));
	}
}

void drivers_probe(const void *fdt)
{
	int node;

	for (node = fdt_root(fdt); node >= 0; node = fdt_node_next(fdt, node)) {
		if (fdt_prop(fdt, node, "compatible", NULL) && fdt_status_ok(fdt, node))
			node_probe(fdt, node);
	}
}
