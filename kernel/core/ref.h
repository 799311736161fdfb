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

void ref_init(struct ref *r);
void ref_get(struct ref *r);
/* Takes a reference unless the object is already dying. For look-ups under a lock that the destructor takes too. */
bool ref_get_unless_zero(struct ref *r) __must_check;
/* True when that was the last one: the caller destroys. */
bool ref_put(struct ref *r) __must_check;
static inline unsigned ref_count(const struct ref *r)
{
	return atomic_load_explicit(&r->count, memory_order_relaxed);
}
