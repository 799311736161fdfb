/*
 * Reclaim: one thread that keeps some frames free.
 *
 *	                 free frames
 *	high  ------------------------------  the thread stops
 *	low   ------------------------------  an allocation wakes it
 *	min   ------------------------------  pages of users stop here, and wait for it
 *	min/2 ------------------------------  the kernel's own, on behalf of a user's task
 *	0     ------------------------------  kernel threads, and who is about to die
 *
 * (The marks are drawn in kernel/alloc/page.c.) So what frees memory, exit above all, and what the
 * console needs, still finds some when programs have taken the rest.
 *
 * The thread asks each shrinker in turn: pages that can be read again and names come first, then
 * what is kept at hand to be fast (stacks, frames and objects that harts hold). Only this thread
 * reclaims. Whoever can't get memory waits for it to finish a round; so reclaim has no caller's
 * locks to fear, and shrinkers never run inside one another. Rounds are counted: a waiter waits for
 * one that began after it came, and only when that brought nothing is memory really out (oom.c).
 *
 * Locking: none but the queues'; the counters are written by the thread alone.
 */
#include "kernel/mm/reclaim.h"

#include "arch/hart.h"
#include "kernel/alloc/kmap.h"
#include "kernel/alloc/page.h"
#include "kernel/core/clock.h"
#include "kernel/core/upcall.h"
#include "kernel/mm/page_cache.h"
#include "kernel/sched/sched.h"
#include "kernel/sched/wait.h"

/* Nobody waits longer: should the thread be stuck, go on without. */
#define WAIT_MAX_NS NSEC_PER_SEC

static struct shrinker files = { .name = "files", .shrink = page_cache_shrink };
static struct shrinker *shrinkers = &files; /* [i] after boot */
static struct waitq thread_queue = WAITQ_INIT(thread_queue);
static struct waitq round_queue = WAITQ_INIT(round_queue);
static atomic_uint wanted; /* 1: the thread is to begin a round */
static _Atomic uint64_t rounds_begun, rounds_done, frames_freed;

void shrinker_register(struct shrinker *s)
{
	s->next = shrinkers;
	shrinkers = s;
}

/* What every hart keeps at hand goes back. Each does it when it takes the interrupt, which a
 * millisecond is enough for. */
static void harts_drain(void)
{
	page_drain_ask();
	for (unsigned i = 0; i < hart_count; i++) {
		if (hart_table[i].online)
			arch_ipi_send(&hart_table[i]);
	}
	task_state_set(TASK_UNINTERRUPTIBLE);
	(void)!task_sleep(clock_mono_ns() + NSEC_PER_MSEC);
}

/* What is kept at hand: harts' frames, objects and stacks, then the stacks of all. */
static void hands_empty(void)
{
	harts_drain();
	kstack_shrink();
	kmap_purge();
}

static void round_run(void)
{
	uint64_t before = page_free_now(), now;

	for (struct shrinker *s = shrinkers; s != NULL; s = s->next) {
		now = page_free_now();
		if (now >= page_marks.high)
			break;
		s->shrink(page_marks.high - now);
	}
	if (page_free_now() < page_marks.high)
		hands_empty();
	now = page_free_now();
	if (now > before)
		atomic_fetch_add(&frames_freed, now - before);
}

int reclaim_thread_main(void *unused)
{
	for (;;) {
		wait_event(&thread_queue, atomic_exchange(&wanted, 0));
		atomic_fetch_add(&rounds_begun, 1);
		round_run();
		atomic_store(&rounds_done, atomic_load(&rounds_begun));
		waitq_wake_all(&round_queue, 0);
	}
	return 0; /* not reached */
}

void upcall_memory_low(void)
{
	if (!atomic_exchange(&wanted, 1))
		waitq_wake(&thread_queue, 0);
}

bool reclaim_wait(void)
{
	uint64_t before = atomic_load(&frames_freed), round = atomic_load(&rounds_begun) + 1;

	upcall_memory_low();
	(void)!wait_event_state(&round_queue, atomic_load(&rounds_done) >= round, TASK_KILLABLE,
				clock_mono_ns() + WAIT_MAX_NS);
	return atomic_load(&frames_freed) != before;
}

bool upcall_memory_wait(void)
{
	return reclaim_wait();
}

void reclaim_drop(unsigned what)
{
	for (struct shrinker *s = shrinkers; s != NULL; s = s->next) {
		if (what & (s == &files ? 1 : 2))
			s->shrink(UINT64_MAX / PAGE_SIZE);
	}
	hands_empty();
}
