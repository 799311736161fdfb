/*
 * errata.c: which faults the harts of this machine have, by one table.
 *
 * A hart is known by three numbers that the firmware reads for us from mvendorid, marchid and
 * mimpid, and by the compatible strings of its node in the device tree. A row applies if the
 * numbers match. Where there are none - a row without, or a firmware that tells no vendor - the
 * strings decide. So the JH7110, whose U74 is sound but bears the FU740's name, is told apart by
 * its number, and a part of unknown make is treated as the faulty one of its name.
 *
 * The numbers are those of the boot hart: harts that run one kernel are of one make.
 */
#include "arch/riscv/errata.h"

#include "arch/riscv/isa.h"
#include "arch/riscv/sbi.h"
#include "kernel/core/printk.h"
#include "lib/fdt.h"

#define VENDOR_SIFIVE 0x489
#define IMPL_DATE 0xffffff /* SiFive puts the date of the design there: year, month, day */

bool errata_tlb_page_bad;

static const struct erratum {
	const char *name, *consequence;
	bool *flag;
	uint64_t vendor, arch;		/* vendor 0: the strings alone decide */
	uint64_t impl_date_max;		/* designs up to that one ... */
	uint64_t impl_good;		/* ... but for this one */
	const char *compatible[4];	/* ends with NULL */
} errata[] = {
	/* FU740 errata, CIP-1200: the TLB keeps an entry that was flushed by address. */
	{ "CIP-1200", "every TLB flush is a full one", &errata_tlb_page_bad, VENDOR_SIFIVE,
	  0x8000000000000007, 0x200630, 0x1200626, { "sifive,u74-mc", "sifive,u74",
						     "sifive,bullet0" } },
	{ "CIP-1200", "every TLB flush is a full one", &errata_tlb_page_bad, VENDOR_SIFIVE, 1,
	  0x200630, 0x1200626, { NULL } },
	/* FU540-C000 and what was made of it: a flush by address does nothing. */
	{ "U54 sfence.vma", "every TLB flush is a full one", &errata_tlb_page_bad, 0, 0, 0, 0,
	  { "sifive,u54-mc", "sifive,u54" } },
};

static bool compatible_matches(const struct erratum *e, const void *fdt, int node)
{
	for (unsigned i = 0; i < ARRAY_SIZE(e->compatible) && e->compatible[i]; i++) {
		if (fdt_is_compatible(fdt, node, e->compatible[i]))
			return true;
	}
	return false;
}

static bool erratum_applies(const struct erratum *e, const struct sbi_machine *m, const void *fdt,
			    int node)
{
	if (e->vendor == 0 || m->vendor == 0)
		return compatible_matches(e, fdt, node);
	return m->vendor == e->vendor && m->arch == e->arch &&
	       (m->impl & IMPL_DATE) <= e->impl_date_max && m->impl != e->impl_good;
}

static bool any_hart_has(const struct erratum *e, const struct sbi_machine *m, const void *fdt)
{
	int node, cpus = fdt_path_find(fdt, "/cpus");

	fdt_for_each_child(node, fdt, cpus) {
		if (isa_hart_usable(fdt, node) && erratum_applies(e, m, fdt, node))
			return true;
	}
	return false;
}

void errata_init(const void *fdt)
{
	struct sbi_machine m = sbi_machine();

	pr_info("harts: vendor 0x%lx, architecture 0x%lx, implementation 0x%lx", m.vendor, m.arch,
		m.impl);
	for (unsigned i = 0; i < ARRAY_SIZE(errata); i++) {
		const struct erratum *e = &errata[i];

		if (*e->flag || !any_hart_has(e, &m, fdt))
			continue;
		*e->flag = true;
		pr_info("erratum %s: %s", e->name, e->consequence);
	}
}
