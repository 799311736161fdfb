/*
 * Interval timers of a process: real time, CPU time, and the limit on CPU time.
 */
#pragma once

#include "kernel/task/group.h"

/* In nanoseconds; left 0: not running. */
struct itimer_state {
	uint64_t left_ns, interval_ns;
};

/* which: ITIMER_*. 0 or -EINVAL. */
int itimer_get(int which, struct itimer_state *now) __must_check;
int itimer_set(int which, const struct itimer_state *to, struct itimer_state *before) __must_check;

/* The last thread has gone: no timer of the group fires any more, POSIX timers are freed. No
 * lock held. */
void itimer_group_exit(struct group *g);
/* exec: POSIX timers don't survive it. No lock held. */
void itimer_group_exec(struct group *g);
