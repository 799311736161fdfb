/*
 * A test of object caches that needs threads, which kernel/alloc knows nothing of.
 *
 * Harts that meet at the first use of a cache: one array of magazines too many is given back, and
 * must lie among the free objects as any other.
 */
#include "kernel/alloc/slab.h"
#include "kernel/core/hart.h"
#include "kernel/core/ktest.h"
#include "kernel/sched/completion.h"
#include "kernel/sched/sched.h"

#define FRESH_USERS 4u

static struct cache fresh_caches[40];
static atomic_uint fresh_come, fresh_left;
static struct completion fresh_done;

static int fresh_use(void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < ARRAY_SIZE(fresh_caches); i++) {
		void *object;

		atomic_fetch_add(&fresh_come, 1);
		while (atomic_load(&fresh_come) < (i + 1) * FRESH_USERS)
			sched_yield();
		object = cache_alloc(&fresh_caches[i], 0);
		KTEST_CHECK(object != NULL);
		cache_free(&fresh_caches[i], object);
	}
	if (atomic_fetch_sub(&fresh_left, 1) == 1)
		completion_done(&fresh_done);
	return 0;
}

KTEST(slab_first_use_race)
{
	size_t array_bytes = sizeof(struct magazine) * hart_count;
	void *objects[64];

	for (unsigned i = 0; i < ARRAY_SIZE(fresh_caches); i++) {
		struct cache *c = &fresh_caches[i];

		*c = (struct cache){ .name = "ktest", .size = 64, .align = 8 };
		spinlock_init(&c->lock, "ktest cache", LOCK_RANK_SLAB);
		list_init(&c->partial);
	}
	atomic_init(&fresh_come, 0);
	atomic_init(&fresh_left, FRESH_USERS);
	completion_init(&fresh_done);
	for (unsigned i = 0; i < FRESH_USERS; i++)
		if (!KTEST_CHECK(ktest_thread(fresh_use, NULL) == 0) &&
		    atomic_fetch_sub(&fresh_left, 1) == 1)
			completion_done(&fresh_done);
	completion_wait(&fresh_done);
	for (unsigned i = 0; i < ARRAY_SIZE(objects); i++)
		objects[i] = kmalloc(array_bytes, 0); /* debug builds look at what was free */
	for (unsigned i = 0; i < ARRAY_SIZE(objects); i++)
		kfree(objects[i]);
}
