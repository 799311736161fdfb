/*
 * /proc/pando/faults and /proc/pando/fail-nth: failures on demand (kernel/core/fault_inject.h).
 *
 *	faults		reading: a line for each place that may fail - its kind, where it is, how
 *			often it was asked for and how often it failed. Writing: fail_page=N
 *			fail_slab=N fail_copy=N fail_seed=S
 *	fail-nth	of the task that reads or writes: its nth allocation or copy from now on
 *			fails. Reading gives what is left, 0 when it has failed.
 *
 * Only in kernels built with FAULTS=1.
 */
#include "kernel/procfs/proc.h"

#include "kernel/core/fault_inject.h"
#include "kernel/core/panic.h"
#include "lib/errno.h"
#include "lib/string.h"

static void site_line(const char *kind, uintptr_t pc, uint64_t asked, uint64_t failed, void *arg)
{
	size_t offset;
	const char *name = symbol_name(pc, &offset);

	text_printf(arg, "%s %s+%#lx %lu %lu\n", kind, name != NULL ? name : "?", offset, asked,
		    failed);
}

int proc_show_faults(struct text *out, struct task *unused)
{
	fault_sites_show(site_line, out);
	return 0;
}

int proc_store_faults(struct task *unused, const char *value)
{
	return fault_rates_set(value);
}

int proc_show_fault_nth(struct text *out, struct task *unused)
{
	text_printf(out, "%u\n", fault_nth());
	return 0;
}

int proc_store_fault_nth(struct task *unused, const char *value)
{
	int64_t nth;

	if (str_to_i64(value, NULL, 10, &nth) || nth < 0 || nth > UINT32_MAX)
		return -EINVAL;
	fault_nth_set((unsigned)nth);
	return 0;
}
