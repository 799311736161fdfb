/*
 * Times as users give them, in nanoseconds and back.
 */
#pragma once

#include "arch/uaccess.h"
#include "kernel/abi/time.h"
#include "kernel/core/clock.h"
#include "kernel/mm/time.h"

/* Longer than any machine runs, and far enough from overflow to be added to a clock: taken for
 * "never". */
#define USER_TIME_MAX_NS ((uint64_t)INT64_MAX / 2)

static inline int __must_check timespec_to_ns(const struct abi_timespec *ts, uint64_t *ns)
{
	if (ts->tv_sec < 0 || (uint64_t)ts->tv_nsec >= NSEC_PER_SEC)
		return -EINVAL;
	*ns = USER_TIME_MAX_NS;
	if ((uint64_t)ts->tv_sec < USER_TIME_MAX_NS / NSEC_PER_SEC)
		*ns = (uint64_t)ts->tv_sec * NSEC_PER_SEC + (uint64_t)ts->tv_nsec;
	return 0;
}

static inline int __must_check timeval_to_ns(const struct abi_timeval *tv, uint64_t *ns)
{
	struct abi_timespec ts = { tv->tv_sec, tv->tv_usec * (int64_t)NSEC_PER_USEC };

	if ((uint64_t)tv->tv_usec >= NSEC_PER_SEC / NSEC_PER_USEC)
		return -EINVAL;
	return timespec_to_ns(&ts, ns);
}

static inline struct abi_timespec timespec_of_ns(uint64_t ns)
{
	return (struct abi_timespec){ (int64_t)(ns / NSEC_PER_SEC), (int64_t)(ns % NSEC_PER_SEC) };
}

static inline struct abi_timeval timeval_of_ns(uint64_t ns)
{
	return (struct abi_timeval){ (int64_t)(ns / NSEC_PER_SEC),
				     (int64_t)(ns % NSEC_PER_SEC / NSEC_PER_USEC) };
}

static inline int __must_check timespec_fetch(uint64_t *ns, const struct abi_timespec __user *from)
{
	struct abi_timespec ts;

	if (copy_from_user(&ts, from, sizeof(ts)))
		return -EFAULT;
	return timespec_to_ns(&ts, ns);
}

static inline int __must_check timespec_store(struct abi_timespec __user *to, uint64_t ns)
{
	struct abi_timespec ts = timespec_of_ns(ns);

	return copy_to_user(to, &ts, sizeof(ts));
}

/* The moment of CLOCK_MONOTONIC that lies ns from now, and the one at which CLOCK_REALTIME is
 * ns. */
static inline uint64_t deadline_after(uint64_t ns)
{
	return clock_mono_ns() + ns;
}

static inline uint64_t deadline_of_real(uint64_t ns)
{
	uint64_t offset = clock_real_ns() - clock_mono_ns();

	return ns > offset ? ns - offset : 0;
}

/* The moment of the machine's CLOCK_MONOTONIC at which a clock shows ns to current. */
static inline uint64_t deadline_of_clock(int clock, uint64_t ns)
{
	switch (clock) {
	case CLOCK_MONOTONIC:
		return clock_meant_ns(TIME_MONOTONIC, ns);
	case CLOCK_BOOTTIME:
	case CLOCK_BOOTTIME_ALARM:
		return clock_meant_ns(TIME_BOOT, ns);
	default:
		return deadline_of_real(ns);
	}
}
