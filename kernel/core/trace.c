/*
 * The rings, and what is to be put there.
 *
 * Each hart writes to its own ring, and only that hart; so nothing is locked. It does so with
 * interrupts off: one interrupt may have more events than a small ring has slots, and would come
 * round to the one that is being written. So all events but the last of a ring are whole, and their
 * numbers are in order of time.
 *
 *	            next - size                  next
 *	... overwritten | seq | seq | seq | (seq) |
 *	                                     still written: seq is that of the event before
 *
 * Readers take events out of the rings of running harts. What they have copied counts if its number
 * was there before, and after it `next` had not come so far that the slot could be another's.
 *
 * Events of several harts are put in order by their time, which is the same everywhere.
 *
 * The settings change under set_lock, and what follows from them with it; who looks takes no lock.
 *
 * NOTE(linux): there are no other tracers, no filters and no stack traces; and each event has the
 * same size.
 *
 * LIMIT: switches from task to task are not traced: even an event that is switched off would cost
 * them 1 %.
 */
#include "kernel/core/trace.h"

#include "gen/syscalls_nr.h"
#include "kernel/core/clock.h"
#include "kernel/core/printk.h"
#include "kernel/core/spinlock.h"
#include "kernel/core/upcall.h"
#include "kernel/task/task.h"
#include "lib/errno.h"
#include "lib/format.h"
#include "lib/string.h"

#define KIND_ROW(kind, name, format) { name, format },
const struct trace_kind_row trace_kinds[TRACE_KIND_COUNT] = { TRACE_KINDS(KIND_ROW) };

#define BIT_OF(kind) (1u << TRACE_##kind)
#define ALL (BIT_OF(KIND_COUNT) - 1)
#define CALLS (BIT_OF(SYSCALL) | BIT_OF(RETURN))

static struct trace_ring *rings;     /* [i] one per hart; NULL before trace_start */
static struct trace_cursor *cursors; /* a panic's */
static struct spinlock set_lock = SPINLOCK_INIT("trace settings", LOCK_RANK_TRACE);
static atomic_uint sets[] = { [TRACE_RECORDED] = ALL & ~CALLS, [TRACE_SHOWN] = 0 };
atomic_uint trace_on; /* sets[TRACE_RECORDED] once there are rings */
unsigned long trace_direct_calls = NR_syscalls;
static atomic_ulong shown; /* the second of the last line on the console << 8 | lines in it */

_Static_assert(offsetof(struct task, comm) % sizeof(uint64_t) == 0 &&
		       sizeof(((struct task *)0)->comm) == TRACE_COMM_LEN,
	       "a task's name is copied as two words");

/* --- writing ---------------------------------------------------------------------------------- */

/* The event's number. Acquire: what is written here comes after the number was taken, for those who
 * look at `next`. The name is copied as two words: byte by byte would cost as much as all else. */
static inline uint64_t event_put(struct trace_ring *r, enum trace_kind kind, uint64_t a, uint64_t b,
				 uint64_t c)
{
	const uint64_t *comm = (const uint64_t *)current->comm;
	irqflags_t flags = irq_save();
	uint64_t number = atomic_fetch_add_explicit(&r->next, 1, memory_order_acquire);
	struct trace_event *e = &r->events[number & r->mask];

	WRITE_ONCE(e->ticks, arch_clock_ticks());
	WRITE_ONCE(e->comm_words[0], READ_ONCE(comm[0]));
	WRITE_ONCE(e->comm_words[1], READ_ONCE(comm[1]));
	WRITE_ONCE(e->nr, current->nr);
	WRITE_ONCE(e->kind, kind);
	WRITE_ONCE(e->words[0], a);
	WRITE_ONCE(e->words[1], b);
	WRITE_ONCE(e->words[2], c);
	atomic_store_explicit(&e->seq, number + 1, memory_order_release);
	irq_restore(flags);
	return number;
}

void trace_ring_put(struct trace_ring *r, enum trace_kind kind, uint64_t a, uint64_t b, uint64_t c)
{
	(void)event_put(r, kind, a, b, c);
}

