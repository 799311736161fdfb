/*
 * Tests of the watchdog's sense of time. That it catches what has stopped, the planted bugs show.
 */
#include "kernel/sched/watchdog.h"

#include "arch/irq.h"
#include "kernel/core/ktest.h"
#include "kernel/sched/runqueue.h"

/* Ten thousand interrupts at once are no ten thousand ticks: this would be told as a lockup. */
KTEST(watchdog_counts_ticks)
{
	struct watchdog_settings before = watchdog_settings;
	irqflags_t irq = irq_save();

	watchdog_settings.thresh_s = 10;
	watchdog_settings.softlockup_panic = true;
	atomic_fetch_or(&current->pending_work, WORK_RESCHED);
	for (unsigned i = 0; i < 10000; i++)
		watchdog_tick(rq_here(), clock_mono_ns());
	watchdog_settings = before;
	irq_restore(irq);
	KTEST_CHECK(atomic_load(&current->pending_work) & WORK_RESCHED);
}
