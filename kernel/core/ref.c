/*
 * The slow halves of counted references; the quick ones are in line in ref.h.
 */
#include "kernel/core/ref.h"

#include "kernel/core/panic.h"

void ref_broken(const struct ref *r, unsigned seen)
{
	if (seen == 0)
		panic("a reference at %p was taken or dropped after the last one had gone",
		      (const void *)r);
	panic("the reference count at %p is %u: it has overflowed or was overwritten",
	      (const void *)r, seen);
}

bool ref_get_unless_zero(struct ref *r)
{
	unsigned seen = atomic_load_explicit(&r->count, memory_order_relaxed);

	do {
		if (seen == 0)
			return false;
		if ((int)seen < 0)
			ref_broken(r, seen);
	} while (!atomic_compare_exchange_weak_explicit(
		&r->count, &seen, seen + 1, memory_order_acquire, memory_order_relaxed));
	return true;
}
