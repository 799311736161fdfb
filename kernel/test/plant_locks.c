/*
 * Planted bugs of locks, sleeping, waiting and forgetting: what kernel/core/lock_check.c, the
 * watchdog and the counts of objects must catch. Those of locks are done by one task, so that the
 * deadlock itself never happens.
 */
#include "kernel/core/plant.h"

#include "kernel/alloc/slab.h"
#include "kernel/core/clock.h"
#include "kernel/core/lock_attr.h"
#include "kernel/core/panic.h"
#include "kernel/core/spinlock.h"
#include "kernel/lifecycle/kthread.h"
#include "kernel/sched/completion.h"
#include "kernel/sched/mutex.h"
#include "kernel/sched/sched.h"
#include "kernel/sched/timer.h"
#include "kernel/sched/watchdog.h"

static struct spinlock outer = SPINLOCK_INIT("planted outer", LOCK_RANK_TASKS);
static struct spinlock inner = SPINLOCK_INIT("planted inner", LOCK_RANK_GROUP);
static struct spinlock opened = SPINLOCK_INIT("planted opened", LOCK_RANK_SIGHAND);
/* Of one rank, which says nothing about their order. */
static struct mutex left = MUTEX_INIT(left, "planted left", LOCK_RANK_TTY);
static struct mutex middle = MUTEX_INIT(middle, "planted middle", LOCK_RANK_TTY);
static struct mutex right = MUTEX_INIT(right, "planted right", LOCK_RANK_TTY);

/* --- order ------------------------------------------------------------------------------------ */

/* Against the ranks, the first time that anybody takes the two. */
PLANT(lock_rank)
{
	spin_lock(&inner);
	spin_lock(&outer);
	spin_unlock(&outer);
	spin_unlock(&inner);
}

static void both(struct mutex *first, struct mutex *second)
{
	mutex_lock(first);
	mutex_lock(second);
	mutex_unlock(second);
	mutex_unlock(first);
}

/* Never deadlocks here: it is the order that is learned. */
PLANT(lock_order)
{
	both(&left, &middle);
	both(&middle, &right);
	both(&right, &left);
}

/* --- ownership -------------------------------------------------------------------------------- */

__lock_unchecked
PLANT(double_lock)
{
	mutex_lock(&left);
	mutex_lock(&left);
}

__lock_unchecked
PLANT(double_unlock)
{
	spin_lock(&outer);
	spin_unlock(&outer);
	spin_unlock(&outer);
}

__lock_unchecked
PLANT(lock_kept)
{
	mutex_lock(&left);
	lock_check_none_held("at the end of a system call");
}

/* --- interrupts ------------------------------------------------------------------------------- */

static atomic_bool rang;

static void ring_under_lock(struct timer *t)
{
	spin_lock(&inner);
	spin_unlock(&inner);
	atomic_store(&rang, true);
}

static void ring_wait(void)
{
	static struct timer timer;

	timer_init(&timer, ring_under_lock);
	timer_set(&timer, clock_mono_ns());
	while (!atomic_load(&rang))
		hart_relax();
}

/* A lock that a handler takes is held with interrupts on: at another time, so nothing happens. */
PLANT(irq_unsafe_lock)
{
	ring_wait();
	spin_lock(&inner);
	spin_unlock(&inner);
}

/* A lock that is held with interrupts on is waited for under one that handlers take. */
PLANT(irq_unsafe_order)
{
	irqflags_t irq;

	ring_wait();
	spin_lock(&opened);
	spin_unlock(&opened);
	irq = spin_lock_irqsave(&inner);
	spin_lock(&opened);
	spin_unlock(&opened);
	spin_unlock_irqrestore(&inner, irq);
}

/* --- sleeping --------------------------------------------------------------------------------- */

/* The mutex is free: nobody sleeps, this time. */
PLANT(sleep_in_atomic)
{
	spin_lock(&inner);
	mutex_lock(&left);
	mutex_unlock(&left);
	spin_unlock(&inner);
}

PLANT(sleep_irqs_off)
{
	irq_disable();
	might_sleep();
	irq_enable();
}

static void ring_and_sleep(struct timer *t)
{
	mutex_lock(&left);
	mutex_unlock(&left);
}

PLANT(sleep_in_interrupt)
{
	static struct timer timer;

	timer_init(&timer, ring_and_sleep);
	timer_set(&timer, clock_mono_ns());
	for (uint64_t end = clock_mono_ns() + NSEC_PER_SEC; clock_mono_ns() < end;)
		hart_relax();
}

/* --- waiting ---------------------------------------------------------------------------------- */

/* The waker looked before the waiter had queued, and nobody will come again. Kernel
 * threads wait for work like that, so it is none. */
PLANT(lost_wakeup)
{
	struct completion never;

	current->flags &= ~TASK_KTHREAD; /* as init is once it has its program */
	watchdog_settings.hung_task_s = 1;
	watchdog_settings.hung_task_panic = true;
	mutex_lock(&right);
	completion_init(&never);
	completion_wait(&never);
	mutex_unlock(&right);
}

static void spin_seconds(unsigned seconds)
{
	for (uint64_t end = clock_mono_ns() + seconds * NSEC_PER_SEC; clock_mono_ns() < end;)
		hart_relax();
}

PLANT(soft_lockup)
{
	watchdog_settings.thresh_s = 1;
	watchdog_settings.softlockup_panic = true;
	spin_seconds(60);
}

/* Told by the hart before this one, which has to be busy itself: its tick looks on. */
static int busy(void *unused)
{
	spin_seconds(60);
	return 0;
}

PLANT(hard_lockup)
{
	watchdog_settings.thresh_s = 1;
	watchdog_settings.softlockup_panic = true;
	if (kthread_create(busy, NULL, "busy", NULL) == 0) {
		irq_disable();
		spin_seconds(60);
		irq_enable();
	}
}

/* --- forgetting ------------------------------------------------------------------------------- */

struct planted_seed {
	uint64_t words[5];
};
static CACHE_DEFINE(seed_cache, struct planted_seed);

PLANT(object_leak)
{
	cache_free(&seed_cache, cache_alloc(&seed_cache, 0));
	cache_marks_set();
	(void)hidden(cache_alloc(&seed_cache, 0));
	if (cache_marks_check("a planted bug") != 0)
		panic("objects leaked");
}
