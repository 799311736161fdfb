/*
 * The device-tree reader: its findings on a made-up board, agreement with libfdt on every tree
 * there is (the sample's, QEMU's, those in DTBS), and what it does with damaged trees.
 *
 * Both number nodes by their offset in the structure block, so nodes can be compared as they are.
 */
#define _GNU_SOURCE
#include "tests/host/test.h"

#include <errno.h>
#include <ftw.h>
#include <string.h>

#include <libfdt.h>

#include "lib/bytes.h"
#include "lib/fdt.h"

static struct file_bytes sample; /* the tree of dts/sample.dts */

static int load_sample(void **state)
{
	char path[256];

	(void)state;
	snprintf(path, sizeof(path), "%s/sample.dtb", getenv("DATA"));
	sample = file_read(path);
	return fdt_check(sample.data, sample.size);
}

static int free_sample(void **state)
{
	(void)state;
	free(sample.data);
	return 0;
}

static int find(const char *path)
{
	int node = fdt_path_find(sample.data, path);

	if (node < 0)
		fail_msg("%s: %d", path, node);
	return node;
}

/* --- the sample board ---------------------------------------------------------------------- */

static void test_paths(void **state)
{
	const void *blob = sample.data;
	int serial = find("/soc/bus@40000000/serial@1000");
	char path[64];

	(void)state;
	assert_int_equal(find("/"), fdt_root(blob));
	assert_string_equal(fdt_node_name(blob, fdt_root(blob)), "");
	assert_string_equal(fdt_node_name(blob, serial), "serial@1000");
	assert_int_equal(find("serial0"), serial);
	assert_int_equal(find("serial0:115200n8"), serial);
	assert_int_equal(find("/soc/bus/serial"), serial);
	assert_int_equal(find("soc/bus@40000000/serial@1000"), serial);
	assert_int_equal(find("//soc/"), find("/soc"));
	assert_true(find("/soc/bus/serial@3000") != serial);
	assert_int_equal(fdt_path_find(blob, "/soc/bus/serial@"), -ENOENT);
	assert_int_equal(fdt_path_find(blob, "/so"), -ENOENT);
	assert_int_equal(fdt_path_find(blob, "/soc@0"), -ENOENT);
	assert_int_equal(fdt_path_find(blob, ""), -ENOENT);
	assert_int_equal(fdt_path_find(blob, "serial1"), -ENOENT);
	assert_int_equal(fdt_path_find(blob, "bad"), -EINVAL);
	assert_true(fdt_node_is(blob, serial, "serial"));
	assert_true(fdt_node_is(blob, serial, "serial@1000"));
	assert_false(fdt_node_is(blob, serial, "seria"));
	assert_int_equal(fdt_node_path(blob, serial, path, sizeof(path)), 29);
	assert_string_equal(path, "/soc/bus@40000000/serial@1000");
	assert_int_equal(fdt_node_path(blob, fdt_root(blob), path, sizeof(path)), 1);
	assert_int_equal(fdt_node_path(blob, serial, path, 29), -E2BIG);
	for (size_t size = 0; size < 30; size++)
		assert_int_equal(fdt_node_path(blob, serial, path, size), -E2BIG);
	assert_int_equal(fdt_parent(blob, fdt_root(blob)), -ENOENT);
}

