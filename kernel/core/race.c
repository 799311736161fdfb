/*
 * SAN=thread: data races.
 *
 * A race is two accesses to the same memory at the same time, one of them a write, one of them
 * plain: not atomic, so that the compiler may tear it, repeat it or drop it, and nothing says which
 * of the two comes first. The compiler has race_calls.c called before each access. What is done
 * about it is watching a sample:
 *
 *	hart 0, a plain access		hart 1, any access
 *	every so many:
 *	  puts addr into a slot
 *	  waits some microseconds	  looks into the slot of its own address,
 *	  .				  finds that of hart 0, leaves its name
 *	  takes the slot back
 *	  tells of both
 *
 * So both were really there at one time: what is told is never an order that could only be imagined
 * to be missing. What is not told may be a race all the same, for which more has to be watched, or
 * for longer. An interrupt during the wait is a second party as good as another hart.
 *
 * Marked accesses are those that the source says are shared: C's atomics, and READ_ONCE and
 * WRITE_ONCE, which are volatile. Two of these are no race, and none is watched; one against a
 * plain access is. A value that was another after the wait, with nobody seen, is told as a race
 * with something unknown: code without checks, or a user program.
 *
 * Slots are found by the address, one for each 8 bytes modulo their number, since the compiler
 * aligns all its accesses of up to 8 bytes. A slot's word says what it is:
 *
 *	         setter            other              other               setter
 *	FREE ----------> SETTING -> addr ----------> LOOKING ----> CAUGHT -------> FREE
 *	 ^                           |   <--------------'  it was no race
 *	 '------- SETTING <----------'  nobody came
 *
 * Whoever has made it SETTING or LOOKING has the rest of the slot. LOOKING lasts a few
 * instructions, with interrupts off, and is waited for.
 *
 *	race_skip=N	about N plain accesses of a hart are let pass before one is watched
 *	race_delay=N	for about N microseconds; a quarter of that in an interrupt or without them
 *	race_seed=N	what the numbers are drawn from
 *	race_panic	the first race is a panic
 *
 * Copies of memory are watched at 8 bytes of theirs, and looked at as a whole.
 *
 * Each pair of places is told once. LIMIT: SAN=thread tells of 512 pairs of places.
 * LIMIT: SAN=thread does not look at what copies from and to user memory do to the kernel's
 * side.
 *
 * Not compiled with checks: this file, race_calls.c; and whatever may run under the locks of the
 * message ring and of the serial ports, for a report would wait for these (Makefile).
 */
#include "kernel/core/race.h"

#include <stdatomic.h>

#include "arch/clock.h"
#include "arch/irq.h"
#include "arch/machine.h"
#include "kernel/core/boot.h"
#include "kernel/core/hart.h"
#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "kernel/task/task.h"
#include "lib/cmdline.h"
#include "lib/hash.h"
#include "lib/string.h"

#define SLOTS  64u
#define FRAMES 10u
#define PAIRS  512u

/* Words of a slot that are no addresses. */
enum { FREE, SETTING, LOOKING, CAUGHT };

/* One access, and who made it. */
struct party {
	vaddr_t addr;
	size_t size;
	unsigned how;
	uintptr_t pcs[FRAMES]; /* where, and who called that; 0: no more */
	unsigned hart;
	int tid;
	bool in_interrupt;
	char comm[TASK_COMM_LEN];
};

static struct slot {
	_Atomic uintptr_t word;
	struct party setter, other;
} slots[SLOTS];

/* What a hart keeps. */
static struct {
	uint64_t random;
	unsigned skip;
	bool watching, telling; /* a watch is set, and so no second one; nothing is looked at */
} __aligned(64) harts[HART_MAX];

static bool started;	/* [i] after boot */
static uint64_t skip_about = 1000, delay_ticks;
static bool first_is_panic;

static struct {
	uintptr_t one, other;
} told[PAIRS];			/* [telling] */
static unsigned told_count;	/* [telling] */
static atomic_uint told_word;	/* the lock called telling, and the order of the lines */

/* --- who -------------------------------------------------------------------------------------- */

