/*
 * SAN=address: what is said when a check fails.
 *
 *	use after free: write of 4 bytes at 0xffffffc081234010 by pipe_read+0x30
 *	  16 bytes into an object of 56 bytes of cache pipe at ...
 *	  allocated by task 12: ...
 *	  freed by task 13: ...
 *
 * Which kind of fault it is, the shadow tells. What is there is looked up by kind: an object asks
 * the slab allocator; a global variable is found among the compiler's descriptions; a variable on
 * the stack in the words at the lower end of its function's frame:
 *
 *	frame -> | 0x41b58ab3 | description | pc | gap ...  | variable | gap | variable | gap |
 *
 * where the description is text: "2 32 8 4 name 64 24 5 bytes" - how many; offset, size, length of
 * the name, name of each.
 *
 * Everything is printed as an emergency, so that it is seen on the quietest console.
 */
#include "kernel/core/asan.h"

#include "arch/page.h"
#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "kernel/core/upcall.h"
#include "lib/string.h"

#define FRAME_MAGIC 0x41b58ab3UL
#define FRAME_MAX   16384 /* bytes to look through for its lower end */

#define say(...) printk(LOG_EMERG, __VA_ARGS__)

/* What forbids the byte at bad. A granule of which only the first bytes may be touched belongs to
 * what comes before the gap: the gap behind it says which. */
static uint8_t why_of(vaddr_t bad)
{
	uint8_t why = asan_why((const void *)bad);

	return why < 8 ? asan_why((const void *)(bad + 8)) : why;
}

static const char *kind_name(uint8_t why)
{
	switch (why) {
	case 0:
		return "negative length"; /* its first byte is as good as any */
	case ASAN_STACK_LEFT:
	case ASAN_STACK_MIDDLE:
	case ASAN_STACK_RIGHT:
		return "out of bounds on the stack";
	case ASAN_STACK_SCOPE:
		return "use after scope";
	case ASAN_GLOBAL:
		return "out of bounds of a global variable";
	case ASAN_OBJECT_FREED:
		return "use after free";
	case ASAN_OBJECT_END:
	case ASAN_PAGE_END:
		return "out of bounds of an object";
	case ASAN_STACK_FREED:
		return "use of a freed kernel stack";
	case ASAN_PAGE_FREED:
		return "use of a freed page";
	default:
		return "forbidden access";
	}
}

/* --- global variables ------------------------------------------------------------------------- */

static vaddr_t wanted;

static void global_match(const struct asan_global *globals, size_t n)
{
	for (const struct asan_global *g = globals; g < globals + n; g++) {
		vaddr_t start = (vaddr_t)g->start;

		if (wanted >= start && wanted < start + g->size_padded)
			say("  %lu bytes behind the start of %s (%lu bytes) of %s",
			    wanted - start, g->name, g->size, g->file);
	}
}

static void global_describe(vaddr_t bad)
{
	wanted = bad;
	asan_globals_walk(global_match);
}

/* --- variables on the stack ------------------------------------------------------------------- */

/* Where the frame's marks begin, or 0. */
static vaddr_t frame_find(vaddr_t bad)
{
	vaddr_t at = ALIGN_DOWN(bad, 8), end = at - FRAME_MAX;

	while (at > end && asan_why((void *)at) != ASAN_STACK_LEFT)
		at -= 8;
	while (at > end && asan_why((void *)(at - 8)) == ASAN_STACK_LEFT)
		at -= 8;
	return at > end && *(const uint64_t *)at == FRAME_MAGIC ? at : 0;
}

/* A number and the blank behind it. */
static uint64_t number_take(const char **text)
{
	uint64_t n = 0;

	if (str_to_u64(*text, text, 10, &n) != 0)
		return 0;
	*text += **text == ' ';
	return n;
}

static void stack_describe(vaddr_t bad)
{
	vaddr_t frame = frame_find(bad);
	const char *text;
	uint64_t count;

	if (frame == 0)
		return;
	text = ((const char *const *)frame)[1];
	say("  %lu bytes into the frame of %pS, which has", bad - frame, ((void **)frame)[2]);
	count = number_take(&text);
	while (count-- > 0) {
		uint64_t start = number_take(&text), size = number_take(&text);
		uint64_t len = number_take(&text);

		say("    [%lu, %lu) %.*s", start, start + size, (int)len, text);
		text += len;
		text += *text == ' ';
	}
}

/* --- all together ----------------------------------------------------------------------------- */

/* One row around the place, 8 bytes of memory a byte. */
static void shadow_print(vaddr_t bad)
{
	vaddr_t from = ALIGN_DOWN(bad, 8) - 8 * 8;
	uint8_t s[17];

	for (unsigned i = 0; i < 17; i++)
		s[i] = asan_why((const void *)(from + 8 * i));
	say("  shadow %02x %02x %02x %02x %02x %02x %02x %02x [%02x] %02x %02x %02x %02x %02x "
	    "%02x %02x %02x",
	    s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], s[8], s[9], s[10], s[11], s[12], s[13],
	    s[14], s[15], s[16]);
}

static void place_describe(vaddr_t bad, uint8_t why)
{
	if (why >= ASAN_STACK_LEFT && why <= ASAN_STACK_SCOPE)
		stack_describe(bad);
	else if (why == ASAN_GLOBAL)
		global_describe(bad);
	else
		upcall_object_describe(bad);
	shadow_print(bad);
}

void asan_report_access(vaddr_t addr, size_t len, vaddr_t bad, bool write, uintptr_t pc)
{
	uint8_t why = why_of(bad);

	asan_stop();
	say("%s: %s of %lu bytes at 0x%lx by %pS", kind_name(why), write ? "write" : "read", len,
	    addr, (void *)(pc - 2));
	if (bad != addr)
		say("  the first %lu bytes of which are allowed", bad - addr);
	place_describe(bad, why);
	panic("%s: %s of %lu bytes at 0x%lx", kind_name(why), write ? "write" : "read", len, addr);
}

void asan_report_free(const char *kind, vaddr_t addr)
{
	asan_stop();
	say("%s: 0x%lx", kind, addr);
	place_describe(addr, ASAN_OBJECT_FREED);
	panic("%s: 0x%lx", kind, addr);
}
