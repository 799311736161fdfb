/*
 * Tests of timers and of sleeping until a moment.
 */
#include "kernel/core/ktest.h"
#include "kernel/sched/sched.h"
#include "kernel/sched/timer.h"
#include "kernel/sched/wait.h"
#include "lib/errno.h"

#define FEW_MS (3 * NSEC_PER_MSEC)

static int sleep_ns(uint64_t ns)
{
	int err;

	task_state_set(TASK_UNINTERRUPTIBLE);
	err = task_sleep(clock_mono_ns() + ns);
	task_state_set(TASK_RUNNING);
	return err;
}

KTEST(sleep_takes_its_time)
{
	for (unsigned i = 0; i < 5; i++) {
		uint64_t want = ktest_random(FEW_MS), start = clock_mono_ns();

		KTEST_CHECK(sleep_ns(want) == -ETIMEDOUT);
		KTEST_CHECK(clock_mono_ns() - start >= want);
	}
}

#define MANY 50

struct probe {
	struct timer timer;
	uint64_t fired_ns;
	unsigned order;
};
static struct probe probes[MANY];
static unsigned fired;

static void probe_fire(struct timer *t)
{
	struct probe *p = container_of(t, struct probe, timer);

	p->fired_ns = clock_mono_ns();
	p->order = __atomic_fetch_add(&fired, 1, __ATOMIC_SEQ_CST);
}

/* None early; and of two that are far enough apart, the earlier first. */
KTEST(timers_in_order)
{
	uint64_t now = clock_mono_ns();

	fired = 0;
	for (unsigned i = 0; i < MANY; i++) {
		timer_init(&probes[i].timer, probe_fire);
		timer_set(&probes[i].timer, now + NSEC_PER_MSEC + ktest_random(4 * FEW_MS));
	}
	KTEST_CHECK(sleep_ns(6 * FEW_MS) == -ETIMEDOUT);
	for (unsigned i = 0; i < MANY; i++) {
		timer_cancel(&probes[i].timer);
		KTEST_CHECK(probes[i].fired_ns >= probes[i].timer.expires_ns);
	}
	KTEST_CHECK(fired == MANY);
}

KTEST(timer_cancelled_never_fires)
{
	fired = 0;
	timer_init(&probes[0].timer, probe_fire);
	timer_set(&probes[0].timer, clock_mono_ns() + FEW_MS);
	KTEST_CHECK(timer_is_set(&probes[0].timer));
	KTEST_CHECK(timer_cancel(&probes[0].timer));
	KTEST_CHECK(!timer_cancel(&probes[0].timer));
	KTEST_CHECK(sleep_ns(2 * FEW_MS) == -ETIMEDOUT);
	KTEST_CHECK(fired == 0);
}

static void again(struct timer *t)
{
	if (__atomic_add_fetch(&fired, 1, __ATOMIC_SEQ_CST) < 5)
		timer_set(t, t->expires_ns + NSEC_PER_MSEC);
}

KTEST(timer_rearms_itself)
{
	static struct timer t;

	fired = 0;
	timer_init(&t, again);
	timer_set(&t, clock_mono_ns() + NSEC_PER_MSEC);
	KTEST_CHECK(sleep_ns(4 * FEW_MS) == -ETIMEDOUT);
	KTEST_CHECK(fired == 5);
	timer_cancel(&t);
}

KTEST(timer_reset_moves_it)
{
	fired = 0;
	timer_init(&probes[0].timer, probe_fire);
	timer_set(&probes[0].timer, clock_mono_ns() + NSEC_PER_SEC);
	timer_set(&probes[0].timer, clock_mono_ns() + NSEC_PER_MSEC);
	KTEST_CHECK(sleep_ns(2 * FEW_MS) == -ETIMEDOUT);
	KTEST_CHECK(fired == 1);
	timer_cancel(&probes[0].timer);
}

KTEST(clock_converts_back)
{
	uint64_t a = clock_mono_ns(), b = clock_mono_ns();

	KTEST_CHECK(a <= b);
	KTEST_CHECK(clock_ns_to_ticks(UINT64_MAX) == UINT64_MAX);
	KTEST_CHECK(clock_ns_to_ticks(b + NSEC_PER_SEC) > clock_ns_to_ticks(b));
}
