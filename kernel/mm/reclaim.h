/*
 * Taking memory back before there is none: who holds memory that it could do without says so here.
 */
#pragma once

#include "lib/types.h"

/* Something that can give memory back. Called by the reclaim thread alone, which holds no lock; may
 * sleep, but not wait for memory. */
struct shrinker {
	const char *name;
	uint64_t (*shrink)(uint64_t pages); /* about so many; how many it was, about */
	struct shrinker *next;		    /* [i] */
};
void shrinker_register(struct shrinker *s); /* boot, before there is a second task */

/* The body of the thread "kreclaim". */
int reclaim_thread_main(void *unused);
/* Sleeps until the thread has looked at everything once more. True if something was free'd. No
 * spinlock held. */
bool reclaim_wait(void);
/* All that can be had: drop_caches. Bits: 1 pages of files, 2 names. */
void reclaim_drop(unsigned what);
