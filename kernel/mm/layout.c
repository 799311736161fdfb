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
 * Room is looked for from map_hint on: the place next to the mapping made last, or the best gap
 * that munmap has left since. So a series of mappings finds its room at once, and gaps are used
 * again. The guard gap below an area that grows down counts as taken.
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
	mm->map_hint = bottom_up ? l->mmap_bottom : l->mmap_top;
}

/* --- the search for room ---------------------------------------------------------------------- */

vaddr_t vma_lowest(const struct vma *v)
{
	if (!(v->flags & VM_GROWSDOWN))
		return v->start;
	return v->start > STACK_GUARD_GAP ? v->start - STACK_GUARD_GAP : 0;
}

/* The highest address below `top` with len free bytes; 0 if there is none above the lowest page. */
static vaddr_t find_gap_below(struct mm *mm, vaddr_t top, size_t len)
{
	struct vma *v = vma_find_after(mm, top - 1);

	if (v == NULL) {
		v = rb_entry_or_null(rb_last(&mm->areas), struct vma, node);
	} else if (v->start >= top) {
		top = min(top, vma_lowest(v));
		v = vma_prev(v);
	}
	for (;;) {
		vaddr_t floor = v != NULL ? v->end : MAP_LOWEST;

		if (floor < top && top - floor >= len)
			return top - len;
		if (v == NULL)
			return 0;
		top = min(top, vma_lowest(v));
		v = vma_prev(v);
	}
}

/* The lowest address from `bottom` on with len free bytes; 0 if there is none. */
static vaddr_t find_gap_above(struct mm *mm, vaddr_t bottom, size_t len)
{
	struct vma *v = vma_find_after(mm, bottom);

	for (; v != NULL; v = vma_next(v)) {
		if (bottom < vma_lowest(v) && vma_lowest(v) - bottom >= len)
			return bottom;
		bottom = max(bottom, v->end);
	}
	return bottom < STACK_TOP && STACK_TOP - bottom >= len ? bottom : 0;
}

static vaddr_t find_room_downwards(struct mm *mm, size_t len)
{
	vaddr_t at = len < mm->map_hint ? find_gap_below(mm, mm->map_hint, len) : 0;

	if (at == 0)
		at = find_gap_below(mm, mm->layout.mmap_top, len);
	if (at == 0)
		at = find_gap_below(mm, USER_END - PAGE_SIZE, len);
	if (at != 0)
		mm->map_hint = at;
	return at;
}

static vaddr_t find_room_upwards(struct mm *mm, size_t len)
{
	vaddr_t at = find_gap_above(mm, mm->map_hint, len);

	if (at == 0)
		at = find_gap_above(mm, mm->layout.mmap_bottom, len);
	if (at != 0)
		mm->map_hint = at + len;
	return at;
}

int mm_find_room(struct mm *mm, size_t len, vaddr_t *out)
{
	*out = mm->layout.mmap_bottom != 0 ? find_room_upwards(mm, len) :
					     find_room_downwards(mm, len);
	return *out != 0 ? 0 : -ENOMEM;
}

void mm_room_freed(struct mm *mm, vaddr_t start, vaddr_t end)
{
	if (mm->layout.mmap_bottom != 0) {
		if (start < mm->map_hint && end > mm->layout.mmap_bottom)
			mm->map_hint = max(start, mm->layout.mmap_bottom);
	} else if (end > mm->map_hint && start < mm->layout.mmap_top) {
		mm->map_hint = min(end, mm->layout.mmap_top);
	}
}