static void test_properties(void **state)
{
	const void *blob = sample.data;
	int chosen = find("/chosen");
	uint64_t wide;
	uint32_t cell;
	size_t len;

	(void)state;
	assert_int_equal(fdt_prop_u64(blob, chosen, "linux,initrd-start", &wide), 0);
	assert_true(wide == 0x88000000);
	assert_int_equal(fdt_prop_u64(blob, chosen, "linux,initrd-end", &wide), 0);
	assert_true(wide == 0x88400000);
	assert_int_equal(fdt_prop_u32(blob, chosen, "linux,initrd-end", &cell), -EINVAL);
	assert_int_equal(fdt_prop_u64(blob, chosen, "odd-size", &wide), -EINVAL);
	assert_int_equal(fdt_prop_u32(blob, chosen, "absent", &cell), -ENOENT);
	assert_int_equal(fdt_prop_cell(blob, chosen, "linux,initrd-end", 1, &cell), 0);
	assert_true(cell == 0x88400000);
	assert_int_equal(fdt_prop_cell(blob, chosen, "linux,initrd-end", 2, &cell), -ENOENT);
	assert_string_equal(fdt_prop_string(blob, chosen, "stdout-path"), "serial0:115200n8");
	assert_null(fdt_prop_string(blob, chosen, "not-a-string"));
	assert_null(fdt_prop_string(blob, chosen, "absent"));
	assert_string_equal(fdt_prop_stringlist(blob, chosen, "strings", 1), "two");
	assert_string_equal(fdt_prop_stringlist(blob, chosen, "strings", 2), "");
	assert_string_equal(fdt_prop_stringlist(blob, chosen, "strings", 3), "four");
	assert_null(fdt_prop_stringlist(blob, chosen, "strings", 4));
	assert_null(fdt_prop_stringlist(blob, chosen, "strings", 1000000));
	assert_non_null(fdt_prop(blob, find("/soc"), "ranges", &len));
	assert_int_equal(len, 0);
	assert_null(fdt_prop(blob, find("/soc"), "range", NULL));
}

static void test_compatible_and_status(void **state)
{
	const void *blob = sample.data;
	int node, count = 0;

	(void)state;
	assert_int_equal(fdt_compatible_next(blob, FDT_START, "grove,board"), fdt_root(blob));
	fdt_for_each_compatible(node, blob, "ns16550a")
		count++;
	assert_int_equal(count, 2);
	assert_int_equal(fdt_compatible_next(blob, FDT_START, "ns16550"), -ENOENT);
	assert_false(fdt_status_ok(blob, find("/cpus/cpu@0")));
	assert_true(fdt_status_ok(blob, find("/cpus/cpu@1")));
	assert_true(fdt_status_ok(blob, find("/soc")));
	count = 0;
	fdt_for_each_child(node, blob, find("/cpus"))
		count++;
	assert_int_equal(count, 2);
}

/* reg entry `index` must be at addr with size; or fail with addr as the error. */
static void check_reg(const char *path, unsigned index, int result, uint64_t addr, uint64_t size)
{
	uint64_t got_addr = 0, got_size = 0;
	int got = fdt_reg(sample.data, find(path), index, &got_addr, &got_size);

	if (got != result || got_addr != addr || got_size != size)
		fail_msg("%s reg %u: %d %#lx %#lx", path, index, got, got_addr, got_size);
}

static void test_reg(void **state)
{
	const void *blob = sample.data;
	uint64_t addr, size;
	unsigned address_cells, size_cells;

	(void)state;
	check_reg("/memory", 0, 0, 0x80000000, 0x40000000);
	check_reg("/memory", 1, 0, 0x180000000, 0x200000000);
	check_reg("/memory", 2, -ENOENT, 0, 0);
	check_reg("/soc/interrupt-controller", 0, 0, 0xc000000, 0x4000000);
	check_reg("/soc/bus/serial", 0, 0, 0x140001000, 0x100);
	check_reg("/soc/bus/serial", 1, 0, 0x140002000, 0x10);
	check_reg("/soc/bus/serial", 2, -ENOENT, 0, 0);
	check_reg("/soc/bus/serial", 3, -EINVAL, 0, 0);
	check_reg("/soc/bus/i2c/rtc", 0, -ENOENT, 0, 0);
	check_reg("/cpus/cpu@1", 0, -ENOENT, 0, 0);
	check_reg("/soc/pci/slot", 0, -EINVAL, 0, 0);
	check_reg("/soc/bus", 0, -ENOENT, 0, 0);
	check_reg("/", 0, -ENOENT, 0, 0);
	assert_int_equal(fdt_reg(blob, find("/memory"), 0, NULL, NULL), 0);
	assert_int_equal(fdt_reg_raw(blob, find("/cpus/cpu@1"), 0, &addr, &size), 0);
	assert_int_equal(addr, 1);
	assert_int_equal(size, 0);
	assert_int_equal(fdt_reg_raw(blob, find("/soc/bus/i2c/rtc"), 0, &addr, NULL), 0);
	assert_int_equal(addr, 0x51);
	assert_int_equal(fdt_reg_named(blob, find("serial0"), "fifo", &addr, &size), 0);
	assert_true(addr == 0x140002000);
	assert_int_equal(fdt_reg_named(blob, find("serial0"), "fif", &addr, &size), -ENOENT);
	assert_int_equal(fdt_cells(blob, find("/cpus/cpu@0"), &address_cells, &size_cells), 0);
	assert_int_equal(address_cells, 1);
	assert_int_equal(size_cells, 0);
	/* The defaults. */
	assert_int_equal(fdt_cells(blob, find("/cpus/cpu@0/interrupt-controller"), &address_cells,
				   &size_cells), 0);
	assert_int_equal(address_cells, 2);
	assert_int_equal(size_cells, 1);
}

