/*
 * The report of a panic, which has to do without a second look: the machine is gone when it is
 * read.
 *
 *	what was wrong, with its values                 panic.c
 *	who it was, its backtrace, its locks            crash_report
 *	the same of every other hart                    each tells of itself
 *	what happened last, on whichever hart           trace.c
 *	the machine, notes, the command line
 *	a command that makes the same machine again
 *	harts that panicked too, but came too late
 *
 * The hart that panics interrupts the others. Each of them stays in its handler, waits for its
 * turn, tells where it was interrupted and stops for good; so lines of two never mix, and a hart's
 * stack is read by the hart itself. One that does not answer has its interrupts off: then the first
 * hart says which task runs there, what it holds and, in debug builds, which lock it waits for.
 *
 * A hart that panics while the first one reports waits for its turn too, and begins with what was
 * wrong there: often the one is the cause of the other. If its turn has passed (it did not answer
 * then) it gets another at the end.
 *
 * Everything here may find the kernel's data in any state: it takes no lock, follows few pointers,
 * and counts what it follows. A fault while it does ends in panic.c's "panic inside a panic".
 */
#include "kernel/core/crash.h"

#include <stdatomic.h>

#include "arch/clock.h"
#include "arch/irq.h"
#include "arch/machine.h"
#include "kernel/core/boot.h"
#include "kernel/core/clock.h"
#include "kernel/core/hart.h"
#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "kernel/core/trace.h"
#include "kernel/task/task.h"
#include "lib/format.h"

#define TASKS_LOOKED_AT 100000u /* a list in disorder may have no end */
#define EVENTS_TOLD 16u
#define ANSWER_MS 500u		/* a hart is given to come to its turn */
#define TELL_MS 2000u		/* and then, on a slow console, to tell of itself */

/* What make was told when it made this kernel; DEBUG=1 brings failures and tests along. */
#ifdef PANDO_DEBUG
#define WORDS_DEBUG "DEBUG=1 "
#else
#define WORDS_DEBUG ""
#endif

#if defined(PANDO_FAULTS) && !defined(PANDO_DEBUG)
#define WORDS_FAULTS "FAULTS=1 "
#else
#define WORDS_FAULTS ""
#endif

#if defined(PANDO_KTEST) && !defined(PANDO_DEBUG)
#define WORDS_KTEST "KTEST=1 "
#else
#define WORDS_KTEST ""
#endif

#ifdef PANDO_COV
#define WORDS_COV "COV=1 "
#else
#define WORDS_COV ""
#endif

#ifdef PANDO_SAN
#define TEXT_OF(...) #__VA_ARGS__
#define TEXT(...) TEXT_OF(__VA_ARGS__)
#define WORDS_SAN "SAN=" TEXT(PANDO_SAN) " "
#else
#define WORDS_SAN ""
#endif

#define BUILD_WORDS WORDS_DEBUG WORDS_FAULTS WORDS_KTEST WORDS_COV WORDS_SAN

#define NOBODY (-1)
static atomic_bool stopping;		/* set once, by the hart that panics */
/* Whose turn it is to tell: given by the first hart, which may take it back as long as the other
 * has not begun (TELLS is added); back to NOBODY by who has told. */
#define TELLS 0x10000
static atomic_int turn = NOBODY;
static struct hart_mask panicked; /* [a] harts whose own panic is still to be told; set by them */
static char note[128];

void crash_note_set(const char *text)
{
	str_format(note, sizeof(note), "%s", text);
}

/* --- one task, one hart ----------------------------------------------------------------------- */

static void task_line(const struct task *t, const char *where)
{
	printk(LOG_EMERG, "%s: task %d (%s), state %c, last system call %lu", where,
	       READ_ONCE(t->tid), task_name_get(t).text, task_state_letter(t), t->syscall_nr);
}

void crash_task_print(const struct task *t)
{
	task_line(t, "who");
	lock_check_print(t);
	if (!atomic_load(&t->on_hart))
		backtrace_print(arch_task_fp(t));
}

void crash_hart_print(unsigned hart)
{
	const struct task *t, *first = hart_table[hart].idle;
	unsigned seen = 0;

	list_for_each_entry(t, &task_list, all_link) {
		if (atomic_load(&t->on_hart) && atomic_load(&t->hart) == hart) {
			first = t;
			break;
		}
		if (++seen == TASKS_LOOKED_AT)
			break;
	}
	crash_task_print(first);
}