_Static_assert(TRACE_SHOWN_MAX < 256, "the lines of a second are counted in 8 bits");

/* The console is slow: so many lines a second for all harts. Which of them this is; 0: too many. */
static unsigned shown_count(uint64_t second)
{
	uint64_t was = atomic_load(&shown), now;

	do {
		now = second > was >> 8 ? second << 8 | 1 : was + 1;
		if ((now & 255) > TRACE_SHOWN_MAX)
			return 0;
	} while (!atomic_compare_exchange_weak(&shown, &was, now));
	return now & 255;
}

/* Unless interrupts since then have overwritten it. */
static __noinline void event_show(const struct trace_ring *r, uint64_t number)
{
	char line[TRACE_LINE_MAX];
	struct trace_event e;
	unsigned count;

	if (!trace_ring_get(r, number, &e) || !trace_set_has(TRACE_SHOWN, e.kind))
		return;
	count = shown_count(trace_event_ns(&e) / NSEC_PER_SEC);
	if (count == 0)
		return;
	upcall_trace_text(&e, hart_index(), line, sizeof(line));
	printk(LOG_INFO, "%s%s", line,
	       count == TRACE_SHOWN_MAX ? " (and others in this second)" : "");
}

void trace_write(enum trace_kind kind, uint64_t a, uint64_t b, uint64_t c)
{
	struct trace_ring *r = &rings[hart_index()];
	uint64_t number = event_put(r, kind, a, b, c);

	if (unlikely(atomic_load_explicit(&sets[TRACE_SHOWN], memory_order_relaxed) != 0))
		event_show(r, number);
}

void trace_text(enum trace_kind kind, const char *text)
{
	uint64_t words[TRACE_WORDS] = { 0 };

	memcpy(words, text, strnlen(text, sizeof(words)));
	trace(kind, words[0], words[1], words[2]);
}

/* --- reading ---------------------------------------------------------------------------------- */

bool trace_ring_get(const struct trace_ring *r, uint64_t number, struct trace_event *out)
{
	const struct trace_event *e = &r->events[number & r->mask];
	const uint64_t *from = (const uint64_t *)e;

	if (atomic_load_explicit(&e->seq, memory_order_acquire) != number + 1)
		return false;
	for (unsigned i = 0; i < sizeof(*e) / sizeof(*from); i++)
		((uint64_t *)out)[i] = READ_ONCE(from[i]);
	atomic_thread_fence(memory_order_acquire);
	return atomic_load_explicit(&r->next, memory_order_relaxed) <= number + r->mask + 1;
}

uint64_t trace_event_ns(const struct trace_event *e)
{
	return clock_ticks_to_ns(e->ticks);
}

bool trace_next(struct trace_cursor *at, struct trace_event *out, unsigned *hart)
{
	struct trace_cursor *oldest = NULL;

	for (unsigned i = 0; rings != NULL && i < hart_count; i++) {
		struct trace_cursor *c = &at[i];

		while (!c->got && c->next < c->end)
			c->got = trace_ring_get(&rings[i], c->next++, &c->event);
		if (c->got && (oldest == NULL || c->event.ticks < oldest->event.ticks))
			oldest = c;
	}
	if (oldest == NULL)
		return false;
	*out = oldest->event;
	*hart = (unsigned)(oldest - at);
	oldest->got = false;
	return true;
}

/* Each to so many before its end; how many that are. */
static uint64_t cursors_back(struct trace_cursor *at, uint64_t most)
{
	uint64_t total = 0;

	for (unsigned i = 0; rings != NULL && i < hart_count; i++) {
		uint64_t end = at[i].end, count = min(end, min(most, rings[i].mask + 1));

		at[i] = (struct trace_cursor){ .next = end - count, .end = end };
		total += count;
	}
	return total;
}

