/*
 * Tests of the scheduler, wait queues and sleeping locks, with kernel threads on all harts.
 *
 * Each test starts a crew of threads with one function and waits until the last has left.
 */
#include "kernel/abi/sched.h"
#include "kernel/core/ktest.h"
#include "kernel/sched/completion.h"
#include "kernel/sched/mutex.h"
#include "kernel/sched/sched.h"
#include "kernel/sched/timer.h"
#include "kernel/sched/work.h"
#include "lib/errno.h"

#define CREW_MAX 16

struct crew {
	int (*fn)(struct crew *crew, unsigned self);
	atomic_uint next, left;
	unsigned size;
	struct completion done;

	/* What the tests share. */
	struct mutex mutex;
	struct rwlock rwlock;
	struct waitq waitq;
	unsigned long counter, copy;
	atomic_uint turn;
	atomic_bool stop;
	uint64_t ran_ns[CREW_MAX];
	_Atomic uint64_t ran_until_now[2], lump_ns; /* nice_divides_time */
};

static int crew_member(void *arg)
{
	struct crew *crew = arg;

	crew->fn(crew, atomic_fetch_add(&crew->next, 1));
	if (atomic_fetch_sub(&crew->left, 1) == 1)
		completion_done(&crew->done);
	return 0;
}

static void crew_start(struct crew *crew, unsigned size,
		       int (*fn)(struct crew *crew, unsigned self))
{
	*crew = (struct crew){ .fn = fn, .size = size };
	atomic_init(&crew->left, size);
	completion_init(&crew->done);
	mutex_init(&crew->mutex, "ktest", LOCK_RANK_FILE);
	rwlock_init(&crew->rwlock, "ktest", LOCK_RANK_MM);
	waitq_init(&crew->waitq);
	for (unsigned i = 0; i < size; i++)
		if (!KTEST_CHECK(ktest_thread(crew_member, crew) == 0) &&
		    atomic_fetch_sub(&crew->left, 1) == 1)
			completion_done(&crew->done);
}

static void nap(uint64_t ns)
{
	task_state_set(TASK_UNINTERRUPTIBLE);
	(void)!task_sleep(clock_mono_ns() + ns);
	task_state_set(TASK_RUNNING);
}

/* Sleeping locks. */

static int count_under_mutex(struct crew *crew, unsigned self)
{
	for (unsigned i = 0; i < 300; i++) {
		unsigned long seen;

		mutex_lock(&crew->mutex);
		KTEST_CHECK(mutex_is_held(&crew->mutex));
		seen = crew->counter;
		if (i % 16 == self % 16)
			sched_yield(); /* with the mutex held: the others must wait */
		crew->counter = seen + 1;
		mutex_unlock(&crew->mutex);
	}
	return 0;
}

KTEST(mutex_excludes)
{
	static struct crew crew;

	crew_start(&crew, 8, count_under_mutex);
	completion_wait(&crew.done);
	KTEST_CHECK(crew.counter == 8 * 300);
	if (!mutex_trylock(&crew.mutex)) {
		KTEST_CHECK(!"free");
		return;
	}
	KTEST_CHECK(!mutex_is_held(&crew.mutex) || atomic_load(&crew.mutex.state) != 0);
	mutex_unlock(&crew.mutex);
}

static int read_and_write(struct crew *crew, unsigned self)
{
	for (unsigned i = 0; i < 200; i++) {
		if ((i + self) % 4 == 0) {
			rwlock_write_lock(&crew->rwlock);
			crew->counter++;
			sched_yield();
			crew->copy++;
			rwlock_write_unlock(&crew->rwlock);
		} else {
			rwlock_read_lock(&crew->rwlock);
			KTEST_CHECK(crew->counter == crew->copy);
			sched_yield();
			rwlock_read_unlock(&crew->rwlock);
		}
	}
	return 0;
}

KTEST(rwlock_excludes_writers)
{
	static struct crew crew;

	crew_start(&crew, 8, read_and_write);
	completion_wait(&crew.done);
	KTEST_CHECK(crew.counter == 8 * 50 && crew.copy == crew.counter);
}

