/*
 * /proc/pando/faults and /proc/pando/fail-nth: failures on demand (kernel/core/fault_inject.h).
 *
 *	faults		reading: a line for each place that may fail - its kind, where it is, how
 *			often it was asked for, how often it failed, its address. Writing: the rules
 *			of kernel/core/fault_inject.c, fail_page=200 for one in 200 page frames
 *	fail-nth	of the task that reads or writes: its nth allocation or copy from now on
 *			fails. Reading gives what is left, and 0 when it has failed, with its kind
 *			and where that was.
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
	size_t offset = 0;
	const char *name = symbol_name(pc, &offset);

	text_printf(arg, "%s %s+%#lx %lu %lu %#lx\n", kind, name != NULL ? name : "?", offset,
		    asked, failed, pc);
}

int proc_show_faults(struct text *out, struct task *unused)
{
	fault_sites_show(site_line, out);
	return 0;
}

int proc_store_faults(struct task *unused, const char *value)
{
	return fault_rules_set(value);
}

int proc_show_fault_nth(struct text *out, struct task *unused)
{
	unsigned left = fault_nth();
	size_t offset = 0;
	const char *name;
	uintptr_t pc;
	const char *kind = fault_nth_where(&pc);

	text_printf(out, "%u", left);
	if (kind != NULL) {
		name = symbol_name(pc, &offset);
		text_printf(out, " %s %s+%#lx", kind, name != NULL ? name : "?", offset);
	}
	text_printf(out, "\n");
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
