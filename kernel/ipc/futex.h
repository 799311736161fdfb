/*
 * Futexes: sleeping until another task says that a word of user memory has changed.
 *
 * The kernel keeps nothing per word: a waiter lies on the stack of the task that waits, in a
 * hash table, under the key that the word is known by (kernel/mm/mm.h, mm_word_key).
 */
#pragma once

#include "lib/types.h"

/* Boot, once there is memory: the table. 0 or -ENOMEM. */
int futex_init(void) __must_check;

/* current leaves its address space, in exit or exec: marks and wakes the robust locks that it
 * still holds, clears the word that whoever joins it waits for. May sleep; user memory may lie
 * as it likes. */
void futex_task_exit(void);

/* Sleeps while *addr == val and no waker whose bits meet `bits` comes. deadline_ns:
 * CLOCK_MONOTONIC, UINT64_MAX: none. 0, -EAGAIN (the word differs), -EINTR, -ETIMEDOUT, -EFAULT. */
int futex_wait(uint32_t __user *addr, bool shared, uint32_t val, uint32_t bits,
	       uint64_t deadline_ns) __must_check;

/* Sleeps while each of the words has its value and no waker of any comes. Which one was woken, or
 * as futex_wait; -ENOMEM. */
struct futex_word {
	uint32_t __user *addr;
	uint32_t val;
	bool shared;
};
int futex_wait_any(const struct futex_word *words, unsigned count, uint64_t deadline_ns);

/* Wakes at most `count` waiters whose bits meet `bits`. How many, or -EFAULT, -EINVAL. */
int futex_wake(uint32_t __user *addr, bool shared, int count, uint32_t bits);

/* Wakes `wake` waiters of one word and moves up to `move` others to a second. expected != NULL:
 * only while *from is that, else -EAGAIN. How many were woken and moved, or -errno. */
int futex_requeue(uint32_t __user *from, uint32_t __user *to, bool shared, int wake, int move,
		  const uint32_t *expected);

/* FUTEX_WAKE_OP: changes *second as op says, wakes `wake` waiters of first and, if the old value
 * of second compares as op says, `wake2` of second. */
int futex_wake_op(uint32_t __user *first, uint32_t __user *second, bool shared, int wake, int wake2,
		  uint32_t op);
