/*
 * Counted references. An object starts with one, owned by its creator; whoever drops the last one
 * destroys it. Overflow and resurrection panic: both are broken invariants that no user can cause.
 */
#pragma once

#include <stdatomic.h>

#include "lib/types.h"

struct ref {
	atomic_uint count;
};

/* Says which of the two invariants is broken, and panics. */
__noreturn void ref_broken(const struct ref *r, unsigned seen);

static inline void ref_init(struct ref *r)
{
	atomic_store_explicit(&r->count, 1, memory_order_relaxed);
}

static inline void ref_get(struct ref *r)
{
	unsigned seen = atomic_fetch_add_explicit(&r->count, 1, memory_order_relaxed);

	/* 0 and everything from 2^31 on, in one comparison. */
	if (unlikely((int)seen <= 0))
		ref_broken(r, seen);
}

/* Takes a reference unless the object is already dying. For look-ups under a lock that the
 * destructor takes too. */
bool ref_get_unless_zero(struct ref *r) __must_check;

/* True when that was the last one: the caller destroys. */
static inline bool __must_check ref_put(struct ref *r)
{
	/* Release: what this owner wrote is seen by whoever destroys; acquire, in that last put: it
	 * sees everyone's. */
	unsigned seen = atomic_fetch_sub_explicit(&r->count, 1, memory_order_release);

	if (unlikely((int)seen <= 0))
		ref_broken(r, seen);
	if (seen != 1)
		return false;
	atomic_thread_fence(memory_order_acquire);
	return true;
}

static inline unsigned ref_count(const struct ref *r)
{
	return atomic_load_explicit(&r->count, memory_order_relaxed);
}
