/*
 * isa.c: reads the ISA strings of the device tree.
 *
 * "rv64imafdch_zicsr_sstc": one letter each up to the first '_', names after it. A feature counts
 * only if every hart that we may use has it. Newer trees give the same as a list of strings.
 */
#include "arch/riscv/isa.h"

#include "arch/hart.h"
#include "arch/machine.h"
#include "kernel/core/hart.h"
#include "lib/errno.h"
#include "lib/fdt.h"
#include "lib/string.h"

bool isa_has_fp, isa_has_sstc;

/* Bit per letter of the ISA, 'a' is bit 0; those that all harts have. */
static uint64_t isa_letters;
/* Those of the boot hart that programs are compiled for: a hart without one of them is not used. */
static uint64_t needed_letters;
static const void *isa_fdt;

bool csr_probe_stimecmp(void);

#define LETTER(c) BIT((c) - 'a')
#define LETTERS_PROGRAMS (LETTERS_G | LETTER('c'))
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

/* The names of one node: "riscv,isa", or the newer list "riscv,isa-extensions". */
static uint64_t node_letters(const void *fdt, int node)
{
	const char *name = fdt_prop_string(fdt, node, "riscv,isa");
	uint64_t letters = 0;

	if (name)
		return letters_of(name);
	for (unsigned i = 0;
	     (name = fdt_prop_stringlist(fdt, node, "riscv,isa-extensions", i)) != NULL; i++) {
		if (name[0] >= 'a' && name[0] <= 'z' && name[1] == '\0')
			letters |= LETTER(name[0]);
	}
	return letters;
}

static bool node_has(const void *fdt, int node, const char *extension)
{
	const char *name = fdt_prop_string(fdt, node, "riscv,isa");

	if (name)
		return isa_names(name, extension);
	for (unsigned i = 0;
	     (name = fdt_prop_stringlist(fdt, node, "riscv,isa-extensions", i)) != NULL; i++) {
		if (str_equal(name, extension))
			return true;
	}
	return false;
}

/* A hart that runs Linux-like kernels has an MMU and says so; the monitor core of SiFive's chips
 * does not. Programs move between harts, so one that can't do all that the boot hart offers them
 * is of no use. */
bool isa_hart_usable(const void *fdt, int node)
{
	const char *mmu = fdt_prop_string(fdt, node, "mmu-type");

	return fdt_node_is(fdt, node, "cpu") && fdt_status_ok(fdt, node) && mmu &&
	       !str_equal(mmu, "riscv,none") && !str_equal(mmu, "riscv,sv32") &&
	       (needed_letters & ~node_letters(fdt, node)) == 0;
}

/* The node of the hart with this number. */
static int hart_node(const void *fdt, uint64_t hartid)
{
	int cpus = fdt_path_find(fdt, "/cpus"), node;
	uint64_t id;

	fdt_for_each_child(node, fdt, cpus) {
		if (fdt_node_is(fdt, node, "cpu") &&
		    fdt_reg_raw(fdt, node, 0, &id, NULL) == 0 && id == hartid)
			return node;
	}
	return -ENOENT;
}

void isa_init(const void *fdt, uint64_t boot_hartid)
{
	int cpus = fdt_path_find(fdt, "/cpus"), node = hart_node(fdt, boot_hartid);
	bool sstc = true;

	isa_fdt = fdt;
	isa_letters = ~0UL;
	needed_letters = node >= 0 ? node_letters(fdt, node) & LETTERS_PROGRAMS : 0;
	fdt_for_each_child(node, fdt, cpus) {
		if (!isa_hart_usable(fdt, node))
			continue;
		isa_letters &= node_letters(fdt, node);
		sstc = sstc && node_has(fdt, node, "sstc");
	}
	isa_letters &= BIT(26) - 1;
	isa_has_fp = isa_letters & LETTER('d');
	isa_has_sstc = sstc && csr_probe_stimecmp();
}

/* What all harts have, in the order that the manual wants; for a tree with lists only. */
static const char *isa_common(void)
{
	static const char order[] = "imafdqcbvh";
	static char text[sizeof("rv64") + sizeof(order)] = "rv64";
	size_t len = 4;

	for (const char *c = order; *c; c++) {
		if (isa_letters & LETTER(*c))
			text[len++] = *c;
	}
	return text;
}

const char *arch_isa_string(unsigned hart_index)
{
	int node = hart_node(isa_fdt, hart_table[hart_index].hartid);
	const char *isa = node >= 0 ? fdt_prop_string(isa_fdt, node, "riscv,isa") : NULL;

	return isa ? isa : isa_common();
}

/* Linux reports the letters that its binaries may ask for: acdfim, and v where it is on. */
uint64_t arch_elf_hwcap(void)
{
	return isa_letters & (LETTERS_G | LETTER('c'));
}