static void check_irq(const char *path, unsigned index, int result, uint32_t expect)
{
	uint32_t irq = 0;
	int controller = -1;
	int got = fdt_irq(sample.data, find(path), index, &controller, &irq);

	if (got != result || irq != expect)
		fail_msg("%s irq %u: %d %u", path, index, got, irq);
	if (got == 0)
		assert_non_null(fdt_prop(sample.data, controller, "#interrupt-cells", NULL));
	assert_int_equal(fdt_irq(sample.data, find(path), index, NULL, &irq), result);
}

static void test_interrupts(void **state)
{
	const void *blob = sample.data;
	int plic = find("/soc/interrupt-controller");
	uint32_t phandle, spec;

	(void)state;
	assert_int_equal(fdt_interrupt_parent(blob, find("serial0")), plic);
	assert_int_equal(fdt_interrupt_parent(blob, find("/soc/bus/i2c")), find("/soc/gpio"));
	assert_int_equal(fdt_interrupt_parent(blob, find("/soc/bus/i2c/rtc")), find("/soc/gpio"));
	check_irq("serial0", 0, 0, 32);
	check_irq("serial0", 1, 0, 33);
	check_irq("serial0", 2, -ENOENT, 0);
	check_irq("/soc/bus/serial@3000", 0, 0, 5);
	check_irq("/soc/bus/serial@3000", 1, 0, 7);
	check_irq("/soc/bus/serial@3000", 2, -ENOENT, 0);
	check_irq("/soc/bus/i2c", 1, 0, 4);
	check_irq("/soc/bus/i2c/rtc", 0, 0, 9);
	check_irq("/soc/gpio", 0, -ENOENT, 0);
	check_irq("serial0", UINT32_MAX, -ENOENT, 0);
	check_irq("/soc/bus/i2c", UINT32_MAX, -EINVAL, 0);

	assert_int_equal(fdt_interrupts_extended(blob, plic, 0, &phandle, &spec), 0);
	assert_true(spec == 0xffffffff);
	assert_int_equal(fdt_phandle_find(blob, phandle),
			 find("/cpus/cpu@0/interrupt-controller"));
	assert_int_equal(fdt_interrupts_extended(blob, plic, 1, &phandle, &spec), 0);
	assert_int_equal(phandle, 0);
	assert_int_equal(fdt_interrupts_extended(blob, plic, 2, &phandle, &spec), 0);
	assert_int_equal(spec, 9);
	assert_int_equal(fdt_parent(blob, fdt_phandle_find(blob, phandle)), find("/cpus/cpu@1"));
	assert_int_equal(fdt_interrupts_extended(blob, plic, 3, &phandle, &spec), -ENOENT);
	assert_int_equal(fdt_phandle_find(blob, 0), -ENOENT);
	assert_int_equal(fdt_phandle_find(blob, 0x7777), -ENOENT);
}

