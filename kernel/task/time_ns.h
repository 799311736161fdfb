/*
 * Time namespaces: what is added to the clocks that count from boot.
 *
 * Whose clocks a program sees is a matter of its address space (struct mm has the namespace), since
 * the vDSO shows them there; what a task's ns_set says is for new address spaces, those of its
 * children and of exec. Offsets are written while nobody is in it yet.
 */
#pragma once

#include "kernel/core/spinlock.h"
#include "kernel/task/ns.h"

enum time_clock { TIME_MONOTONIC, TIME_BOOT, TIME_CLOCK_COUNT };

struct time_ns {
	struct ns ns;
	struct spinlock lock; /* rank DEVICE; for changes */
	bool entered;	      /* [lock] somebody has been in it: the offsets stay */
	int64_t offset_ns[TIME_CLOCK_COUNT]; /* [lock] to change; [i] once entered */
};
extern struct time_ns init_time_ns;

static inline struct time_ns *time_ns_of(struct ns *ns)
{
	return container_of(ns, struct time_ns, ns);
}

/* One with the same offsets. 0, -ENOMEM, -ENOSPC. */
int time_ns_copy(struct ns *from, struct user_ns *owner, struct ns **out) __must_check;
/* The right to is checked here. 0, -EPERM, -EACCES when it is too late, -ERANGE for a clock that
 * would stand before boot or too far from it. */
int time_ns_set(struct time_ns *ns, const int64_t offset_ns[TIME_CLOCK_COUNT],
		const bool given[TIME_CLOCK_COUNT], const struct cred *who) __must_check;
/* An address space is in it from now on. */
void time_ns_enter(struct time_ns *ns);
