/*
 * The table of futex waiters: inside of kernel/ipc.
 */
#pragma once

#include "arch/uaccess.h"
#include "kernel/core/spinlock.h"
#include "kernel/ipc/futex.h"
#include "kernel/mm/mm.h"

/* Waiters of all keys with one hash, in order of arrival. */
struct futex_bucket {
	struct spinlock lock;
	struct list waiters; /* [lock] */
};

/* One sleep. On the sleeper's stack, so it may vanish as soon as it is seen unqueued. */
struct futex_waiter {
	struct list link;	/* [bucket] */
	struct task *task;	/* [i] */
	struct mm_word_key key; /* [bucket] changed by requeue */
	uint32_t bits;		/* [i] */
	/* Where it is queued; NULL: woken. Changed under the bucket's lock. */
	_Atomic(struct futex_bucket *) bucket;
};

/* The key of current's word. 0, -EINVAL (not aligned), -EFAULT. */
int futex_key(uint32_t __user *addr, bool shared, struct mm_word_key *key) __must_check;
struct futex_bucket *futex_bucket(const struct mm_word_key *key);

static inline bool futex_key_equal(const struct mm_word_key *a, const struct mm_word_key *b)
{
	return a->offset == b->offset && a->object == b->object;
}

/* Queues w, whose key is set, and sets the state to sleep in, if the word is still val. 0, -EAGAIN,
 * or -EFAULT: look again when the page is there. */
int futex_waiter_queue(struct futex_waiter *w, uint32_t __user *addr, uint32_t val) __must_check;
/* Locks the bucket that w is in, and returns it; NULL, nothing locked: somebody has woken it. */
struct futex_bucket *futex_waiter_lock(struct futex_waiter *w);

/* Takes w out and wakes its task; afterwards w may be gone. Bucket locked. */
void futex_waiter_wake(struct futex_waiter *w);