/* Wait queues. */

/* Each waits for its turn and passes it on: a lost wake-up hangs the ring. */
static int pass_round(struct crew *crew, unsigned self)
{
	for (unsigned round = 0; round < 200; round++) {
		wait_event(&crew->waitq, atomic_load(&crew->turn) % crew->size == self);
		atomic_fetch_add(&crew->turn, 1);
		waitq_wake_all(&crew->waitq, 0);
	}
	return 0;
}

KTEST(waitq_ring)
{
	static struct crew crew;

	crew_start(&crew, 6, pass_round);
	completion_wait(&crew.done);
	KTEST_CHECK(atomic_load(&crew.turn) == 6 * 200);
}

KTEST(waitq_times_out)
{
	struct waitq q;
	uint64_t start = clock_mono_ns();

	waitq_init(&q);
	KTEST_CHECK(wait_event_timeout(&q, false, start + NSEC_PER_MSEC) == -ETIMEDOUT);
	KTEST_CHECK(clock_mono_ns() - start >= NSEC_PER_MSEC);
	KTEST_CHECK(wait_event_timeout(&q, true, 0) == 0);
	KTEST_CHECK(list_empty(&q.entries));
}

static int wait_exclusively(struct crew *crew, unsigned self)
{
	struct waiter w = { .task = current, .exclusive = true };

	wait_prepare(&crew->waitq, &w, TASK_UNINTERRUPTIBLE);
	atomic_fetch_add(&crew->turn, 1);
	(void)!task_sleep(UINT64_MAX);
	wait_finish(&crew->waitq, &w);
	crew->ran_ns[self] = 1;
	return 0;
}

static unsigned woken_count(const struct crew *crew)
{
	unsigned n = 0;

	for (unsigned i = 0; i < crew->size; i++)
		n += crew->ran_ns[i] != 0;
	return n;
}

KTEST(waitq_exclusive_wakes_one)
{
	static struct crew crew;

	crew_start(&crew, 4, wait_exclusively);
	while (atomic_load(&crew.turn) < 4)
		nap(NSEC_PER_MSEC);
	nap(NSEC_PER_MSEC);
	waitq_wake(&crew.waitq, 0);
	while (woken_count(&crew) == 0) /* a lost wake-up hangs the test */
		nap(NSEC_PER_MSEC);
	nap(2 * NSEC_PER_MSEC); /* for a second one that should not be there */
	KTEST_CHECK(woken_count(&crew) == 1);
	waitq_wake_all(&crew.waitq, 0);
	completion_wait(&crew.done);
	KTEST_CHECK(woken_count(&crew) == 4);
}

/* Harts. */

static int visit_harts(struct crew *crew, unsigned self)
{
	for (unsigned i = 0; i < hart_count; i++) {
		unsigned hart = (i + self) % hart_count;
		struct hart_mask mask = { 0 };

		if (!READ_ONCE(hart_table[hart].online))
			continue;
		hart_mask_set(&mask, hart);
		KTEST_CHECK(sched_affinity_set(current, &mask) == 0);
		sched_yield();
		KTEST_CHECK(hart_index() == hart);
		nap(NSEC_PER_MSEC / 4);
		KTEST_CHECK(hart_index() == hart);
	}
	return 0;
}

KTEST(affinity_is_kept)
{
	static struct crew crew;
	struct hart_mask none = { 0 };

	KTEST_CHECK(sched_affinity_set(current, &none) == -EINVAL);
	crew_start(&crew, 8, visit_harts);
	completion_wait(&crew.done);
}

/* Both begin to count when both are there. */
static int spin_until_stopped(struct crew *crew, unsigned self)
{
	struct hart_mask mask = { 0 };
	uint64_t start, last, now;

	hart_mask_set(&mask, 0);
	KTEST_CHECK(sched_affinity_set(current, &mask) == 0);
	if (self == 1)
		KTEST_CHECK(sched_policy_set(current, SCHED_NORMAL, 0, 5) == 0);
	atomic_fetch_add(&crew->turn, 1);
	while (atomic_load(&crew->turn) < 2)
		sched_checkpoint();
	start = last = sched_cputime_ns(current);
	while (!atomic_load(&crew->stop)) {
		sched_checkpoint();
		now = sched_cputime_ns(current);
		if (now - last > atomic_load(&crew->lump_ns))
			atomic_store(&crew->lump_ns, now - last);
		last = now;
		atomic_store(&crew->ran_until_now[self], now - start);
	}
	return 0;
}

