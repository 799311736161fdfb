/*
 * The watchdog finds what has come to a stop while the rest goes on. It reports, with a backtrace
 * and in debug builds with the locks that matter; it panics only if it is told to.
 *
 *	soft lockup	a hart takes timer interrupts but does not schedule: code of the kernel
 *			that neither ends nor asks. Told after 2 * watchdog_thresh by the hart's
 *			own tick, which stands on the stack of the culprit.
 *	hard lockup	a hart does not even take timer interrupts. Told after watchdog_thresh by
 *			the hart before it, whose tick looks on.
 *	hung task	a task sleeps uninterruptibly and nobody wakes it: a lost wake-up, a lock
 *			never dropped. Looked for by a timer.
 *
 * A hart with one busy task has no reason to schedule. So the tick asks for it once a second
 * (WORK_RESCHED), and then only has to count how many ticks find that wish not granted: the paths
 * of the scheduler know nothing of all this. Ticks are counted rather than time: when the whole
 * machine was stopped, by an emulator or a debugger, nobody is to blame, and it counts as one tick.
 *
 * NOTE(linux): a soft lockup and a hung task are told once, not again every time they are found.
 * softlockup_panic is for hard lockups too.
 *
 * LIMIT: an idle hart takes no ticks. While the hart before it is idle nobody looks at a hart, and
 * its hard lockup is told only once that one has been busy for watchdog_thresh.
 *
 * Each hart's record is its own; the one before it reads `ticks`.
 */
#include "kernel/sched/watchdog.h"

#include "kernel/alloc/slab.h"
#include "kernel/core/crash.h"
#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "kernel/sched/runqueue.h"
#include "kernel/sched/timer.h"
#include "lib/errno.h"

struct watchdog_settings watchdog_settings = { .hung_task_s = 120, .thresh_s = 10 };

struct hart_watch {
	uint64_t ticks; /* [a] timer interrupts while not idle */

	/* Own hart only. */
	uint64_t tick_ns;    /* earlier timer interrupts than that are no ticks */
	uint64_t ask_ns;     /* when to ask for a schedule() next */
	uint64_t switches;   /* of the run queue, when the wish was first seen */
	uint64_t wish_ticks; /* that have found the same wish since */
	uint64_t next_ticks; /* of the next hart, when they last changed */
	uint64_t next_still; /* own ticks since */
	bool wish_told;	     /* of the wish that wish_ticks is about */
	bool next_told;	     /* of what next_still is about */
} __aligned(64);

static struct hart_watch *watches; /* [i] one per hart */

/* --- harts ------------------------------------------------------------------------------------ */

/* Ticks that make so many seconds; never 0. */
static uint64_t ticks_of(unsigned seconds)
{
	return max((uint64_t)seconds * NSEC_PER_SEC / TICK_NS, 1UL);
}

static void soft_lockup(unsigned seconds)
{
	printk(LOG_EMERG, "soft lockup: hart %u has not scheduled for %u s", hart_index(), seconds);
	crash_task_print(current);
	backtrace_print(0);
	if (READ_ONCE(watchdog_settings.softlockup_panic))
		panic("soft lockup: hart %u has not scheduled for %u s", hart_index(), seconds);
}

static void wish_check(struct hart_watch *w, struct runqueue *rq, uint64_t now, unsigned limit_s)
{
	unsigned work = atomic_load_explicit(&current->pending_work, memory_order_relaxed);
	uint64_t switches = READ_ONCE(rq->switches);

	if (work & WORK_RESCHED && w->switches == switches) {
		if (++w->wish_ticks >= ticks_of(limit_s) && !w->wish_told) {
			w->wish_told = true;
			soft_lockup(limit_s);
		}
		return;
	}
	w->wish_ticks = 0;
	w->wish_told = false;
	w->switches = switches;
	if (now >= w->ask_ns) {
		w->ask_ns = now + NSEC_PER_SEC;
		atomic_fetch_or_explicit(&current->pending_work, WORK_RESCHED,
					 memory_order_relaxed);
	}
}

static bool is_busy(unsigned hart)
{
	return hart_table[hart].online && !hart_mask_test(&sched_idle_mask, hart);
}

