/*
 * clone_docs.c: prints the tables of kernel/lifecycle/clone_flags.c. Built for the machine at hand,
 * so what reads the table for others is what reads it for the kernel, a C compiler.
 *
 * A record a line, fields apart by tabs: tools/clone_docs.py makes docs/clone.md of it.
 *
 *	flag NAME BIT CALLS MEANING
 *	rule SET MISSING CALLS ERROR REASON
 *
 * With --header the same as a C header, what tests/abi/clone_pairs.c expects of every combination.
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

static void print_header(void)
{
	printf("/* Made by tools/clone_docs.c from kernel/lifecycle/clone_flags.c. */\n"
	       "static const struct table_flag {\n"
	       "\tuint64_t bit;\n\tconst char *name;\n\tunsigned calls;\n"
	       "} table_flags[] = {\n");
	for (unsigned i = 0; i < clone_flag_count; i++)
		printf("\t{ %#lx, \"%s\", %#x },\n", clone_flags[i].bit, clone_flags[i].name,
		       clone_flags[i].calls);
	printf("};\nstatic const struct table_rule {\n"
	       "\tuint64_t set, missing;\n\tunsigned calls;\n\tint error;\n"
	       "} table_rules[] = {\n");
	for (unsigned i = 0; i < clone_rule_count; i++)
		printf("\t{ %#lx, %#lx, %#x, %d },\n", clone_rules[i].set, clone_rules[i].missing,
		       clone_rules[i].calls, clone_rules[i].error);
	printf("};\nenum { TABLE_CLONE = %d, TABLE_CLONE3 = %d, TABLE_LATE = %d };\n", BY_CLONE,
	       BY_CLONE3, BY_LATE);
}

int main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1) {
		print_header();
		return 0;
	}
	for (unsigned i = 0; i < clone_flag_count; i++) {
		const struct clone_flag *f = &clone_flags[i];

		printf("flag\t%s\t%d", f->name, __builtin_ctzll(f->bit));
		print_calls(f->calls);
		printf("\t%s\n", f->meaning);
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