static void test_reservations(void **state)
{
	uint64_t addr, size;

	(void)state;
	assert_int_equal(fdt_memreserve(sample.data, 0, &addr, &size), 0);
	assert_true(addr == 0x80000000 && size == 0x20000);
	assert_int_equal(fdt_memreserve(sample.data, 1, &addr, &size), 0);
	assert_true(addr == 0x180000000 && size == 0x1000);
	assert_int_equal(fdt_memreserve(sample.data, 2, &addr, &size), -ENOENT);
	assert_int_equal(fdt_memreserve(sample.data, 3, &addr, &size), -ENOENT);
}

/* --- agreement with libfdt ----------------------------------------------------------------- */

/* libfdt's "no" and ours. */
static int theirs(int node)
{
	return node < 0 ? -ENOENT : node;
}

static void compare_properties(const void *blob, int node)
{
	unsigned index = 0;
	int at;

	fdt_for_each_property_offset(at, blob, node) {
		const char *their_name, *name;
		int their_len;
		const void *their_value = fdt_getprop_by_offset(blob, at, &their_name, &their_len);
		const void *value;
		size_t len;

		assert_int_equal(fdt_prop_at(blob, node, index++, &name, &value, &len), 0);
		assert_string_equal(name, their_name);
		assert_ptr_equal(value, their_value);
		assert_int_equal(len, their_len);
		assert_ptr_equal(fdt_prop(blob, node, name, &len), value);
		for (int i = 0; i < 4; i++)
			assert_ptr_equal(fdt_prop_stringlist(blob, node, name, (unsigned)i),
					 fdt_stringlist_get(blob, node, name, i, NULL));
	}
	const char *name;
	const void *value;
	size_t len;

	assert_int_equal(fdt_prop_at(blob, node, index, &name, &value, &len), -ENOENT);
}

static void compare_node(const void *blob, int node)
{
	char our_path[512], their_path[512];
	unsigned address_cells, size_cells;
	int parent = fdt_parent_offset(blob, node);

	assert_string_equal(fdt_node_name(blob, node), fdt_get_name(blob, node, NULL));
	assert_int_equal(fdt_parent(blob, node), theirs(parent));
	assert_int_equal(fdt_child_first(blob, node), theirs(fdt_first_subnode(blob, node)));
	assert_int_equal(fdt_sibling_next(blob, node), theirs(fdt_next_subnode(blob, node)));
	assert_int_equal(fdt_get_path(blob, node, their_path, sizeof(their_path)), 0);
	assert_int_equal(fdt_node_path(blob, node, our_path, sizeof(our_path)),
			 strlen(their_path));
	assert_string_equal(our_path, their_path);
	assert_int_equal(fdt_path_find(blob, our_path), node);
	if (parent >= 0 && fdt_cells(blob, node, &address_cells, &size_cells) == 0) {
		assert_int_equal(address_cells, fdt_address_cells(blob, parent));
		assert_int_equal(size_cells, fdt_size_cells(blob, parent));
	}
	if (fdt_get_phandle(blob, node) != 0)
		assert_int_equal(fdt_phandle_find(blob, fdt_get_phandle(blob, node)), node);
	compare_properties(blob, node);
}

/* The next node for each compatible string that `node` has. */
static void compare_compatible(const void *blob, int node)
{
	const char *string;

	for (unsigned i = 0; (string = fdt_prop_stringlist(blob, node, "compatible", i)) != NULL;
	     i++) {
		assert_true(fdt_is_compatible(blob, node, string));
		assert_int_equal(fdt_compatible_next(blob, node, string),
				 theirs(fdt_node_offset_by_compatible(blob, node, string)));
		assert_int_equal(fdt_compatible_next(blob, FDT_START, string),
				 theirs(fdt_node_offset_by_compatible(blob, -1, string)));
	}
}

