/*
 * Finds the planted bug that the command line names, and does it. What it says before and after is
 * what tests/planted/ goes by: a bug that nothing catches must not look like one that was caught.
 *
 * plant=list names them all.
 */
#include "kernel/core/plant.h"

#include "kernel/core/boot.h"
#include "kernel/core/printk.h"
#include "lib/cmdline.h"
#include "lib/string.h"

extern const struct plant _plants_start[], _plants_end[];

static const struct plant *plant_find(const char *name)
{
	for (const struct plant *p = _plants_start; p < _plants_end; p++) {
		if (str_equal(p->name, name))
			return p;
	}
	return NULL;
}

static void plants_list(void)
{
	for (const struct plant *p = _plants_start; p < _plants_end; p++)
		pr_notice("plant: there is %s", p->name);
}

void plant_run(void)
{
	const struct plant *plant;
	char name[48];

	if (cmdline_find(boot_info.cmdline, "plant", name, sizeof(name)) <= 0)
		return;
	plant = plant_find(name);
	if (plant == NULL) {
		pr_err("plant: no bug is called %s; these are:", name);
		plants_list();
		return;
	}
	pr_notice("plant: %s begins", name);
	plant->fn();
	pr_err("plant: %s was not caught", name);
}
