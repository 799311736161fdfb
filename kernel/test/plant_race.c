/*
 * Planted races: what SAN=thread must catch, and what it must not.
 *
 * Two harts count the same word up for a while. With a plain word some of it is lost, and the race
 * must be told; with an atomic one, or under a lock, there is none, and the kernel must say at the
 * end that the "bug" was not caught.
 */
#include <stdatomic.h>

#include "kernel/core/clock.h"
#include "kernel/core/plant.h"
#include "kernel/core/spinlock.h"
#include "kernel/lifecycle/kthread.h"
#include "kernel/sched/completion.h"
#include "kernel/sched/sched.h"

/* A host that is short of processors may let one hart at a time run for long. */
#define RACE_S	10u
#define QUIET_S 3u

static unsigned plain_count;			/* [counts], but for race_plain */
static atomic_uint atomic_count;		/* [a] */
static struct spinlock counts = SPINLOCK_INIT("planted inner", LOCK_RANK_GROUP);
static struct completion other_done;
static unsigned seconds;			/* [i] while both count */

static void plain_add(void)
{
	plain_count++;
}

static void atomic_add(void)
{
	atomic_fetch_add(&atomic_count, 1);
}

static void locked_add(void)
{
	spin_lock(&counts);
	plain_count++;
	spin_unlock(&counts);
}

/* Each time anew: where the compiler sees what add does, it would count in a register. */
static void count_up(void (*add)(void))
{
	for (uint64_t end = clock_mono_ns() + seconds * NSEC_PER_SEC; clock_mono_ns() < end;) {
		for (unsigned i = 0; i < 1000; i++)
			hidden(add)();
	}
}

static int other_main(void *add)
{
	count_up((void (*)(void))add);
	completion_done(&other_done);
	return 0;
}

static void both_count(void (*add)(void), unsigned for_s)
{
	seconds = for_s;
	completion_init(&other_done);
	if (kthread_create(other_main, (void *)add, "other", NULL) != 0)
		return;
	count_up(add);
	completion_wait(&other_done);
}

PLANT(race_plain)
{
	both_count(plain_add, RACE_S);
}

PLANT(race_atomic)
{
	both_count(atomic_add, QUIET_S);
}

PLANT(race_locked)
{
	both_count(locked_add, QUIET_S);
}
