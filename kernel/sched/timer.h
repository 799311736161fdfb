/*
 * Kernel timers: a function called at a moment of CLOCK_MONOTONIC, from the timer interrupt of the hart that set it.
 */
#pragma once

#include "kernel/core/clock.h"
#include "lib/rbtree.h"

struct timer {
	struct rb_node node;
	uint64_t expires_ns;
	void (*fn)(struct timer *t); /* interrupts off; may re-arm t */
	int hart;		     /* queue it is in, -1 = none */
	bool running;
};

void timer_init(struct timer *t, void (*fn)(struct timer *t));
/* (Re-)arms on this hart. Any context. */
void timer_set(struct timer *t, uint64_t expires_ns);
/* After this returns fn is neither queued nor running. True if it was queued. Not from fn itself; fn may not be waiting
 * for a lock that the caller holds. */
bool timer_cancel(struct timer *t);
/* As timer_cancel, but doesn't wait for a running fn: false then, or when it was not queued. */
bool timer_try_cancel(struct timer *t);
