/*
 * Waiting and waking.
 *
 * A waker changes the word and then calls; a waiter looks at the word and queues itself under
 * the bucket's lock. So either the waiter sees the changed word, or the waker, who takes the
 * lock later, sees the waiter.
 *
 * Under the lock user memory is only peeked at (no faults). If the page isn't there, the lock is
 * dropped, the page is faulted in and all begins anew.
 *
 * A private word is known by address space and address, which costs no lock; a shared one by
 * file and offset. The file is not kept alive: a key is compared, never followed, and a waiter
 * on a file that is gone and whose memory became another's can at worst be woken for nothing,
 * which futex users must expect anyway.
 *
 * Entry points: futex_wait, futex_wake here; futex_requeue, futex_wake_op in futex_requeue.c;
 * futex_wait_any in futex_vector.c; futex_task_exit in futex_exit.c.
 *
 * LIMIT: no priority-inheriting futexes (ENOSYS).
 */
#include "kernel/ipc/futex.h"

#include "kernel/alloc/slab.h"
#include "kernel/core/random.h"
#include "kernel/ipc/futex_table.h"
#include "kernel/sched/sched.h"
#include "kernel/sched/wait.h"
#include "lib/bits.h"
#include "lib/hash.h"

static struct futex_bucket *table; /* [i] 2^table_bits buckets */
static unsigned table_bits;
static uint64_t table_seed;

/* A bucket for every 128 pages of memory: 1024 of them on 512 MiB. */
int futex_init(void)
{
	struct page_stats stats;
	size_t count;

	page_stats_get(&stats);
	table_bits = log2_floor(clamp(stats.total / 128, 16UL, 16384UL));
	count = 1UL << table_bits;
	table = kcalloc(count, sizeof(*table));
	if (table == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		spinlock_init(&table[i].lock, "futex", LOCK_RANK_FUTEX);
		list_init(&table[i].waiters);
	}
	table_seed = random_u64();
	return 0;
}

struct futex_bucket *futex_bucket(const struct mm_word_key *key)
{
	uint64_t where = key->offset << 20 ^ key->offset >> 2;
	uint64_t hash = hash_u64((uintptr_t)key->object ^ table_seed ^ where);

	return &table[hash_bucket(hash, table_bits)];
}

int futex_key(uint32_t __user *addr, bool shared, struct mm_word_key *key)
{
	int err;

	if ((vaddr_t)addr % sizeof(*addr) != 0)
		return -EINVAL;
	if (!user_range_ok(addr, sizeof(*addr)))
		return -EFAULT;
	err = mm_word_key(current->mm, (vaddr_t)addr, shared, key);
	if (err == 0 && shared)
		mm_word_key_put(key);
	return err;
}

int futex_waiter_queue(struct futex_waiter *w, uint32_t __user *addr, uint32_t val)
{
	struct futex_bucket *b = futex_bucket(&w->key);
	uint32_t seen;
	int err;

	spin_lock(&b->lock);
	err = user_load32_nofault(&seen, addr);
	if (err == 0 && seen != val)
		err = -EAGAIN;
	if (err == 0) {
		atomic_store_explicit(&w->bucket, b, memory_order_relaxed);
		list_add_tail(&w->link, &b->waiters);
		task_state_set(TASK_INTERRUPTIBLE);
	}
	spin_unlock(&b->lock);
	return err;
}

__lock_unchecked struct futex_bucket *futex_waiter_lock(struct futex_waiter *w)
{
	struct futex_bucket *b;

	/* A requeue may move it while we wait for the lock. */
	while ((b = atomic_load_explicit(&w->bucket, memory_order_acquire)) != NULL) {
		spin_lock(&b->lock);
		if (atomic_load_explicit(&w->bucket, memory_order_relaxed) == b)
			return b;
		spin_unlock(&b->lock);
	}
	return NULL;
}

/* Until woken, a signal or the deadline. */
static int waiter_sleep(struct futex_waiter *w, uint64_t deadline_ns)
{
	struct futex_bucket *b;
	int err;

	for (;;) {
		err = task_sleep(deadline_ns);
		/* Awake without NULL in w->bucket may mean that the waker is just about to store
		 * it: its lock tells. */
		b = futex_waiter_lock(w);
		if (b == NULL)
			return 0;
		spin_assert_held(&b->lock);
		if (err)
			break;
		task_state_set(TASK_INTERRUPTIBLE);
		spin_unlock(&b->lock);
	}
	list_del(&w->link);
	spin_unlock(&b->lock);
	return err;
}

int futex_wait(uint32_t __user *addr, bool shared, uint32_t val, uint32_t bits,
	       uint64_t deadline_ns)
{
	struct futex_waiter w = { .task = current, .bits = bits };
	uint32_t seen;
	int err;

	for (;;) {
		err = futex_key(addr, shared, &w.key);
		if (err)
			return err;
		err = futex_waiter_queue(&w, addr, val);
		if (err == 0)
			return waiter_sleep(&w, deadline_ns);
		if (err != -EFAULT)
			return err;
		err = user_load32(&seen, addr); /* faults the page in */
		if (err)
			return err;
	}
}

void futex_waiter_wake(struct futex_waiter *w)
{
	struct task *t = w->task;

	list_del(&w->link);
	/* The sleeper doesn't return before it has seen NULL, so until then its task is there;
	 * and after it w is not. */
	task_wake(t, TASK_INTERRUPTIBLE);
	atomic_store_explicit(&w->bucket, NULL, memory_order_release);
}

int futex_wake(uint32_t __user *addr, bool shared, int count, uint32_t bits)
{
	struct mm_word_key key;
	struct futex_waiter *w, *next;
	struct futex_bucket *b;
	int woken = 0, err;

	err = futex_key(addr, shared, &key);
	if (err)
		return err;
	b = futex_bucket(&key);
	spin_lock(&b->lock);
	list_for_each_entry_safe(w, next, &b->waiters, link) {
		if (!futex_key_equal(&w->key, &key) || !(w->bits & bits))
			continue;
		futex_waiter_wake(w);
		if (++woken >= count) /* so a count of 0 wakes one, as it always has */
			break;
	}
	spin_unlock(&b->lock);
	return woken;
}
