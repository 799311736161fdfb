/*
 * select: waiting for several files, given as sets of descriptors.
 */
#pragma once

#include "lib/types.h"

enum { SELECT_READ, SELECT_WRITE, SELECT_EXCEPT, SELECT_KINDS };

/* Bitmaps of n descriptors each. */
struct select_sets {
	unsigned n;
	unsigned long *wanted[SELECT_KINDS];
	unsigned long *ready[SELECT_KINDS]; /* filled */
};

/* Waits until a wanted descriptor is ready, or until deadline_ns (as poll_items_wait). How many
 * bits are set in ready, -EBADF (a wanted one is not open), -EINTR, -ENOMEM. */
int select_wait(struct select_sets *s, uint64_t deadline_ns) __must_check;