/* fp: the frame of the function that the compiler called. */
static void party_fill(struct party *p, vaddr_t addr, size_t size, unsigned how, uintptr_t fp)
{
	unsigned n = arch_backtrace(p->pcs, FRAMES, fp);

	if (n < FRAMES)
		p->pcs[n] = 0;
	p->addr = addr;
	p->size = size;
	p->how = how;
	p->hart = hart_index();
	p->tid = current->tid;
	p->in_interrupt = READ_ONCE(hart_this()->in_interrupt);
	memcpy(p->comm, current->comm, sizeof(p->comm));
}

static bool is_race(const struct party *a, vaddr_t addr, size_t size, unsigned how)
{
	return a->addr < addr + size && addr < a->addr + a->size &&
	       (a->how | how) & RACE_WRITES && !(a->how & how & RACE_MARKED);
}

/* --- telling ---------------------------------------------------------------------------------- */

static void party_print(const char *which, const struct party *p)
{
	printk(LOG_EMERG, "%s: %s%s of %lu bytes at 0x%lx by %pS, hart %u, task %d (%s)%s", which,
	       p->how & RACE_MARKED ? "marked " : "", p->how & RACE_WRITES ? "write" : "read",
	       p->size, p->addr, (void *)p->pcs[0], p->hart, p->tid, p->comm,
	       p->in_interrupt ? " in an interrupt" : "");
	for (unsigned i = 1; i < FRAMES && p->pcs[i] != 0; i++)
		printk(LOG_EMERG, "    called from %pS", (void *)p->pcs[i]);
}

/* True: not yet, and from now on. In either order. */
static bool is_news(uintptr_t a, uintptr_t b)
{
	uintptr_t one = min(a, b), other = max(a, b);

	for (unsigned i = 0; i < told_count; i++) {
		if (told[i].one == one && told[i].other == other)
			return false;
	}
	if (told_count == PAIRS)
		return false;
	told[told_count].one = one;
	told[told_count++].other = other;
	return true;
}

static void pair_tell(const struct party *setter, const struct party *other, uint64_t before,
		      uint64_t after)
{
	party_print("data race", setter);
	if (other)
		party_print("  against", other);
	else
		printk(LOG_EMERG, "  against something unknown");
	if (before != after)
		printk(LOG_EMERG, "  the value was 0x%lx and became 0x%lx", before, after);
	if (first_is_panic)
		panic("data race between %pS and %pS", (void *)setter->pcs[0],
		      (void *)(other ? other->pcs[0] : 0));
}

/* False: there is a panic, perhaps of the hart that tells, which waits for this one to look up. */
static bool told_take(void)
{
	while (atomic_exchange(&told_word, 1) != 0) {
		if (panic_in_progress())
			return false;
		hart_relax();
	}
	return true;
}

static void tell(const struct party *setter, const struct party *other, uint64_t before,
		 uint64_t after)
{
	irqflags_t irq = irq_save();
	unsigned hart = hart_index();

	harts[hart].telling = true;
	if (told_take()) {
		if (is_news(setter->pcs[0], other ? other->pcs[0] : 0))
			pair_tell(setter, other, before, after);
		atomic_store(&told_word, 0);
	}
	harts[hart].telling = false;
	irq_restore(irq);
}

/* --- watching --------------------------------------------------------------------------------- */

static struct slot *slot_of(vaddr_t addr)
{
	return &slots[addr / 8 % SLOTS];
}

/* 0: it cannot be read at once. */
static uint64_t value_read(vaddr_t addr, size_t size)
{
	if (addr % size != 0)
		return 0;
	switch (size) {
	case 1:
		return *(volatile uint8_t *)addr;
	case 2:
		return *(volatile uint16_t *)addr;
	case 4:
		return *(volatile uint32_t *)addr;
	default:
		return size == 8 ? *(volatile uint64_t *)addr : 0;
	}
}

static uint64_t random_next(unsigned hart)
{
	harts[hart].random += 0x9e3779b97f4a7c15;
	return hash_u64(harts[hart].random);
}

/* Half of about, to three halves. */
static uint64_t roughly(unsigned hart, uint64_t about)
{
	return about / 2 + random_next(hart) % (about + 1);
}

/* What is waited for under a lock, all others wait for. */
static void delay(unsigned hart)
{
	uint64_t about = irq_enabled() ? delay_ticks : delay_ticks / 4;
	uint64_t end = arch_clock_ticks() + roughly(hart, about);

	while (arch_clock_ticks() < end)
		hart_relax();
}

