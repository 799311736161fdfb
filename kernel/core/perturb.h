/*
 * Disturbing the schedule, so that races happen that otherwise wait for a bad day (make DEBUG=1,
 * the word sched_seed=N): kernel/core/perturb.c.
 */
#pragma once

#include "lib/types.h"

#ifdef PANDO_DEBUG

#define PERTURB_IS_BUILT true

/* What the numbers are drawn from; 0: nothing is disturbed. */
void perturb_set(uint64_t seed);
/* A point where other harts could do something first: perhaps wait here a little. */
void perturb_delay(void);
/* A point where current could be switched out: perhaps ask for that. */
void perturb_preempt(void);

#else

#define PERTURB_IS_BUILT false

static inline void perturb_set(uint64_t seed)
{
}

#endif
