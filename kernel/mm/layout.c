/*
 * Where things lie in an address space: the plan that exec makes, and the search for room.
 *
 *	USER_END   a page that stays free
 *		   stack          below stack_top, random by 1 GiB; grows down
 *		   room for it to grow: its limit, at least 128 MiB
 *	mmap_top   mappings, vDSO, dynamic linker: downwards; random by another 1 GiB
 *		   ...
 *	pie_base   position-independent programs: two thirds up, random by 1 GiB
 *		   the break: behind the program, random by 1 GiB
 *		   programs that say where they lie
 *	MAP_LOWEST
 *
 * The random amounts are Linux's for riscv64 with Sv39: 18 bits of pages each for stack, mappings
 * and programs, and 1 GiB for the break. They are drawn once, at exec; fork copies them. Each
 * distance is drawn on its own, so that one address that leaks tells little of the others.
 *
 * With ADDR_COMPAT_LAYOUT, or when the stack has no limit, mappings are placed upwards from the
 * middle instead, and the stack may grow down to them.
 *
 * Room is the highest gap that is large enough (upwards: the lowest), as on Linux. Each area knows
 * the greatest gap in its subtree (vma.c), so the search goes straight to it. The guard gap below
 * an area that grows down is no room.
 *
 * NOTE(linux): a static position-independent program lies where those with an interpreter do; Linux
 * puts it among the mappings.
 */
#include "kernel/mm/layout.h"

#include "kernel/abi/personality.h"
#include "kernel/abi/resource.h"
#include "kernel/mm/map.h"
#include "kernel/mm/mm.h"
#include "lib/errno.h"
#include "lib/string.h"

#define RANDOM_BITS 18 /* of pages: 1 GiB */
#define RANDOM_SPAN (1UL << (RANDOM_BITS + PAGE_SHIFT))
#define STACK_TOP (USER_END - PAGE_SIZE)
#define STACK_ROOM_LEAST (128UL << 20)
#define STACK_ROOM_MOST (STACK_TOP / 6 * 5)
#define TWO_THIRDS (USER_END / 3 * 2 & PAGE_MASK)

unsigned layout_randomize = 2;

/* The next random distance: whole pages, less than RANDOM_SPAN. */
static size_t distance_take(uint32_t word, bool random)
{
	return random ? (size_t)(word % (1u << RANDOM_BITS)) << PAGE_SHIFT : 0;
}

/* How far below the end of user space mappings begin: what the stack may take. */
static size_t stack_room(uint64_t limit, bool random)
{
	size_t pad = STACK_GUARD_GAP + (random ? RANDOM_SPAN : 0);
	size_t room = limit > STACK_ROOM_MOST ? STACK_ROOM_MOST : limit + pad;

	return clamp(room, STACK_ROOM_LEAST, STACK_ROOM_MOST);
}

void mm_layout_plan(struct mm *mm, unsigned persona, uint64_t stack_limit,
		    const uint8_t random[LAYOUT_RANDOM])
{
	unsigned level = persona & ADDR_NO_RANDOMIZE ? 0 : READ_ONCE(layout_randomize);
	bool bottom_up = (persona & ADDR_COMPAT_LAYOUT) || stack_limit == RLIM_INFINITY;
	struct mm_layout *l = &mm->layout;
	uint32_t word[LAYOUT_RANDOM / 4];
	size_t shift;

	memcpy(word, random, sizeof(word));
	shift = distance_take(word[0], level > 0);
	l->stack_top = STACK_TOP - distance_take(word[1], level > 0);
	l->pie_base = TWO_THIRDS + distance_take(word[2], level > 0);
	l->brk_gap = distance_take(word[3], level > 1);
	l->mmap_top = ALIGN_DOWN(STACK_TOP - stack_room(stack_limit, level > 0) - shift, PAGE_SIZE);
	l->mmap_bottom = bottom_up ? TWO_THIRDS + shift : 0;
}

/* --- the search for room ---------------------------------------------------------------------- */