/* Takes back a slot of ours. True: somebody was caught. */
static bool slot_leave(struct slot *s, vaddr_t addr)
{
	uintptr_t word = addr;

	while (!atomic_compare_exchange_weak(&s->word, &word, SETTING)) {
		if (word == CAUGHT)
			return true;
		word = addr;
	}
	return false;
}

static void watch(vaddr_t addr, size_t size, unsigned how, uintptr_t fp, unsigned hart)
{
	struct slot *s = slot_of(addr);
	uintptr_t word = FREE;
	uint64_t before, after;

	if (!atomic_compare_exchange_strong(&s->word, &word, SETTING))
		return;
	party_fill(&s->setter, addr, size, how, fp);
	before = value_read(addr, size);
	atomic_store_explicit(&s->word, addr, memory_order_release);
	delay(hart);
	after = value_read(addr, size);
	if (slot_leave(s, addr))
		tell(&s->setter, &s->other, before, after);
	else if (before != after)
		tell(&s->setter, NULL, before, after);
	atomic_store_explicit(&s->word, FREE, memory_order_release);
}

/* One of so many. */
static __noinline void watch_if_due(vaddr_t addr, size_t size, unsigned how, uintptr_t fp)
{
	unsigned hart = hart_index();

	if (harts[hart].skip-- > 0 || harts[hart].watching || panic_in_progress())
		return;
	harts[hart].watching = true;
	watch(addr, size, how, fp, hart);
	harts[hart].skip = (unsigned)roughly(hart, skip_about);
	harts[hart].watching = false;
}

/* --- looking ---------------------------------------------------------------------------------- */

/* A slot that had an address a moment ago. */
static __noinline void slot_look(struct slot *s, vaddr_t addr, size_t size, unsigned how,
				 uintptr_t fp)
{
	irqflags_t irq = irq_save();
	uintptr_t word = atomic_load_explicit(&s->word, memory_order_relaxed);

	if (word > CAUGHT && !harts[hart_index()].telling && !panic_in_progress() &&
	    atomic_compare_exchange_strong(&s->word, &word, LOOKING)) {
		if (is_race(&s->setter, addr, size, how)) {
			party_fill(&s->other, addr, size, how, fp);
			word = CAUGHT;
		}
		atomic_store_explicit(&s->word, word, memory_order_release);
	}
	irq_restore(irq);
}

static bool is_set(struct slot *s)
{
	return atomic_load_explicit(&s->word, memory_order_relaxed) > CAUGHT;
}

void race_look(vaddr_t addr, size_t size, unsigned how, uintptr_t fp)
{
	if (unlikely(!started))
		return;
	if (unlikely(is_set(slot_of(addr))))
		slot_look(slot_of(addr), addr, size, how, fp);
	if (!(how & RACE_MARKED))
		watch_if_due(addr, size, how, fp);
}

/* All slots may be concerned, and 8 bytes at a random place of it are watched. */
void race_look_range(vaddr_t addr, size_t size, unsigned how, uintptr_t fp)
{
	size_t at;

	if (!started || size == 0)
		return;
	for (struct slot *s = slots; s < slots + SLOTS; s++) {
		if (unlikely(is_set(s)))
			slot_look(s, addr, size, how, fp);
	}
	at = random_next(hart_index()) % size;
	at = max(ALIGN_DOWN(addr + at, 8), addr) - addr;
	watch_if_due(addr + at, min(8 - (addr + at) % 8, size - at), how, fp);
}

void race_start(void)
{
	uint64_t seed = 0, delay_us = 100;

	(void)cmdline_size(boot_info.cmdline, "race_seed", &seed);
	(void)cmdline_size(boot_info.cmdline, "race_skip", &skip_about);
	(void)cmdline_size(boot_info.cmdline, "race_delay", &delay_us);
	first_is_panic = cmdline_has(boot_info.cmdline, "race_panic");
	delay_ticks = delay_us * arch_clock_hz / 1000000;
	for (unsigned i = 0; i < hart_count; i++)
		harts[i].random = hash_mix(seed, i);
	WRITE_ONCE(started, true);
	pr_notice("Data races are looked for: one in %lu plain accesses is watched for %lu us",
		  skip_about, delay_us);
}
