/*
 * Disturbing the schedule, so that races happen that otherwise wait for a bad day (make DEBUG=1,
 * the word sched_seed=N): kernel/core/perturb.c.
 */
#pragma once

#include "lib/types.h"

#ifdef PANDO_DEBUG

/* What the numbers are drawn from; 0: nothing is disturbed. Returns 0. */
int perturb_set(uint64_t seed);
/* A point where other harts could do something first: perhaps wait here a little. */
void perturb_delay(void);
/* A point where current could be switched out: perhaps ask for that. */
void perturb_preempt(void);

#else

static inline int perturb_set(uint64_t seed)
{
	return -1;
}

#endif
