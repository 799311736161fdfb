/*
 * The rings, and what is to be put there.
 *
 * Each hart writes to its own ring, and only that hart; so nothing is locked. An interrupt may come
 * in between, with an event of its own: whoever writes first takes a number, in one instruction,
 * and the number's slot is his until the ring has come round. The kernel is not preempted, so that
 * does not happen while he writes.
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
static atomic_uint sets[] = { [TRACE_RECORDED] = ALL & ~CALLS, [TRACE_SHOWN] = 0 };
atomic_uint trace_on; /* sets[TRACE_RECORDED] once there are rings */
unsigned long trace_direct_calls = NR_syscalls;

_Static_assert(offsetof(struct task, comm) % sizeof(uint64_t) == 0 &&
		       sizeof(((struct task *)0)->comm) == TRACE_COMM_LEN,
	       "a task's name is copied as two words");

/* --- writing ---------------------------------------------------------------------------------- */

/* Acquire: what is written here comes after the number was taken, for those who look at `next`. The
 * name is copied as two words: byte by byte would cost as much as all else. */
static inline struct trace_event *event_put(struct trace_ring *r, enum trace_kind kind, uint64_t a,
					    uint64_t b, uint64_t c)
{
	const uint64_t *comm = (const uint64_t *)current->comm;
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
	return e;
}

void trace_ring_put(struct trace_ring *r, enum trace_kind kind, uint64_t a, uint64_t b, uint64_t c)
{
	(void)event_put(r, kind, a, b, c);
}

/* To the console, which is slow: so many lines a second and no more. */
static __noinline void event_show(struct trace_ring *r, const struct trace_event *event)
{
	struct trace_event e = *event;
	uint64_t second = trace_event_ns(&e) / NSEC_PER_SEC;
	char line[TRACE_LINE_MAX];

	if (!trace_set_has(TRACE_SHOWN, e.kind))
		return;
	if (r->shown_s != second) {
		r->shown_s = second;
		r->shown = 0;
	}
	if (++r->shown > TRACE_SHOWN_MAX)
		return;
	upcall_trace_text(&e, hart_index(), line, sizeof(line));
	printk(LOG_INFO, "%s%s", line,
	       r->shown == TRACE_SHOWN_MAX ? " (and others in this second)" : "");
}

void trace_write(enum trace_kind kind, uint64_t a, uint64_t b, uint64_t c)
{
	struct trace_ring *r = &rings[hart_index()];
	struct trace_event *e = event_put(r, kind, a, b, c);

	if (unlikely(atomic_load_explicit(&sets[TRACE_SHOWN], memory_order_relaxed) != 0))
		event_show(r, e);
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
	struct trace_event e;

	for (unsigned i = 0; rings != NULL && i < hart_count; i++) {
		while (at[i].next < at[i].end && !trace_ring_get(&rings[i], at[i].next, &e))
			at[i].next++;
		if (at[i].next < at[i].end && (oldest == NULL || e.ticks < out->ticks)) {
			*out = e;
			*hart = i;
			oldest = &at[i];
		}
	}
	if (oldest != NULL)
		oldest->next++;
	return oldest != NULL;
}

void trace_rewind(struct trace_cursor *at, unsigned most)
{
	struct trace_event e;
	uint64_t total = 0;
	unsigned hart;

	for (unsigned i = 0; rings != NULL && i < hart_count; i++) {
		uint64_t end = atomic_load_explicit(&rings[i].next, memory_order_relaxed);
		uint64_t count = min(end, min((uint64_t)most, rings[i].mask + 1));

		at[i] = (struct trace_cursor){ .next = end - count, .end = end };
		total += count;
	}
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
static void recorded_publish(void)
{
	unsigned on = rings != NULL ? atomic_load(&sets[TRACE_RECORDED]) : 0;

	atomic_store(&trace_on, on);
	WRITE_ONCE(trace_direct_calls, on & CALLS ? 0 : NR_syscalls);
}

int trace_set_change(enum trace_set which, const char *words, size_t len)
{
	unsigned set = atomic_load(&sets[which]);
	size_t at = 0, start;

	for (;;) {
		bool add = true;
		unsigned kinds;

		while (at < len && is_between(words[at]))
			at++;
		if (at == len)
			break;
		if (words[at] == '+' || words[at] == '-')
			add = words[at++] == '+';
		for (start = at; at < len && !is_between(words[at]);)
			at++;
		kinds = kinds_named(words + start, at - start);
		if (kinds == 0)
			return -EINVAL;
		set = add ? set | kinds : set & ~kinds;
	}
	atomic_store(&sets[which], set);
	if (which == TRACE_SHOWN)
		atomic_fetch_or(&sets[TRACE_RECORDED], set);
	recorded_publish();
	return 0;
}

bool trace_set_has(enum trace_set which, enum trace_kind kind)
{
	return atomic_load(&sets[which]) & 1u << kind;
}

/* --- boot ------------------------------------------------------------------------------------- */

size_t trace_bytes(unsigned events)
{
	return hart_count * (sizeof(struct trace_ring) + sizeof(struct trace_cursor) +
			     events * sizeof(struct trace_event));
}

void trace_start(void *memory, unsigned events)
{
	struct trace_ring *r = memory;
	struct trace_event *e = (struct trace_event *)(r + hart_count);

	for (unsigned i = 0; i < hart_count; i++) {
		r[i].events = e + i * events;
		r[i].mask = events - 1;
	}
	cursors = (struct trace_cursor *)(e + hart_count * events);
	rings = r;
	recorded_publish();
}
