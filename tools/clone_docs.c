/*
 * clone_docs.c: prints the tables of kernel/lifecycle/clone_flags.c, a record a line, fields apart
 * by tabs. Built for the machine at hand by tools/clone_docs.py, which makes docs/clone.md of it:
 * so what reads the table for the page is what reads it for the kernel, a C compiler.
 *
 *	flag NAME BIT CALLS DONE MEANING
 *	rule SET MISSING CALLS ERROR REASON
 */
#include <stdio.h>

#include "kernel/lifecycle/clone_flags.c"

static void print_calls(unsigned calls)
{
	static const char *const names[] = { "clone", "clone3", "unshare", "kernel", "late" };
	const char *comma = "\t";

	for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
		if (calls & (1u << i)) {
			printf("%s%s", comma, names[i]);
			comma = ",";
		}
	}
	if (calls == 0)
		printf("\t");
}

static void print_names(uint64_t bits)
{
	const char *plus = "\t";

	for (unsigned i = 0; i < clone_flag_count; i++) {
		if (bits & clone_flags[i].bit) {
			printf("%s%s", plus, clone_flags[i].name);
			plus = "+";
		}
	}
	if (bits == 0)
		printf("\t");
}

int main(void)
{
	for (unsigned i = 0; i < clone_flag_count; i++) {
		const struct clone_flag *f = &clone_flags[i];

		printf("flag\t%s\t%d", f->name, __builtin_ctzll(f->bit));
		print_calls(f->calls);
		printf("\t%d\t%s\n", f->done, f->meaning);
	}
	for (unsigned i = 0; i < clone_rule_count; i++) {
		const struct clone_rule *r = &clone_rules[i];

		printf("rule");
		print_names(r->set);
		print_names(r->missing);
		print_calls(r->calls);
		printf("\t%d\t%s\n", r->error, r->reason);
	}
	return 0;
}
