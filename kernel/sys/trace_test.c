/*
 * Tests of the rings of trace events and of the words they are told in.
 */
#include "kernel/core/trace.h"

#include "kernel/abi/signal.h"
#include "kernel/core/ktest.h"
#include "kernel/core/upcall.h"
#include "kernel/lifecycle/clone_flags.h"
#include "kernel/sched/sched.h"
#include "lib/format.h"
#include "lib/string.h"

#define SLOTS 8u
#define ROUNDS 20000u

static struct trace_event slots[SLOTS];
static struct trace_ring ring = { .events = slots, .mask = SLOTS - 1 };

static void ring_clear(void)
{
	memset(slots, 0, sizeof(slots));
	atomic_store(&ring.next, 0);
}

KTEST(trace_ring_keeps_the_last)
{
	struct trace_event e;

	ring_clear();
	KTEST_CHECK(!trace_ring_get(&ring, 0, &e));
	for (uint64_t i = 0; i < 3 * SLOTS; i++)
		trace_ring_put(&ring, TRACE_EXIT, i, 2 * i, 3 * i);
	for (uint64_t i = 0; i < 3 * SLOTS; i++) {
		bool kept = i >= 2 * SLOTS;

		KTEST_CHECK(trace_ring_get(&ring, i, &e) == kept);
		KTEST_CHECK(!kept || (e.words[0] == i && e.words[2] == 3 * i));
		KTEST_CHECK(!kept || (e.nr == current->nr && e.kind == TRACE_EXIT));
	}
	KTEST_CHECK(!trace_ring_get(&ring, 3 * SLOTS, &e));
}

/* --- a reader on another hart, overtaken again and again -------------------------------------- */

static atomic_bool written;

static int ring_writer(void *unused)
{
	for (uint64_t i = 0; i < ROUNDS; i++) {
		trace_ring_put(&ring, TRACE_EXIT, i, ~i, i * 7);
		if (i % 64 == 0)
			sched_yield();
	}
	atomic_store(&written, true);
	return 0;
}

KTEST(trace_ring_overtaken)
{
	uint64_t at = 0, got = 0;
	struct trace_event e;
	bool end;

	ring_clear();
	atomic_store(&written, false);
	KTEST_REQUIRE(ktest_thread(ring_writer, NULL) == 0);
	do {
		end = atomic_load(&written);
		for (; at < atomic_load(&ring.next); at++) {
			if (!trace_ring_get(&ring, at, &e))
				continue;
			got++;
			KTEST_REQUIRE(e.words[0] == at && e.words[1] == ~at);
			KTEST_REQUIRE(e.words[2] == at * 7);
		}
		sched_yield();
	} while (!end);
	KTEST_CHECK(at == ROUNDS && got >= SLOTS);
}

/* --- order ------------------------------------------------------------------------------------ */

/* Holds on busy harts too: no interrupt's event comes between an event's number and its time. */
KTEST(trace_events_in_order)
{
	static struct trace_cursor at[HART_MAX];
	uint64_t before = 0, mark = 0x7fff0000 + ktest_random(0x10000);
	struct trace_event e;
	unsigned hart, found = 0, total = 0;

	for (unsigned i = 0; i < 5; i++) {
		trace(TRACE_REAPED, mark, i << 8, 0);
		sched_yield();
	}
	trace_rewind(at, UINT32_MAX);
	while (trace_next(at, &e, &hart)) {
		KTEST_CHECK(e.ticks >= before && hart < hart_count);
		before = e.ticks;
		total++;
		if (e.kind == TRACE_REAPED && e.words[0] == mark)
			KTEST_CHECK(e.words[1] == found++ << 8);
	}
	KTEST_CHECK(found == 5);
	trace_rewind(at, 3);
	for (found = 0; trace_next(at, &e, &hart);)
		found++;
	KTEST_CHECK(found == min(3u, total));
}

/* --- words ------------------------------------------------------------------------------------ */

static bool told_as(struct trace_event *e, const char *words)
{
	char line[TRACE_LINE_MAX];

	str_copy(e->comm, "name", sizeof(e->comm));
	e->nr = 12;
	upcall_trace_text(e, 3, line, sizeof(line));
	return strncmp(line, "3: name(12) ", 12) == 0 && strcmp(line + 12, words) == 0;
}

/* Each flag by the name that the rules' table gives it. */
KTEST(trace_names_clone_flags)
{
	char words[80];

	for (unsigned i = 0; i < clone_flag_count; i++) {
		const struct clone_flag *f = &clone_flags[i];
		struct trace_event e = { .kind = TRACE_CLONE, .words = { f->bit, SIGCHLD, 5 } };

		str_format(words, sizeof(words), "clone CLONE_%s|SIGCHLD = 5", f->name);
		KTEST_CHECK(told_as(&e, words));
	}
}

KTEST(trace_words)
{
	static const struct {
		struct trace_event event;
		const char *words;
	} cases[] = {
		{ { .kind = TRACE_CLONE, .words = { 0, 0, 7 } }, "clone 0 = 7" },
		{ { .kind = TRACE_CLONE, .words = { CLONE_VM | CLONE_VFORK, SIGCHLD, -22UL } },
		  "clone CLONE_VM|CLONE_VFORK|SIGCHLD = EINVAL" },
		{ { .kind = TRACE_CLONE, .words = { 1UL << 63 | CLONE_VM, 34, -513UL } },
		  "clone CLONE_VM|0x8000000000000000|SIGRTMIN+2 = ERESTARTNOINTR" },
		{ { .kind = TRACE_EXIT, .words = { 3 << 8 } }, "exit 3" },
		{ { .kind = TRACE_REAPED, .words = { 9, SIGSEGV | 0x80 } }, "reaped 9: SIGSEGV" },
		{ { .kind = TRACE_FAULT, .words = { SIGBUS, 0x10, 0x20 } },
		  "fault SIGBUS at 0x10, pc 0x20" },
		{ { .kind = TRACE_SYSCALL, .words = { 93, 1, 2 } }, "syscall exit(0x1)" },
		{ { .kind = TRACE_RETURN, .words = { 99999, -38UL } },
		  "return syscall_99999 = ENOSYS" },
		{ { .kind = TRACE_EXEC, .words = { 0x2f612f612f612f61, 0x2f612f612f612f61,
						   0x2f612f612f612f61 } },
		  "exec a/a/a/a/a/a/a/a/a/a/a/a/" },
		{ { .kind = TRACE_EXEC, .words = { 0x7f1b0a61 } }, "exec a\\012\\033\\177" },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		struct trace_event e = cases[i].event;

		KTEST_CHECK(told_as(&e, cases[i].words));
	}
}
