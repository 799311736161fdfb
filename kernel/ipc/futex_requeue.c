/*
 * The futex operations on two words: requeue, which moves sleepers from a condition to a mutex
 * without waking them, and wake-op, which changes the second word and wakes sleepers of both.
 *
 * Both buckets are locked, in address order; what was said in futex.c about peeking at user
 * memory holds here too.
 */
#include "kernel/ipc/futex_table.h"

#include "kernel/abi/futex.h"

struct key_pair {
	struct mm_word_key key[2];
	struct futex_bucket *bucket[2];
};

static int pair_find(struct key_pair *p, uint32_t __user *first, uint32_t __user *second,
		     bool shared)
{
	int err = futex_key(first, shared, &p->key[0]);

	if (err == 0)
		err = futex_key(second, shared, &p->key[1]);
	if (err)
		return err;
	p->bucket[0] = futex_bucket(&p->key[0]);
	p->bucket[1] = futex_bucket(&p->key[1]);
	return 0;
}

static void pair_lock(struct key_pair *p)
{
	spin_lock_two(&p->bucket[0]->lock, &p->bucket[1]->lock);
}

static void pair_unlock(struct key_pair *p)
{
	spin_unlock_two(&p->bucket[0]->lock, &p->bucket[1]->lock);
}

static void waiter_move(struct futex_waiter *w, const struct key_pair *p)
{
	w->key = p->key[1];
	list_move_tail(&w->link, &p->bucket[1]->waiters);
	atomic_store_explicit(&w->bucket, p->bucket[1], memory_order_release);
}

/* Wakes and moves from the first bucket; how many in all. */
static int pair_requeue(struct key_pair *p, int wake, int move)
{
	struct futex_waiter *w, *next;
	int done = 0;

	list_for_each_entry_safe(w, next, &p->bucket[0]->waiters, link) {
		if (done - wake >= move)
			break;
		if (!futex_key_equal(&w->key, &p->key[0]))
			continue;
		if (++done <= wake)
			futex_waiter_wake(w);
		else if (!futex_key_equal(&p->key[0], &p->key[1]))
			waiter_move(w, p);
	}
	return done;
}

int futex_requeue(uint32_t __user *from, uint32_t __user *to, bool shared, int wake, int move,
		  const uint32_t *expected)
{
	struct key_pair pair;
	uint32_t seen;
	int ret;

	if (wake < 0 || move < 0)
		return -EINVAL;
	for (;;) {
		ret = pair_find(&pair, from, to, shared);
		if (ret)
			return ret;
		pair_lock(&pair);
		ret = expected != NULL ? user_load32_nofault(&seen, from) : 0;
		if (ret == 0 && expected != NULL && seen != *expected)
			ret = -EAGAIN;
		if (ret == 0)
			ret = pair_requeue(&pair, wake, move);
		pair_unlock(&pair);
		if (ret != -EFAULT)
			return ret;
		ret = user_load32(&seen, from);
		if (ret)
			return ret;
	}
}

/* --- wake-op ---------------------------------------------------------------------------------- */

static int op_field(uint32_t op, unsigned shift)
{
	return (int32_t)(op << (20 - shift)) >> 20; /* 12 bits with sign */
}

static int op_new_value(uint32_t op, uint32_t old, uint32_t *new)
{
	uint32_t arg = (uint32_t)op_field(op, 12);

	if (op >> 28 & FUTEX_OP_OPARG_SHIFT)
		arg = 1u << (arg & 31);
	switch (op >> 28 & 7) {
	case FUTEX_OP_SET:
		*new = arg;
		return 0;
	case FUTEX_OP_ADD:
		*new = old + arg;
		return 0;
	case FUTEX_OP_OR:
		*new = old | arg;
		return 0;
	case FUTEX_OP_ANDN:
		*new = old & ~arg;
		return 0;
	case FUTEX_OP_XOR:
		*new = old ^ arg;
		return 0;
	default:
		return -ENOSYS;
	}
}

static int op_compare(uint32_t op, uint32_t word)
{
	int old = (int)word, arg = op_field(op, 0);

	switch (op >> 24 & 15) {
	case FUTEX_OP_CMP_EQ:
		return old == arg;
	case FUTEX_OP_CMP_NE:
		return old != arg;
	case FUTEX_OP_CMP_LT:
		return old < arg;
	case FUTEX_OP_CMP_LE:
		return old <= arg;
	case FUTEX_OP_CMP_GT:
		return old > arg;
	case FUTEX_OP_CMP_GE:
		return old >= arg;
	default:
		return -ENOSYS;
	}
}

/* Changes the word, atomically, without faults. */
static int op_apply(uint32_t op, uint32_t __user *addr, uint32_t *old)
{
	uint32_t expected, new;
	int err;

	current->fault_disabled++;
	err = user_load32_nofault(&expected, addr);
	while (err == 0) {
		err = op_new_value(op, expected, &new);
		if (err == 0)
			err = user_cmpxchg32(old, addr, expected, new);
		if (err == 0 && *old == expected)
			break;
		expected = *old;
	}
	current->fault_disabled--;
	return err;
}

static int key_wake(const struct mm_word_key *key, struct futex_bucket *b, int count)
{
	struct futex_waiter *w, *next;
	int woken = 0;

	list_for_each_entry_safe(w, next, &b->waiters, link) {
		if (!futex_key_equal(&w->key, key))
			continue;
		futex_waiter_wake(w);
		if (++woken >= count)
			break;
	}
	return woken;
}

static int pair_wake_op(struct key_pair *p, uint32_t __user *second, int wake, int wake2,
			uint32_t op)
{
	uint32_t old;
	int matches, woken, err = op_apply(op, second, &old);

	if (err)
		return err;
	matches = op_compare(op, old);
	if (matches < 0)
		return matches;
	woken = key_wake(&p->key[0], p->bucket[0], wake);
	return matches ? woken + key_wake(&p->key[1], p->bucket[1], wake2) : woken;
}

int futex_wake_op(uint32_t __user *first, uint32_t __user *second, bool shared, int wake, int wake2,
		  uint32_t op)
{
	struct key_pair pair;
	uint32_t seen = 0;
	int ret;

	for (;;) {
		ret = pair_find(&pair, first, second, shared);
		if (ret)
			return ret;
		pair_lock(&pair);
		ret = pair_wake_op(&pair, second, wake, wake2, op);
		pair_unlock(&pair);
		if (ret != -EFAULT)
			return ret;
		/* Not there, or not yet writable: exchanging a value for itself makes it both. */
		ret = user_cmpxchg32(&seen, second, seen, seen);
		if (ret)
			return ret;
	}
}
