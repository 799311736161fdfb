/*
 * POSIX timers: as many as a process likes, each with a clock and its own way to tell.
 */
#pragma once

#include "kernel/abi/signal.h"
#include "kernel/task/group.h"

struct posix_timer_state {
	/* 0: not running. To be set: from now, or with `absolute` a moment of the timer's clock. */
	uint64_t left_ns;
	uint64_t interval_ns;
};

/* A timer of current's group; event NULL: SIGALRM. 0, -EINVAL, -EOPNOTSUPP (CPU clocks),
 * -EAGAIN, -ENOMEM. */
int posix_timer_create(int clock, const struct abi_sigevent *event, int *id) __must_check;
/* 0 or -EINVAL: there is no such timer. */
int posix_timer_set(int id, bool absolute, const struct posix_timer_state *to,
		    struct posix_timer_state *before) __must_check;
int posix_timer_get(int id, struct posix_timer_state *now) __must_check;
int posix_timer_delete(int id) __must_check;
/* How often it expired between the last signal's expiry and its delivery; -EINVAL. */
int posix_timer_overrun(int id);

/* Inside of kernel/ipc: all of a group's. */
void posix_timers_free(struct group *g);

/* Shared with itimer.c, under the group's lock. Stops a timer, without waiting for a function
 * that already runs; that one asks whether it is still meant, or its timer has been stopped or
 * set anew. */
void timer_stop(struct timer *t);
bool timer_is_due(const struct timer *t, uint64_t now);
/* The first moment after now that is a whole number of intervals after an expiry. */
uint64_t timer_next(uint64_t expires_ns, uint64_t interval_ns, uint64_t now);