/* The last of each ring may be half written: one more is looked at, and what can be got counts. */
void trace_rewind(struct trace_cursor *at, unsigned most)
{
	struct trace_event e;
	uint64_t total = 0;
	unsigned hart;

	for (unsigned i = 0; rings != NULL && i < hart_count; i++)
		at[i].end = atomic_load_explicit(&rings[i].next, memory_order_relaxed);
	if (cursors_back(at, most + 1UL) <= most)
		return;
	while (trace_next(at, &e, &hart))
		total++;
	(void)cursors_back(at, most + 1UL);
	while (total > most && trace_next(at, &e, &hart))
		total--;
}

void trace_print_last(unsigned most)
{
	const char *title = "last events:";
	struct trace_event e;
	char line[TRACE_LINE_MAX];
	unsigned hart;

	trace_rewind(cursors, most);
	while (trace_next(cursors, &e, &hart)) {
		uint64_t us = trace_event_ns(&e) / NSEC_PER_USEC;

		if (title != NULL)
			printk(LOG_EMERG, "%s", title);
		title = NULL;
		upcall_trace_text(&e, hart, line, sizeof(line));
		printk(LOG_EMERG, "  [%5lu.%06lu] %s", us / 1000000, us % 1000000, line);
	}
}

/* --- settings --------------------------------------------------------------------------------- */

/* The bits that a word of len bytes names; 0: none. */
static unsigned kinds_named(const char *name, size_t len)
{
	if (len == 3 && memcmp(name, "all", 3) == 0)
		return ALL;
	for (unsigned i = 0; i < TRACE_KIND_COUNT; i++) {
		const char *known = trace_kinds[i].name;

		if (strlen(known) == len && memcmp(known, name, len) == 0)
			return 1u << i;
	}
	return 0;
}

static bool is_between(char c)
{
	return c == ' ' || c == ',' || c == '\t' || c == '\n';
}

/* What is recorded has changed. */
static void recorded_publish(void) __must_hold(&set_lock)
{
	unsigned on = rings != NULL ? atomic_load(&sets[TRACE_RECORDED]) : 0;

	atomic_store(&trace_on, on);
	WRITE_ONCE(trace_direct_calls, on & CALLS ? 0 : NR_syscalls);
}

/* The words as two sets of kinds: to be added, to be removed. The last word on a kind holds. */
static int kinds_parse(const char *words, size_t len, unsigned *add, unsigned *remove)
{
	size_t at = 0, start;

	*add = *remove = 0;
	for (;;) {
		bool plus = true;
		unsigned kinds;

		while (at < len && is_between(words[at]))
			at++;
		if (at == len)
			return 0;
		if (words[at] == '+' || words[at] == '-')
			plus = words[at++] == '+';
		for (start = at; at < len && !is_between(words[at]);)
			at++;
		kinds = kinds_named(words + start, at - start);
		if (kinds == 0)
			return -EINVAL;
		*add = plus ? *add | kinds : *add & ~kinds;
		*remove = plus ? *remove & ~kinds : *remove | kinds;
	}
}

int trace_set_change(enum trace_set which, const char *words, size_t len)
{
	unsigned add, remove;
	int err = kinds_parse(words, len, &add, &remove);

	if (err)
		return err;
	spin_lock(&set_lock);
	atomic_store(&sets[which], (atomic_load(&sets[which]) | add) & ~remove);
	if (which == TRACE_SHOWN)
		atomic_fetch_or(&sets[TRACE_RECORDED], atomic_load(&sets[TRACE_SHOWN]));
	recorded_publish();
	spin_unlock(&set_lock);
	return 0;
}

bool trace_set_has(enum trace_set which, enum trace_kind kind)
{
	return atomic_load(&sets[which]) & 1u << kind;
}

/* --- boot ------------------------------------------------------------------------------------- */

void trace_start(struct trace_ring *ring_per_hart, struct trace_cursor *cursor_per_hart)
{
	spin_lock(&set_lock);
	cursors = cursor_per_hart;
	rings = ring_per_hart;
	recorded_publish();
	spin_unlock(&set_lock);
}