static void compare_tree(const void *blob, size_t size)
{
	int node = fdt_node_next(blob, FDT_START);
	uint64_t addr, len, their_addr, their_len;
	int reserves = fdt_num_mem_rsv(blob);

	assert_int_equal(fdt_check(blob, size), 0);
	assert_int_equal(fdt_total_size(blob), fdt_totalsize(blob));
	assert_int_equal(fdt_boot_hart(blob), fdt_boot_cpuid_phys(blob));
	for (int i = 0; i < reserves; i++) {
		assert_int_equal(fdt_get_mem_rsv(blob, i, &their_addr, &their_len), 0);
		assert_int_equal(fdt_memreserve(blob, (unsigned)i, &addr, &len), 0);
		assert_true(addr == their_addr && len == their_len);
	}
	assert_int_equal(fdt_memreserve(blob, (unsigned)reserves, &addr, &len), -ENOENT);
	assert_int_equal(node, 0);
	while (node >= 0) {
		int next = fdt_node_next(blob, node);

		compare_node(blob, node);
		compare_compatible(blob, node);
		assert_int_equal(next, theirs(fdt_next_node(blob, node, NULL)));
		node = next;
	}
}

static int trees_compared;

/* For nftw: compares each tree below a folder. */
static int compare_file(const char *path, const struct stat *st, int type, struct FTW *where)
{
	const char *dot = strrchr(path, '.');

	(void)st;
	(void)where;
	if (type != FTW_F || dot == NULL || strcmp(dot, ".dtb") != 0)
		return 0;
	struct file_bytes tree = file_read(path);

	print_message("# %s\n", path);
	compare_tree(tree.data, tree.size);
	free(tree.data);
	trees_compared++;
	return 0;
}

/* Compares all trees below a folder; returns how many there were. */
static int compare_folder(const char *folder)
{
	trees_compared = 0;
	if (nftw(folder, compare_file, 8, 0) != 0)
		fail_msg("cannot read %s", folder);
	return trees_compared;
}

static void test_agrees_with_libfdt(void **state)
{
	(void)state;
	assert_true(compare_folder(getenv("DATA")) > 0);
}

/* The trees of all boards that Debian's kernel knows. */
static void test_agrees_with_libfdt_on_boards(void **state)
{
	(void)state;
	if (getenv("DTBS") == NULL || *getenv("DTBS") == '\0')
		skip();
	assert_true(compare_folder(getenv("DTBS")) >= 30);
}

/* NOPs may stand between any two tokens: put one in place of each property in turn. */
static void test_nops(void **state)
{
	uint8_t *blob = malloc(sample.size);

	(void)state;
	for (int node = 0; node >= 0; node = fdt_node_next(sample.data, node)) {
		const char *name;
		const void *value;
		size_t len;

		if (fdt_prop_at(sample.data, node, 0, &name, &value, &len) != 0)
			continue;
		memcpy(blob, sample.data, sample.size);
		assert_int_equal(fdt_nop_property(blob, node, name), 0);
		compare_tree(blob, sample.size);
	}
	memcpy(blob, sample.data, sample.size);
	assert_int_equal(fdt_nop_node(blob, find("/cpus")), 0);
	compare_tree(blob, sample.size);
	free(blob);
}

/* --- damage -------------------------------------------------------------------------------- */

/* Calls everything on every node of a tree that passed the check; ASan and the loops' ends are
 * the judges. */
static void use_tree(const void *blob)
{
	char path[64];
	uint64_t addr, size;
	uint32_t irq, phandle;
	int node;

	for (unsigned i = 0; fdt_memreserve(blob, i, &addr, &size) == 0; i++)
		;
	fdt_path_find(blob, "serial0:115200n8");
	fdt_path_find(blob, "/soc/bus@40000000/serial@3000");
	fdt_for_each_node(node, blob) {
		fdt_node_path(blob, node, path, sizeof(path));
		fdt_child_first(blob, node);
		fdt_sibling_next(blob, node);
		fdt_status_ok(blob, node);
		fdt_is_compatible(blob, node, "ns16550a");
		fdt_prop_u32(blob, node, "reg", &irq);
		fdt_prop_u64(blob, node, "reg", &addr);
		for (unsigned i = 0; i < 4; i++) {
			fdt_reg(blob, node, i, &addr, &size);
			fdt_reg_raw(blob, node, i, &addr, &size);
			fdt_irq(blob, node, i, NULL, &irq);
			fdt_interrupts_extended(blob, node, i, &phandle, &irq);
		}
		fdt_reg_named(blob, node, "fifo", &addr, &size);
	}
}

