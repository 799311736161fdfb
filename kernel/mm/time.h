/*
 * The clocks that an address space shows: those of its time namespace.
 */
#pragma once

#include "kernel/abi/time.h"
#include "kernel/mm/mm.h"
#include "kernel/task/time_ns.h"

/* What current's monotonic or boot clock shows when the machine's shows ns, and the other way
 * round; never before 0. */
uint64_t clock_shown_ns(enum time_clock clock, uint64_t ns);
uint64_t clock_meant_ns(enum time_clock clock, uint64_t shown_ns);

/* Which of the two a CLOCK_* that counts from boot goes by. */
static inline enum time_clock time_clock_of(int clock)
{
	if (clock == CLOCK_BOOTTIME || clock == CLOCK_BOOTTIME_ALARM)
		return TIME_BOOT;
	return TIME_MONOTONIC;
}

/* Puts mm into a time namespace: the vDSO shows its clocks. 0 or -ENOMEM, nothing changed; can't
 * fail for one that has no vDSO yet. Nobody else uses mm. */
int mm_time_set(struct mm *mm, struct time_ns *ns) __must_check;
/* The namespace it is in. Borrowed. */
struct time_ns *mm_time(const struct mm *mm);
/* What its vDSO reads: a page with the parameters of the clocks, or one that says to ask the
 * kernel. */
const void *mm_time_page(const struct mm *mm);
