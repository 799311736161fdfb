/*
 * The watchdog: tells of harts that do not schedule and of tasks that nobody wakes.
 */
#pragma once

#include "lib/types.h"

struct runqueue;

/* Seconds; 0: not watched. By the command line and /proc/sys/kernel, in Linux's words. */
struct watchdog_settings {
	unsigned hung_task_s; /* hung_task_timeout_secs: an uninterruptible sleep */
	unsigned thresh_s; /* watchdog_thresh: without an interrupt; twice that without schedule */
	bool hung_task_panic, softlockup_panic;
};
extern struct watchdog_settings watchdog_settings; /* [a] each field */

/* Once, before the first timer interrupt. 0 or -ENOMEM. */
int watchdog_init(void) __must_check;
/* At each timer interrupt of a hart that is not idle. Interrupts off, no lock held. */
void watchdog_tick(struct runqueue *rq, uint64_t now_ns);
