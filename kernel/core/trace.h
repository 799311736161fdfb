/*
 * Trace events: what the kernel did last. Rare events are always recorded, in a ring per hart, for
 * crash reports, /proc/pando/trace and gdb's `pando trace`.
 *
 *	[   12.345678] 1: sh(7) clone CLONE_VM|CLONE_VFORK|SIGCHLD = 9
 *	 time          hart who  kind  the event's words, by the kind's format
 *
 * To add a kind, add a row below and call trace(TRACE_X, ...) where it happens.
 */
#pragma once

#include <stdatomic.h>

#include "lib/types.h"

/*
 * The kinds: constant, name in files and on the command line, format. In a format each of these
 * takes the next of the event's three words (kernel/sys/trace_decode.c, tools/gdb/pando.py):
 *
 *	%F flags of clone, and the next word: the exit signal    %S a signal      %d a number
 *	%r a result: a number, or an error by name               %w a wait status %x the same, hex
 *	%C a system call, %A with the next two, its arguments    %N a type of namespace
 *	%s the words' bytes as text
 *
 * Numbers of tasks are those of the first pid namespace.
 */
#define TRACE_KINDS(X)                                                                             \
	X(CLONE, "clone", "%F = %r")		/* flags, exit signal, tid or -errno */            \
	X(EXEC, "exec", "%s")			/* the name that was given */                      \
	X(EXIT, "exit", "%w")			/* of a process: wait status */                    \
	X(REAPED, "reaped", "%d: %w")		/* process, wait status */                         \
	X(SIGNAL, "signal", "%S to %d")		/* sent: signal, process or thread */              \
	X(KILLED, "killed", "%d by %S")		/* process, signal: it is bound to die */          \
	X(FAULT, "fault", "%S at %x, pc %x")	/* by user code: signal, address, pc */            \
	X(OOM, "oom", "kills %d, which has %d KiB")                                                \
	X(NS_BORN, "ns-born", "%N:[%d]")	/* type, inode number */                           \
	X(NS_GONE, "ns-gone", "%N:[%d]")                                                           \
	X(SYSCALL, "syscall", "%A")		/* number, first two arguments */                  \
	X(RETURN, "return", "%C = %r")		/* number, result */

#define TRACE_CONSTANT(kind, name, format) TRACE_##kind,
enum trace_kind { TRACE_KINDS(TRACE_CONSTANT) TRACE_KIND_COUNT };

struct trace_kind_row {
	const char *name, *format;
};
extern const struct trace_kind_row trace_kinds[TRACE_KIND_COUNT];

#define TRACE_WORDS 3u
#define TRACE_COMM_LEN 16u
struct trace_event {
	atomic_ulong seq; /* number in its ring, from 1 on; written last */
	uint64_t ticks;	  /* of arch_clock_ticks */
	union {
		char comm[TRACE_COMM_LEN]; /* the task's name */
		uint64_t comm_words[TRACE_COMM_LEN / sizeof(uint64_t)];
	};
	int nr;		  /* and its number */
	unsigned kind;
	uint64_t words[TRACE_WORDS];
};

/* Kinds as bits: those that are recorded. */
extern atomic_uint trace_on;

/* Records an event of this hart and task. Anywhere; never waits. */
static inline void trace(enum trace_kind kind, uint64_t a, uint64_t b, uint64_t c);
void trace_write(enum trace_kind kind, uint64_t a, uint64_t b, uint64_t c);
/* The same with a text, of which the first bytes are kept. */
void trace_text(enum trace_kind kind, const char *text);

/* System calls below this number need not be traced: all that there are, or none. */
extern unsigned long trace_direct_calls;

/* --- settings --------------------------------------------------------------------------------- */

/* What is recorded, and what is also shown on the console as it happens: at most so many lines a
 * second, of all harts: about as many as a console of 115200 baud can carry. */
enum trace_set { TRACE_RECORDED, TRACE_SHOWN };
#define TRACE_SHOWN_MAX 100u

/* Changes a set by words with commas or blanks between: "+syscall -signal", "-all,clone". What is
 * to be shown is recorded as well. -EINVAL, and nothing has changed: there is no such kind. */
int trace_set_change(enum trace_set which, const char *words, size_t len) __must_check;
bool trace_set_has(enum trace_set which, enum trace_kind kind);

/* --- reading ---------------------------------------------------------------------------------- */

/* Where a reader is, for each hart. */
struct trace_cursor {
	uint64_t next, end;
	struct trace_event event; /* the one before next, if it was got and not yet given */
	bool got;
};

/* To the last `most` events of all harts, and no further than now; an array of hart_count. */
void trace_rewind(struct trace_cursor *at, unsigned most);
/* The next event in order of time, and on which hart it was. What was overwritten meanwhile is left
 * out. False: the end. */
bool trace_next(struct trace_cursor *at, struct trace_event *out, unsigned *hart);
/* For the report of a panic: the last `most` events. */
void trace_print_last(unsigned most);

/* When it was, as clock_mono_ns; and in words, without that: upcall_trace_text. */
uint64_t trace_event_ns(const struct trace_event *e);
#define TRACE_LINE_MAX 400u

/* --- rings ------------------------------------------------------------------------------------ */

struct trace_ring {
	struct trace_event *events; /* [i] */
	uint64_t mask;		    /* [i] their number - 1, a power of two - 1 */
	atomic_ulong next;	    /* own hart only, its interrupts too; others read */
} __aligned(64);

/* Adds an event; one that is just written, or was overwritten, is not got. */
void trace_ring_put(struct trace_ring *r, enum trace_kind kind, uint64_t a, uint64_t b, uint64_t c);
bool trace_ring_get(const struct trace_ring *r, uint64_t number, struct trace_event *out);

/* Boot, when there are tasks: from here on events are recorded. Arrays of hart_count, for good:
 * empty rings, and cursors for the report of a panic. */
void trace_start(struct trace_ring *ring_per_hart, struct trace_cursor *cursor_per_hart);

static inline void trace(enum trace_kind kind, uint64_t a, uint64_t b, uint64_t c)
{
	if (likely(atomic_load_explicit(&trace_on, memory_order_relaxed) & 1u << kind))
		trace_write(kind, a, b, c);
}
