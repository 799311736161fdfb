/*
 * paging_test.c: the kernel's map as the hardware walks it: nothing is writable and executable,
 * nothing executable but the image's text, and what must be missing is missing.
 */
#include "arch/pte.h"
#include "arch/shadow.h"
#include "arch/tlb.h"
#include "arch/uaccess.h"
#include "kernel/alloc/boot_mem.h"
#include "kernel/core/ktest.h"
#include "lib/errno.h"

extern char _text[], _etext[], _erodata[], _boot_stack[];

/* The leaf entry that maps va, and its level; 0: none. */
static pte_t leaf_find(vaddr_t va, unsigned *level)
{
	const pte_t *table = kernel_root;

	for (*level = PT_LEVELS; (*level)-- > 0;) {
		pte_t e = table[pt_index(va, *level)];

		if (!pte_present(e) || pte_is_leaf(e))
			return e;
		table = phys_to_virt(pte_paddr(e));
	}
	return 0;
}

static pte_t leaf_of(vaddr_t va)
{
	unsigned level;

	return leaf_find(va, &level);
}

/* Calls fn for every leaf below a table. Three levels at most, so recursion is harmless. */
static void leaves_walk(const pte_t *table, vaddr_t base, unsigned level,
			void (*fn)(pte_t e, vaddr_t va))
{
	for (unsigned i = 0; i < PT_ENTRIES; i++) {
		vaddr_t va = base + i * PT_SPAN(level);

		if (pte_is_leaf(table[i]))
			fn(table[i], va);
		else if (pte_present(table[i]))
			leaves_walk(phys_to_virt(pte_paddr(table[i])), va, level - 1, fn);
	}
}

static void leaf_check(pte_t e, vaddr_t va)
{
	bool text = va >= (vaddr_t)_text && va < (vaddr_t)_etext;

	KTEST_CHECK(!((e & PTE_W) && (e & PTE_X)));
	KTEST_CHECK(!(e & PTE_X) || text);
	KTEST_CHECK(!(e & PTE_U));
	KTEST_CHECK(e & PTE_A);
	KTEST_CHECK(!(e & PTE_W) || (e & PTE_D));
}

KTEST(paging_write_xor_execute)
{
	unsigned first = PT_ENTRIES / 2;

	for (unsigned i = first; i < PT_ENTRIES; i++) {
		vaddr_t va = DIRECT_BASE + (i - first) * PT_SPAN(2);

		if (va >= SHADOW_BASE && va < SHADOW_BASE + SHADOW_SIZE)
			continue; /* the same few tables a million times */
		if (pte_is_leaf(kernel_root[i]))
			leaf_check(kernel_root[i], va);
		else if (pte_present(kernel_root[i]))
			leaves_walk(phys_to_virt(pte_paddr(kernel_root[i])), va, 1, leaf_check);
	}
}

/* Does protection change, or memory end, inside of [start, end)? */
static bool is_cut(paddr_t start, paddr_t end)
{
	const struct mem_ranges *holes = boot_mem_no_map();
	paddr_t edges[] = {virt_to_phys(_text), virt_to_phys(_erodata)};
	bool cut = false;

	for (unsigned i = 0; i < ARRAY_SIZE(edges); i++)
		cut |= edges[i] > start && edges[i] < end;
	for (unsigned i = 0; i < holes->count; i++)
		cut |= holes->range[i].start < end && holes->range[i].end > start;
	return cut;
}

/* The direct map is made of leaves of 2 MiB and more wherever they fit. */
KTEST(paging_direct_map_is_large)
{
	const struct mem_ranges *banks = boot_mem_banks();
	size_t span = PT_SPAN(1);
	unsigned level;

	for (unsigned i = 0; i < banks->count; i++) {
		paddr_t at = ALIGN_UP(banks->range[i].start, span);

		for (; at + span <= banks->range[i].end; at += span) {
			if (is_cut(at, at + span))
				continue;
			KTEST_REQUIRE(pte_present(leaf_find((vaddr_t)phys_to_virt(at), &level)));
			KTEST_REQUIRE(level >= 1);
		}
	}
}

KTEST(paging_image_alias_is_read_only)
{
	for (char *p = _text; p < _erodata; p += PAGE_SIZE) {
		vaddr_t alias = (vaddr_t)phys_to_virt(virt_to_phys(p));

		KTEST_REQUIRE(pte_present(leaf_of(alias)));
		KTEST_REQUIRE(!(leaf_of(alias) & PTE_W));
		KTEST_REQUIRE(!(leaf_of((vaddr_t)p) & PTE_W));
	}
}

KTEST(paging_lower_half_and_guard_are_empty)
{
	for (unsigned i = 0; i < PT_ENTRIES / 2; i++)
		KTEST_REQUIRE(!pte_present(kernel_root[i]));
	KTEST_CHECK(!pte_present(leaf_of((vaddr_t)_boot_stack - PAGE_SIZE)));
	KTEST_CHECK(pte_present(leaf_of((vaddr_t)_boot_stack)));
}

/* A kernel thread has no user memory at all: every user address fails, and so does every kernel
 * one. */
KTEST(uaccess_refuses)
{
	static char buf[64];
	uint32_t word;

	KTEST_CHECK(user_copy_in(buf, (void __user *)0x10000, 64) == 64);
	KTEST_CHECK(user_copy_in(buf, (void __user *)_text, 64) == 64);
	KTEST_CHECK(user_copy_out((void __user *)buf, buf, 64) == 64);
	KTEST_CHECK(user_copy_out((void __user *)(USER_END - 8), buf, 16) == 16);
	KTEST_CHECK(user_zero((void __user *)-16L, 64) == 64);
	KTEST_CHECK(user_string_in(buf, (char __user *)_text, 64) == -EFAULT);
	KTEST_CHECK(user_string_in(buf, (char __user *)(USER_END - 1), 64) == -EFAULT);
	KTEST_CHECK(user_load32(&word, (uint32_t __user *)_text) == -EFAULT);
	KTEST_CHECK(user_load32_nofault(&word, (uint32_t __user *)0x10000) == -EFAULT);
	KTEST_CHECK(user_copy_in(buf, NULL, 0) == 0);
}
