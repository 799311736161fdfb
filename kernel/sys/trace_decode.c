/*
 * Trace events in words, for the report of a panic, the console and /proc/pando/trace.
 *
 *	1: sh(7) clone CLONE_VM|CLONE_VFORK|SIGCHLD = 9
 *	   |     |     '-- the words, by the format of the kind's row in kernel/core/trace.h
 *	   |     '-- the kind's name
 *	   '-- the task, by what it was called then and its number
 *
 * The names are those that the kernel goes by: of clone's flags the table that rules clone
 * (kernel/lifecycle/clone_flags.c), of system calls the table that they are called through. Nothing
 * is followed but these tables: what is decoded may be from a kernel in disorder. gdb's `pando
 * trace` (tools/gdb/pando.py) reads the same tables and formats, and knows the same letters.
 */
#include "kernel/core/trace.h"

#include "kernel/abi/signal.h"
#include "kernel/core/upcall.h"
#include "kernel/lifecycle/clone_flags.h"
#include "kernel/lifecycle/namespaces.h"
#include "kernel/sys/dispatch.h"
#include "lib/errno.h"
#include "lib/format.h"
#include "lib/string.h"

/* What is left of the buffer; never 0, for the NUL. */
struct line {
	char *at;
	size_t left;
};

static void __printf(2, 3) put(struct line *l, const char *fmt, ...)
{
	va_list args;
	size_t len;

	va_start(args, fmt);
	len = min((size_t)str_vformat(l->at, l->left, fmt, args), l->left - 1);
	va_end(args);
	l->at += len;
	l->left -= len;
}

/* Names that programs chose: no bytes that would begin a line of their own, or move the cursor. */
static void put_name(struct line *l, const char *name, size_t size)
{
	for (size_t i = 0; i < size && name[i] != '\0'; i++) {
		unsigned char c = (unsigned char)name[i];

		put(l, c < ' ' || c == 0x7f ? "\\%03o" : "%c", c);
	}
}

static void put_signal(struct line *l, uint64_t signo)
{
	static const char *const names[] = {
		"0",    "HUP",  "INT",    "QUIT", "ILL",  "TRAP",   "ABRT", "BUS",
		"FPE",  "KILL", "USR1",   "SEGV", "USR2", "PIPE",   "ALRM", "TERM",
		"STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN",   "TTOU", "URG",
		"XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO",    "PWR",  "SYS",
	};

	if (signo < ARRAY_SIZE(names))
		put(l, "SIG%s", names[signo]);
	else
		put(l, "SIGRTMIN+%lu", signo - SIGRTMIN);
}

/* As a program writes them: CLONE_VM|SIGCHLD. */
static void put_flags(struct line *l, uint64_t flags, uint64_t exit_signal)
{
	const char *bar = "";

	if (flags == 0 && exit_signal == 0)
		put(l, "0");
	for (unsigned i = 0; i < clone_flag_count; i++) {
		if (!(flags & clone_flags[i].bit))
			continue;
		put(l, "%sCLONE_%s", bar, clone_flags[i].name);
		flags &= ~clone_flags[i].bit;
		bar = "|";
	}
	if (flags != 0) {
		put(l, "%s%#lx", bar, flags);
		bar = "|";
	}
	if (exit_signal != 0) {
		put(l, "%s", bar);
		put_signal(l, exit_signal);
	}
}

/* Errors are from -4095 on, as for every caller of the kernel; those that only it knows too. */
static void put_result(struct line *l, int64_t result)
{
	if (result < 0 && result >= -4095)
		put(l, "%s", errno_name((int)result));
	else if (result >= -65536 && result <= INT32_MAX)
		put(l, "%ld", result);
	else
		put(l, "%#lx", result);
}

static void put_status(struct line *l, uint64_t status)
{
	if (status & 0x7f)
		put_signal(l, status & 0x7f);
	else
		put(l, "%lu", status >> 8 & 0xff);
}

static void put_call(struct line *l, uint64_t nr)
{
	const char *name = nr < syscall_count ? syscall_table[nr].name : NULL;

	if (name != NULL)
		put(l, "%s", name);
	else
		put(l, "syscall_%lu", nr);
}

/* The two arguments that were kept, and whether there are more. */
static void put_call_args(struct line *l, const uint64_t words[TRACE_WORDS])
{
	unsigned count = words[0] < syscall_count ? syscall_table[words[0]].arg_count : 6;

	put_call(l, words[0]);
	put(l, "(");
	if (count > 0)
		put(l, "%#lx", words[1]);
	if (count > 1)
		put(l, ", %#lx", words[2]);
	put(l, count > 2 ? ", ...)" : ")");
}

/* What a letter of the format says; how many words it took. */
static unsigned put_words(struct line *l, char letter, const uint64_t *words)
{
	switch (letter) {
	case 'F':
		put_flags(l, words[0], words[1]);
		return 2;
	case 'A':
		put_call_args(l, words);
		return TRACE_WORDS;
	case 's':
		put_name(l, (const char *)words, TRACE_WORDS * sizeof(*words));
		return TRACE_WORDS;
	case 'S':
		put_signal(l, words[0]);
		break;
	case 'C':
		put_call(l, words[0]);
		break;
	case 'N':
		put(l, "%s", words[0] < NS_TYPE_COUNT ? ns_kinds[words[0]].name : "?");
		break;
	case 'r':
		put_result(l, (int64_t)words[0]);
		break;
	case 'w':
		put_status(l, words[0]);
		break;
	case 'x':
		put(l, "%#lx", words[0]);
		break;
	default:
		put(l, "%lu", words[0]);
	}
	return 1;
}

void upcall_trace_text(const struct trace_event *e, unsigned hart, char *buf, size_t size)
{
	const struct trace_kind_row *kind = &trace_kinds[e->kind % TRACE_KIND_COUNT];
	struct line l = { buf, size };
	unsigned word = 0;

	put(&l, "%u: ", hart);
	put_name(&l, e->comm, sizeof(e->comm));
	put(&l, "(%d) %s ", e->nr, kind->name);
	for (const char *f = kind->format; *f != '\0'; f++) {
		if (*f != '%')
			put(&l, "%c", *f);
		else if (word < TRACE_WORDS)
			word += put_words(&l, *++f, e->words + word);
	}
}
