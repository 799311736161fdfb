/*
 * The end of the road: what was wrong, where, and then halt or reboot.
 *
 * The first hart that panics owns the console: it makes the report (crash.c), in which the others
 * take part before they stop; a hart that panics meanwhile tells its own message there. A panic
 * inside the panic (a pointer that the backtrace follows may be bad) prints one line and goes
 * straight to the end.
 */
#include "kernel/core/panic.h"

#include <stdatomic.h>

#include "arch/clock.h"
#include "arch/irq.h"
#include "arch/machine.h"
#include "kernel/core/crash.h"
#include "kernel/core/hart.h"
#include "kernel/core/printk.h"
#include "kernel/task/task.h"
#include "lib/format.h"

int panic_timeout_s;
bool panic_exit;

#define NOBODY (-1)
static atomic_int panic_hart = NOBODY;

/* Written by tools/ksyms.py at link time, sorted by address. */
extern const uint32_t ksyms_count;
extern const uint64_t ksyms_addrs[];
extern const uint32_t ksyms_name_offs[];
extern const char ksyms_names[];

bool panic_in_progress(void)
{
	return atomic_load_explicit(&panic_hart, memory_order_relaxed) != NOBODY;
}

const char *symbol_name(uintptr_t pc, size_t *offset)
{
	uint32_t low = 0, high = ksyms_count;

	if (high == 0 || pc < ksyms_addrs[0])
		return NULL;
	while (high - low > 1) {
		uint32_t mid = low + (high - low) / 2;

		if (ksyms_addrs[mid] <= pc)
			low = mid;
		else
			high = mid;
	}
	*offset = pc - ksyms_addrs[low];
	/* Beyond the last function lies data: no function is this long. */
	if (low == ksyms_count - 1 && *offset > 64 * 1024)
		return NULL;
	return ksyms_names + ksyms_name_offs[low];
}

void backtrace_print(uintptr_t fp)
{
	uintptr_t pcs[32];
	unsigned n = arch_backtrace(pcs, ARRAY_SIZE(pcs), fp);

	printk(LOG_EMERG, "called from:");
	for (unsigned i = 0; i < n; i++)
		printk(LOG_EMERG, "  %p %pS", (void *)pcs[i], (void *)pcs[i]);
	if (n == ARRAY_SIZE(pcs))
		printk(LOG_EMERG, "  and further");
}

/* Without interrupts: nothing else runs any more. */
static void delay_s(int seconds)
{
	uint64_t end = arch_clock_ticks() + (uint64_t)seconds * arch_clock_hz;

	while (arch_clock_ticks() < end)
		hart_relax();
}

static __noreturn void panic_end(void)
{
	if (panic_exit)
		arch_exit(PANIC_EXIT_STATUS);
	if (panic_timeout_s == 0)
		arch_halt();
	if (panic_timeout_s > 0) {
		printk(LOG_EMERG, "reboot in %d s", panic_timeout_s);
		delay_s(panic_timeout_s);
	}
	arch_reboot();
}

void panic(const char *fmt, ...)
{
	int self, owner = NOBODY;
	va_list args;

	irq_disable();
	self = (int)hart_index();
	va_start(args, fmt);
	if (!atomic_compare_exchange_strong(&panic_hart, &owner, self)) {
		if (owner != self)
			crash_join(fmt, args);
		console_write(PANIC_INSIDE, sizeof(PANIC_INSIDE) - 1);
		panic_end();
	}
	vprintk(LOG_EMERG, fmt, args);
	va_end(args);
	crash_report();
	panic_end();
}

void assert_failed(const char *cond, const char *file, int line)
{
	panic("%s:%d: assertion failed: %s", file, line, cond);
}
