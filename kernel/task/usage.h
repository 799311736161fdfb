/*
 * Times and usage in the forms that user space wants.
 */
#pragma once

#include "kernel/abi/resource.h"
#include "kernel/core/clock.h"
#include "kernel/task/group.h"

#define CLOCK_TICK_HZ 100 /* USER_HZ: times(2), /proc/PID/stat */

static inline struct abi_timeval timeval_of_ns(uint64_t ns)
{
	return (struct abi_timeval){ (int64_t)(ns / NSEC_PER_SEC),
				     (int64_t)(ns % NSEC_PER_SEC / NSEC_PER_USEC) };
}

static inline int64_t ticks_of_ns(uint64_t ns)
{
	return (int64_t)(ns / (NSEC_PER_SEC / CLOCK_TICK_HZ));
}

void rusage_of_usage(struct abi_rusage *r, const struct usage *u);
