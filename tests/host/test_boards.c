/*
 * What the kernel reads from the device trees of real boards, against their manuals: memory, harts,
 * console, interrupts. The trees are those of Debian's kernel package; DTBS is the folder that
 * holds VENDOR/BOARD.dtb. Without it these tests are skipped.
 */
#include "tests/host/test.h"

#include <stdio.h>
#include <string.h>

#include "lib/fdt.h"

#define SUPERVISOR_EXTERNAL 9

struct board {
	const char *tree;
	uint32_t timebase;
	uint64_t ram;
	unsigned hart_first, hart_count; /* those with supervisor mode */
	const char *uart;		 /* compatible with */
	uint64_t uart_addr;
	uint32_t uart_shift, uart_width; /* 0: not said */
	uint32_t uart_irq;
	uint32_t plic_lines;
	unsigned context_of_first; /* the first hart's supervisor context; each further: 2 more */
};

static const struct board boards[] = {
	{ "starfive/jh7110-starfive-visionfive-2-v1.3b", 4000000, 0x40000000, 1, 4,
	  "snps,dw-apb-uart", 0x10000000, 2, 4, 32, 136, 2 },
	{ "starfive/jh7110-starfive-visionfive-2-v1.2a", 4000000, 0x40000000, 1, 4,
	  "snps,dw-apb-uart", 0x10000000, 2, 4, 32, 136, 2 },
	{ "sifive/hifive-unleashed-a00", 1000000, 0x80000000, 1, 4, "sifive,uart0", 0x10010000, 0,
	  0, 4, 53, 2 },
	{ "sifive/hifive-unmatched-a00", 1000000, 0x80000000, 1, 4, "sifive,uart0", 0x10010000, 0,
	  0, 39, 69, 2 },
	{ "microchip/mpfs-icicle-kit", 1000000, 0x80000000, 1, 4, "ns16550a", 0x20100000, 2, 4, 91,
	  186, 2 },
};

static void check_harts(const struct board *b, const void *blob)
{
	int node, cpus = fdt_path_find(blob, "/cpus");
	unsigned count = 0;
	uint32_t hz = 0;
	uint64_t id;

	assert_int_equal(fdt_prop_u32(blob, cpus, "timebase-frequency", &hz), 0);
	assert_int_equal(hz, b->timebase);
	fdt_for_each_child(node, blob, cpus) {
		if (!fdt_node_is(blob, node, "cpu") || !fdt_status_ok(blob, node) ||
		    !fdt_prop_string(blob, node, "mmu-type"))
			continue;
		assert_int_equal(fdt_reg_raw(blob, node, 0, &id, NULL), 0);
		assert_int_equal(id, b->hart_first + count++);
	}
	assert_int_equal(count, b->hart_count);
}

static void check_console(const struct board *b, const void *blob)
{
	int uart, controller, chosen = fdt_path_find(blob, "/chosen");
	const char *path = fdt_prop_string(blob, chosen, "stdout-path");
	uint32_t shift = 0, width = 0, irq = 0, lines = 0;
	uint64_t addr = 0;

	assert_non_null(path);
	uart = fdt_path_find(blob, path);
	assert_true(uart >= 0);
	assert_true(fdt_is_compatible(blob, uart, b->uart));
	assert_int_equal(fdt_reg(blob, uart, 0, &addr, NULL), 0);
	assert_int_equal(addr, b->uart_addr);
	(void)fdt_prop_u32(blob, uart, "reg-shift", &shift);
	(void)fdt_prop_u32(blob, uart, "reg-io-width", &width);
	assert_int_equal(shift, b->uart_shift);
	assert_int_equal(width, b->uart_width);
	assert_int_equal(fdt_irq(blob, uart, 0, &controller, &irq), 0);
	assert_int_equal(irq, b->uart_irq);
	assert_true(fdt_is_compatible(blob, controller, "sifive,plic-1.0.0"));
	assert_int_equal(fdt_prop_u32(blob, controller, "riscv,ndev", &lines), 0);
	assert_int_equal(lines, b->plic_lines);
}

static void check_contexts(const struct board *b, const void *blob)
{
	int plic = fdt_compatible_next(blob, FDT_START, "sifive,plic-1.0.0");
	uint32_t phandle, cause;
	unsigned cell = 0, found = 0;
	uint64_t id;

	for (unsigned c = 0;
	     fdt_interrupts_extended_next(blob, plic, &cell, &phandle, &cause) == 0; c++) {
		int hart = fdt_parent(blob, fdt_phandle_find(blob, phandle));

		if (cause != SUPERVISOR_EXTERNAL)
			continue;
		assert_int_equal(fdt_reg_raw(blob, hart, 0, &id, NULL), 0);
		assert_int_equal(c, b->context_of_first + 2 * (id - b->hart_first));
		found++;
	}
	assert_int_equal(found, b->hart_count);
}

static void check_memory(const struct board *b, const void *blob)
{
	uint64_t addr = 0, size = 0;
	int memory = fdt_child_find(blob, fdt_root(blob), "memory");

	assert_int_equal(fdt_reg(blob, memory, 0, &addr, &size), 0);
	assert_int_equal(addr, b->ram);
	assert_true(size >= 1UL << 29);
}

static void test_boards(void **state)
{
	const char *folder = getenv("DTBS");
	char path[512];

	(void)state;
	if (folder == NULL || *folder == '\0')
		skip();
	for (unsigned i = 0; i < ARRAY_SIZE(boards); i++) {
		struct file_bytes tree;

		snprintf(path, sizeof(path), "%s/%s.dtb", folder, boards[i].tree);
		print_message("# %s\n", boards[i].tree);
		tree = file_read(path);
		assert_int_equal(fdt_check(tree.data, tree.size), 0);
		check_harts(&boards[i], tree.data);
		check_console(&boards[i], tree.data);
		check_contexts(&boards[i], tree.data);
		check_memory(&boards[i], tree.data);
		free(tree.data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_boards),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