/*
 * nice 0 against nice 5 on one hart: 1024 to 336, which is 75 in 100. The clock goes on while the
 * host does something else, in the midst of a turn of a loop, and whoever ran is charged that lump.
 * It is made good later, so what counts is that all they ran is many times the greatest.
 */
KTEST(nice_divides_time)
{
	static struct crew crew;
	uint64_t a, b, share;

	crew_start(&crew, 2, spin_until_stopped);
	do {
		nap(200 * NSEC_PER_MSEC);
		a = atomic_load(&crew.ran_until_now[0]);
		b = atomic_load(&crew.ran_until_now[1]);
	} while (a + b < 200 * NSEC_PER_MSEC || a + b < 50 * atomic_load(&crew.lump_ns));
	atomic_store(&crew.stop, true);
	completion_wait(&crew.done);
	share = a * 100 / (a + b);
	KTEST_CHECK(share >= 65 && share <= 85);
}

static int fifo_or_fair(struct crew *crew, unsigned self)
{
	struct hart_mask mask = { 0 };
	uint64_t until;

	hart_mask_set(&mask, 0);
	KTEST_CHECK(sched_affinity_set(current, &mask) == 0);
	KTEST_CHECK(sched_policy_set(current, SCHED_FIFO, (int)self + 1, 0) == 0);
	sched_yield();
	until = clock_mono_ns() + 5 * NSEC_PER_MSEC;
	while (clock_mono_ns() < until)
		sched_checkpoint();
	crew->ran_ns[self] = clock_mono_ns();
	KTEST_CHECK(sched_policy_set(current, SCHED_NORMAL, 0, 0) == 0);
	return 0;
}

KTEST(fifo_runs_to_its_end)
{
	static struct crew crew;

	KTEST_CHECK(sched_policy_set(current, SCHED_FIFO, 0, 0) == -EINVAL);
	KTEST_CHECK(sched_policy_set(current, SCHED_NORMAL, 1, 0) == -EINVAL);
	KTEST_CHECK(sched_policy_set(current, SCHED_DEADLINE, 0, 0) == -EINVAL);
	crew_start(&crew, 3, fifo_or_fair);
	completion_wait(&crew.done);
	for (unsigned i = 0; i < 3; i++)
		KTEST_CHECK(crew.ran_ns[i] != 0);
}

/* More threads than harts, that sleep, yield and end in disorder, several times over. */
static int live_a_little(struct crew *crew, unsigned self)
{
	for (unsigned i = 0; i < 20; i++) {
		if ((i * 7 + self) % 5 == 0)
			nap((self + 1) * 20 * NSEC_PER_USEC);
		else
			sched_yield();
	}
	return 0;
}

KTEST(threads_come_and_go)
{
	static struct crew crew;

	for (unsigned round = 0; round < 20; round++) {
		crew_start(&crew, CREW_MAX, live_a_little);
		completion_wait(&crew.done);
	}
	KTEST_CHECK(sched_nr_running() >= 1);
}

/* Deferred work. */

static atomic_uint works_done;

static void work_count(struct work *w)
{
	atomic_fetch_add(&works_done, 1);
}

KTEST(work_runs_once_each)
{
	static struct work works[20];

	atomic_store(&works_done, 0);
	for (unsigned i = 0; i < ARRAY_SIZE(works); i++) {
		works[i].fn = work_count;
		work_queue(&works[i]);
	}
	while (atomic_load(&works_done) < ARRAY_SIZE(works)) /* a lost one hangs the test */
		nap(NSEC_PER_MSEC);
	KTEST_CHECK(atomic_load(&works_done) == ARRAY_SIZE(works));
}
