/*
 * Disturbing the schedule.
 *
 * A race needs two harts in two places at one time, or a task switched out between two lines. Left
 * to itself a machine tries the same few interleavings over and over. With sched_seed=N on the
 * command line of a DEBUG build
 *
 *	before each spinlock is taken	one hart in 32 waits for a while, one in 2048 for long
 *	after each is dropped		one task in 16 is to be rescheduled at the next point where
 *					the kernel allows that (WORK_RESCHED)
 *
 * decided by numbers that follow from N and from how many were drawn before. So the same seed gives
 * the same run on a machine that is itself repeatable: one hart of a QEMU that counts instructions
 * (tools/explore). On others it gives another run each time, which is as good for finding and
 * useless for repeating.
 *
 * Who may call: anybody, in any context.
 */
#include "kernel/core/perturb.h"

#include "kernel/task/task.h"

#define SHORT_MAX 2000u /* turns of a loop that does nothing */
#define LONG_MAX 200000u

static _Atomic uint64_t seed, draws;

void perturb_set(uint64_t to)
{
	atomic_store(&seed, to);
}

/* splitmix64 (Steele, Lea and Flood 2014) of the seed and the number of this draw. */
static uint64_t draw(uint64_t from)
{
	uint64_t z = from * 0xd1342543de82ef95 +
		     atomic_fetch_add_explicit(&draws, 1, memory_order_relaxed) *
			     0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static void wait_turns(uint64_t turns)
{
	while (turns-- > 0)
		hart_relax();
}

void perturb_delay(void)
{
	uint64_t from = atomic_load_explicit(&seed, memory_order_relaxed), z;

	if (likely(from == 0))
		return;
	z = draw(from);
	if (z % 2048 == 0)
		wait_turns(z / 2048 % LONG_MAX);
	else if (z % 32 == 0)
		wait_turns(z / 2048 % SHORT_MAX);
}

void perturb_preempt(void)
{
	uint64_t from = atomic_load_explicit(&seed, memory_order_relaxed);

	if (unlikely(from != 0) && draw(from) % 16 == 0)
		atomic_fetch_or_explicit(&current->pending_work, WORK_RESCHED,
					 memory_order_relaxed);
}