/* By the hart that it is about. `which` begins the line: tests and people look for "panic on hart".
 */
static void self_tell(const char *which)
{
	bool idle = hart_table != NULL && current == hart_this()->idle;
	char where[40];

	str_format(where, sizeof(where), "%s %u%s", which, hart_index(), idle ? ", idle" : "");
	task_line(current, where);
	lock_check_print(current);
}

/* --- the other harts -------------------------------------------------------------------------- */

/* Until this hart may tell. */
static void turn_wait(void)
{
	int mine = (int)hart_index();

	while (!atomic_compare_exchange_strong(&turn, &mine, TELLS + (int)hart_index())) {
		mine = (int)hart_index();
		hart_relax();
	}
}

static __noreturn void turn_end(void)
{
	int mine = TELLS + (int)hart_index();

	/* One that took too long has lost its turn, which may be another's by now. */
	atomic_compare_exchange_strong(&turn, &mine, NOBODY);
	arch_halt();
}

void crash_stop_check(void)
{
	if (likely(!atomic_load_explicit(&stopping, memory_order_relaxed)))
		return;
	turn_wait();
	self_tell("hart");
	if (irq_from_user())
		printk(LOG_EMERG, "  in user mode, pc 0x%lx", task_trapframe(current)->pc);
	else
		backtrace_print(0);
	turn_end();
}

void crash_join(const char *fmt, va_list args)
{
	unsigned self = hart_index();

	if (atomic_load(&turn) == TELLS + (int)self) {
		console_write(PANIC_INSIDE, sizeof(PANIC_INSIDE) - 1);
		turn_end();
	}
	hart_mask_set(&panicked, self);
	turn_wait();
	hart_mask_clear(&panicked, self);
	vprintk(LOG_EMERG, fmt, args);
	self_tell("panic also on hart");
	backtrace_print(0);
	turn_end();
}

/* Is the turn back within so long? */
static bool turn_is_back(unsigned ms)
{
	uint64_t end = arch_clock_ticks() + arch_clock_hz * ms / 1000;

	while (atomic_load(&turn) != NOBODY) {
		if (arch_clock_ticks() >= end)
			return false;
		hart_relax();
	}
	return true;
}

/* Lets a hart tell; false: it does not come, and later must not write in between. */
static bool turn_give(unsigned hart)
{
	int expected = (int)hart;

	atomic_store(&turn, expected);
	if (turn_is_back(ANSWER_MS))
		return true;
	if (atomic_compare_exchange_strong(&turn, &expected, NOBODY))
		return false;
	(void)turn_is_back(TELL_MS);
	return true;
}

static void others_tell(void)
{
	atomic_store(&stopping, true);
	arch_poke_others();
	for (unsigned i = 0; i < hart_count; i++) {
		if (i == hart_index() || !hart_table[i].online)
			continue;
		if (turn_give(i))
			continue;
		printk(LOG_EMERG, "hart %u does not answer: its interrupts are off", i);
		crash_hart_print(i);
	}
}

/* Those that panicked when their turn had passed. */
static void late_tell(void)
{
	for (unsigned i = 0; i < hart_count; i++) {
		if (hart_mask_test(&panicked, i))
			(void)turn_give(i);
	}
}

/* --- the whole -------------------------------------------------------------------------------- */

static void machine_print(void)
{
	uint64_t ms = clock_mono_ns() / NSEC_PER_MSEC;
	const char *words = boot_info.cmdline ? boot_info.cmdline : "";

	printk(LOG_EMERG, "machine: %u harts, %lu MiB, up %lu.%03lu s", hart_count,
	       boot_info.ram_bytes >> 20, ms / 1000, ms % 1000);
	if (note[0] != '\0')
		printk(LOG_EMERG, "note: %s", note);
	printk(LOG_EMERG, "repeat: make run " BUILD_WORDS "SMP=%u MEM=%luM APPEND='%s'",
	       max(hart_count, 1u), boot_info.ram_bytes >> 20, words);
}

void crash_report(void)
{
	self_tell("panic on hart");
	backtrace_print(0);
	others_tell();
	trace_print_last(EVENTS_TOLD);
	machine_print();
	late_tell();
}
