/*
 * SAN=thread: two harts at one place of memory at one time, and nothing between them that says who
 * goes first. kernel/core/race.c looks for it; without SAN=thread all this is nothing.
 */
#pragma once

#include "lib/types.h"

#ifdef PANDO_RACE

#define RACE_IS_BUILT true

/* Once all harts run: reads the words race_skip=, race_delay=, race_seed= and race_panic of the
 * command line; checks begin. */
void race_start(void);

/* What an access is; or-ed. */
#define RACE_READS  0u
#define RACE_WRITES 1u
#define RACE_MARKED 2u /* atomic or volatile */

/* Somebody is about to access memory: at most 8 bytes that do not cross a border of 8; or any. fp
 * is the frame of a function that was called by whoever does it. */
void race_look(vaddr_t addr, size_t size, unsigned how, uintptr_t fp);
void race_look_range(vaddr_t addr, size_t size, unsigned how, uintptr_t fp);

#else

#define RACE_IS_BUILT false

static inline void race_start(void)
{
}

#endif