/* Every prefix is refused; so is a limit below the size. */
static void test_truncated(void **state)
{
	(void)state;
	for (size_t size = 0; size < sample.size; size++) {
		uint8_t *cut = malloc(size + (size == 0));

		memcpy(cut, sample.data, size);
		assert_int_equal(fdt_check(cut, size), -EINVAL);
		free(cut);
	}
}

/* The header says that the tree is shorter than it is. */
static void test_shrunk(void **state)
{
	(void)state;
	for (size_t size = 40; size < sample.size; size++) {
		uint8_t *cut = malloc(size);

		memcpy(cut, sample.data, size);
		store_be32(cut + 4, (uint32_t)size);
		if (fdt_check(cut, size) == 0)
			use_tree(cut);
		free(cut);
	}
}

static void test_every_byte_changed(void **state)
{
	static const uint8_t changes[] = { 0x01, 0x02, 0x80, 0xff };
	uint8_t *blob = malloc(sample.size);
	int good = 0;

	(void)state;
	memcpy(blob, sample.data, sample.size);
	for (size_t i = 0; i < sample.size; i++) {
		for (size_t j = 0; j < ARRAY_SIZE(changes); j++) {
			blob[i] ^= changes[j];
			if (fdt_check(blob, sample.size) == 0) {
				use_tree(blob);
				good++;
			}
			blob[i] = sample.data[i];
		}
	}
	/* Most bytes are of values and names, which the check leaves alone. */
	assert_true(good > 1000);
	free(blob);
}

static void test_random_damage(void **state)
{
	struct prng prng = test_random();
	uint8_t *blob = malloc(sample.size);

	(void)state;
	for (int i = 0; i < 5000; i++) {
		memcpy(blob, sample.data, sample.size);
		for (uint64_t n = 1 + prng_below(&prng, 8); n > 0; n--) {
			/* Whole cells with small numbers make the more treacherous trees. */
			size_t at = 4 * prng_below(&prng, sample.size / 4);
			uint64_t value = prng_next(&prng) >> prng_below(&prng, 64);

			store_be32(blob + at, (uint32_t)value);
		}
		if (fdt_check(blob, sample.size) == 0)
			use_tree(blob);
	}
	free(blob);
}

/* Nodes nested to the limit are read, one level more is refused. */
static void test_depth(void **state)
{
	uint8_t blob[2048];
	char path[128];

	(void)state;
	for (int depth = FDT_DEPTH_MAX; depth <= FDT_DEPTH_MAX + 1; depth++) {
		assert_int_equal(fdt_create(blob, sizeof(blob)), 0);
		assert_int_equal(fdt_finish_reservemap(blob), 0);
		for (int i = 0; i < depth; i++)
			fdt_begin_node(blob, i == 0 ? "" : "n");
		for (int i = 0; i < depth; i++)
			fdt_end_node(blob);
		assert_int_equal(fdt_finish(blob), 0);
		if (depth > FDT_DEPTH_MAX) {
			assert_int_equal(fdt_check(blob, sizeof(blob)), -EINVAL);
			continue;
		}
		assert_int_equal(fdt_check(blob, sizeof(blob)), 0);
		int last = FDT_START, node;

		fdt_for_each_node(node, blob)
			last = node;
		assert_int_equal(fdt_node_path(blob, last, path, sizeof(path)), 2 * (depth - 1));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_properties),
		cmocka_unit_test(test_compatible_and_status),
		cmocka_unit_test(test_reg),
		cmocka_unit_test(test_interrupts),
		cmocka_unit_test(test_reservations),
		cmocka_unit_test(test_agrees_with_libfdt),
		cmocka_unit_test(test_agrees_with_libfdt_on_boards),
		cmocka_unit_test(test_nops),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_shrunk),
		cmocka_unit_test(test_every_byte_changed),
		cmocka_unit_test(test_random_damage),
		cmocka_unit_test(test_depth),
	};

	return cmocka_run_group_tests(tests, load_sample, free_sample);
}