static struct vma *area_of(struct rb_node *n)
{
	return rb_entry(n, struct vma, node);
}

/* Whether some gap in the subtree has len bytes. */
static bool subtree_fits(struct rb_node *n, size_t len)
{
	return n != NULL && area_of(n)->gap_most >= len;
}

/* The last, the first in a subtree that fits. */
static struct vma *gap_last(struct rb_node *n, size_t len)
{
	for (;;) {
		if (subtree_fits(n->right, len))
			n = n->right;
		else if (area_of(n)->gap >= len)
			return area_of(n);
		else
			n = n->left;
	}
}

static struct vma *gap_first(struct rb_node *n, size_t len)
{
	for (;;) {
		if (subtree_fits(n->left, len))
			n = n->left;
		else if (area_of(n)->gap >= len)
			return area_of(n);
		else
			n = n->right;
	}
}

/* Of the areas before v the last with a gap of len bytes below it; NULL. */
static struct vma *gap_before(struct vma *v, size_t len)
{
	struct rb_node *n = &v->node;

	do {
		if (subtree_fits(n->left, len))
			return gap_last(n->left, len);
		while (n->parent != NULL && n == n->parent->left)
			n = n->parent;
		n = n->parent;
	} while (n != NULL && area_of(n)->gap < len);
	return rb_entry_or_null(n, struct vma, node);
}

/* Of the areas behind v the first. */
static struct vma *gap_behind(struct vma *v, size_t len)
{
	struct rb_node *n = &v->node;

	do {
		if (subtree_fits(n->right, len))
			return gap_first(n->right, len);
		while (n->parent != NULL && n == n->parent->right)
			n = n->parent;
		n = n->parent;
	} while (n != NULL && area_of(n)->gap < len);
	return rb_entry_or_null(n, struct vma, node);
}

/* Where the room above all areas begins. */
static vaddr_t last_end(struct mm *mm)
{
	struct vma *last = rb_entry_or_null(rb_last(&mm->areas), struct vma, node);

	return last != NULL ? max(last->end, MAP_LOWEST) : MAP_LOWEST;
}

static bool fits(vaddr_t floor, vaddr_t ceiling, size_t len)
{
	return ceiling > floor && ceiling - floor >= len;
}

/* The highest address with len free bytes, all below `top`; 0 if there is none. */
static vaddr_t find_gap_below(struct mm *mm, vaddr_t top, size_t len)
{
	struct vma *v = vma_find_after(mm, top - 1);
	vaddr_t floor = v != NULL ? vma_floor(v) : last_end(mm);
	vaddr_t ceiling = v != NULL ? min(top, vma_lowest(v)) : top;

	if (fits(floor, ceiling, len))
		return ceiling - len;
	if (v != NULL)
		v = gap_before(v, len);
	else if (subtree_fits(mm->areas.node, len))
		v = gap_last(mm->areas.node, len);
	return v != NULL ? vma_lowest(v) - len : 0;
}

/* The lowest address from `bottom` on with len free bytes; 0 if there is none. */
static vaddr_t find_gap_above(struct mm *mm, vaddr_t bottom, size_t len)
{
	struct vma *v = vma_find_after(mm, bottom);

	if (v != NULL && fits(max(bottom, vma_floor(v)), vma_lowest(v), len))
		return max(bottom, vma_floor(v));
	if (v != NULL)
		v = gap_behind(v, len);
	if (v != NULL)
		return vma_floor(v);
	bottom = max(bottom, last_end(mm));
	return fits(bottom, STACK_TOP, len) ? bottom : 0;
}

int mm_find_room(struct mm *mm, size_t len, vaddr_t *out)
{
	if (mm->layout.mmap_bottom != 0)
		*out = find_gap_above(mm, mm->layout.mmap_bottom, len);
	else
		*out = find_gap_below(mm, mm->layout.mmap_top, len);
	if (*out == 0 && mm->layout.mmap_bottom == 0)
		*out = find_gap_below(mm, STACK_TOP, len);
	return *out != 0 ? 0 : -ENOMEM;
}
