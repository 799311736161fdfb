/*
 * isa.c: reads the ISA strings of the device tree.
 *
 * "rv64imafdch_zicsr_sstc": one letter each up to the first '_', names after it. A feature counts
 * only if every hart that we may use has it. Errata are known by the compatible string of the hart.
 */
#include "arch/riscv/isa.h"

#include "arch/hart.h"
#include "arch/machine.h"
#include "kernel/core/hart.h"
#include "lib/fdt.h"
#include "lib/string.h"

bool isa_has_fp, isa_has_sstc, isa_tlb_page_bad;

/* Bit per letter of the ISA, 'a' is bit 0; those that all harts have. */
static uint64_t isa_letters;
static const void *isa_fdt;

bool csr_probe_stimecmp(void);

#define LETTER(c) BIT((c) - 'a')
#define LETTERS_G (LETTER('i') | LETTER('m') | LETTER('a') | LETTER('f') | LETTER('d'))

static uint64_t letters_of(const char *isa)
{
	uint64_t letters = 0;

	if (!str_starts(isa, "rv64"))
		return 0;
	for (isa += 4; *isa >= 'a' && *isa <= 'z'; isa++) {
		if (*isa == 's' || *isa == 'x' || *isa == 'z') /* a name without '_' before it */
			break;
		letters |= *isa == 'g' ? LETTERS_G : LETTER(*isa);
	}
	return letters;
}

static bool isa_names(const char *isa, const char *extension)
{
	size_t len = strlen(extension);
	const char *p = isa;

	while ((p = strchr(p, '_')) != NULL) {
		p++;
		if (strncmp(p, extension, len) == 0 && (p[len] == '_' || p[len] == '\0'))
			return true;
	}
	return false;
}

/* A hart that runs Linux-like kernels has an MMU and says so; the monitor core of SiFive's chips
 * does not. */
bool isa_hart_usable(const void *fdt, int node)
{
	const char *mmu = fdt_prop_string(fdt, node, "mmu-type");

	return fdt_node_is(fdt, node, "cpu") && fdt_status_ok(fdt, node) && mmu &&
	       !str_equal(mmu, "riscv,none") && !str_equal(mmu, "riscv,sv32");
}

/* U54: no effect by address. U74 of the FU740: erratum CIP-1200. The JH7110's U74 is sound, but
 * names itself alike. */
static bool hart_tlb_page_bad(const void *fdt, int node)
{
	return fdt_is_compatible(fdt, node, "sifive,u54") ||
	       fdt_is_compatible(fdt, node, "sifive,u54-mc") ||
	       fdt_is_compatible(fdt, node, "sifive,u74") ||
	       fdt_is_compatible(fdt, node, "sifive,u74-mc") ||
	       fdt_is_compatible(fdt, node, "sifive,bullet0");
}

void isa_init(const void *fdt)
{
	int cpus = fdt_path_find(fdt, "/cpus"), node;
	bool sstc = true;

	isa_fdt = fdt;
	isa_letters = ~0UL;
	fdt_for_each_child(node, fdt, cpus) {
		const char *isa = fdt_prop_string(fdt, node, "riscv,isa");

		if (!isa_hart_usable(fdt, node))
			continue;
		isa_letters &= isa ? letters_of(isa) : 0;
		sstc = sstc && isa && isa_names(isa, "sstc");
		isa_tlb_page_bad = isa_tlb_page_bad || hart_tlb_page_bad(fdt, node);
	}
	isa_letters &= BIT(26) - 1;
	isa_has_fp = isa_letters & LETTER('d');
	isa_has_sstc = sstc && csr_probe_stimecmp();
}

const char *arch_isa_string(unsigned hart_index)
{
	int cpus = fdt_path_find(isa_fdt, "/cpus"), node;
	const char *isa;
	uint64_t id;

	fdt_for_each_child(node, isa_fdt, cpus) {
		if (fdt_reg_raw(isa_fdt, node, 0, &id, NULL) != 0 ||
		    id != hart_table[hart_index].hartid || !fdt_node_is(isa_fdt, node, "cpu"))
			continue;
		isa = fdt_prop_string(isa_fdt, node, "riscv,isa");
		return isa ? isa : "rv64";
	}
	return "rv64";
}

/* Linux reports the letters that its binaries may ask for: acdfim, and v where it is on. */
uint64_t arch_elf_hwcap(void)
{
	return isa_letters & (LETTERS_G | LETTER('c'));
}
