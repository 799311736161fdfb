/*
 * Timerfd: a timer as a file.
 */
#pragma once

#include "kernel/fs/file.h"

/* Nanoseconds; left 0: not running. To be set: from now, or with `absolute` a moment of the timer's
 * clock. */
struct timerfd_state {
	uint64_t left_ns, interval_ns;
};

/* 0, -EINVAL (clock), -ENOMEM. flags: O_NONBLOCK or none. */
int timerfd_create(int clock, unsigned flags, struct file **out) __must_check;
/* 0, or -EINVAL: it isn't one. */
int timerfd_get(struct file *file, struct timerfd_state *now) __must_check;
int timerfd_set(struct file *file, bool absolute, const struct timerfd_state *to,
		struct timerfd_state *before) __must_check;
