/*
 * Kernel timers: a function called at a moment of CLOCK_MONOTONIC, from the timer interrupt of the
 * hart that set it.
 */
#pragma once

#include "kernel/core/clock.h"
#include "lib/rbtree.h"

struct timer {
	struct rb_node node; /* [Q] the lock of the queue that hart names */
	uint64_t expires_ns; /* [Q] */
	void (*fn)(struct timer *t); /* interrupts off; may re-arm t, or free it */
	int hart; /* [Q] whose queue it is in, or was in last */
};

/* A zeroed timer with fn set is initialised too. */
void timer_init(struct timer *t, void (*fn)(struct timer *t));
/* (Re-)arms: on this hart, or where fn is running just now. Any context. That two do it at once to
 * one timer is for the owner's lock to exclude. */
void timer_set(struct timer *t, uint64_t expires_ns);
/* After this returns fn is neither queued nor running. True if it was queued. Not from fn itself;
 * fn may not be waiting for a lock that the caller holds. */
bool timer_cancel(struct timer *t);
/* As timer_cancel, but doesn't wait for a running fn: false then, or when it was not queued. */
bool timer_try_cancel(struct timer *t);
/* Set and not yet expired; a hint, unless the caller knows that nobody changes it. */
static inline bool timer_is_set(const struct timer *t)
{
	return rb_is_linked(&t->node);
}
