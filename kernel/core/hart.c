/*
 * The table of harts. It is made once, early, by the boot hart; until then hart_count is 0 and
 * hart_index() 0, and whoever keeps something per hart works without it.
 */
#include "kernel/core/hart.h"

unsigned hart_count;
struct hart *hart_table;

void hart_table_set(struct hart *table, unsigned count)
{
	hart_table = table;
	hart_count = count;
}