static void next_hart_check(struct hart_watch *w, unsigned self, unsigned limit_s)
{
	unsigned next = self + 1 < hart_count ? self + 1 : 0;
	uint64_t ticks = READ_ONCE(watches[next].ticks);

	if (ticks != w->next_ticks || !is_busy(next)) {
		w->next_ticks = ticks;
		w->next_still = 0;
		w->next_told = false;
		return;
	}
	if (++w->next_still < ticks_of(limit_s) || w->next_told)
		return;
	w->next_told = true;
	printk(LOG_EMERG, "hard lockup: hart %u has taken no timer interrupt for %u s", next,
	       limit_s);
	crash_hart_print(next);
	if (READ_ONCE(watchdog_settings.softlockup_panic))
		panic("hard lockup: hart %u has taken no timer interrupt for %u s", next, limit_s);
}

void watchdog_tick(struct runqueue *rq, uint64_t now)
{
	struct hart_watch *w = &watches[rq->index];
	unsigned thresh_s = READ_ONCE(watchdog_settings.thresh_s);

	WRITE_ONCE(w->ticks, w->ticks + 1);
	/* A program's timers may interrupt a thousand times as often. */
	if (thresh_s == 0 || time_before(now, w->tick_ns))
		return;
	w->tick_ns = now + TICK_NS - TICK_NS / 8; /* the alarm is not exact */
	wish_check(w, rq, now, 2 * thresh_s);
	if (hart_count > 1)
		next_hart_check(w, rq->index, thresh_s);
}

/* --- tasks ------------------------------------------------------------------------------------ */

#define LOOK_MAX_NS (5 * NSEC_PER_SEC)
#define TOLD_AT_ONCE 8u /* tasks: who comes late shares a cause with these */

static struct timer look_timer;
static uint64_t looked_ns; /* [look_timer's function] the last look */

static bool somebody_waits(void)
{
	long n = 0;

	for (unsigned i = 0; i < hart_count; i++)
		n += READ_ONCE(runqueues[i].nr_uninterruptible);
	return n > 0;
}

/* Has t's sleep reached the limit since the last look? It began when t last ran. */
static bool is_hung(const struct task *t, uint64_t now, uint64_t limit_ns)
{
	uint64_t since = READ_ONCE(t->sched.exec_start_ns), end = since + limit_ns;

	return !atomic_load(&t->on_hart) && sleep_is_load(t, atomic_load(&t->state)) &&
	       !time_before(now, end) && (looked_ns == 0 || time_before(looked_ns, end));
}

/* Takes references. */
static unsigned hung_tasks(struct task **found, uint64_t now, uint64_t limit_ns)
{
	irqflags_t irq = spin_lock_irqsave(&tasks_lock);
	unsigned n = 0;
	struct task *t;

	list_for_each_entry(t, &task_list, all_link) {
		if (n == TOLD_AT_ONCE)
			break;
		if (is_hung(t, now, limit_ns))
			found[n++] = task_get(t);
	}
	spin_unlock_irqrestore(&tasks_lock, irq);
	return n;
}

static void hung_tell(struct task *t, unsigned limit_s)
{
	union task_name name = task_name_get(t);
	int tid = READ_ONCE(t->tid);

	printk(LOG_EMERG, "hung task: %s (%d) has slept uninterruptibly for %u s", name.text, tid,
	       limit_s);
	crash_task_print(t);
	if (READ_ONCE(watchdog_settings.hung_task_panic))
		panic("hung task: %s (%d) has slept uninterruptibly for %u s", name.text, tid,
		      limit_s);
	task_put(t);
}

static void look(struct timer *timer)
{
	unsigned limit_s = READ_ONCE(watchdog_settings.hung_task_s), n = 0;
	struct task *found[TOLD_AT_ONCE];
	uint64_t now = clock_mono_ns();

	if (limit_s != 0 && somebody_waits())
		n = hung_tasks(found, now, limit_s * NSEC_PER_SEC);
	looked_ns = now;
	for (unsigned i = 0; i < n; i++)
		hung_tell(found[i], limit_s);
	timer_set(timer, now + clamp(limit_s * NSEC_PER_SEC / 4, NSEC_PER_SEC, LOOK_MAX_NS));
}

int watchdog_init(void)
{
	watches = kcalloc(hart_count, sizeof(*watches));
	if (watches == NULL)
		return -ENOMEM;
	timer_init(&look_timer, look);
	timer_set(&look_timer, clock_mono_ns() + LOOK_MAX_NS);
	return 0;
}
