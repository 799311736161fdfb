/*
 * Ticket spinlocks: first come, first served.
 *
 * A task that holds one is not switched out (the kernel is preempted only where it says so, and taking a sleeping
 * lock or blocking with a spinlock held is asserted against). A lock that an interrupt handler also takes is
 * always taken with the irqsave form. Owner and rank (lockrank.h) are checked in debug builds.
 */
#pragma once

#include <stdatomic.h>

#include "arch/irq.h"
#include "kernel/core/lockrank.h"
#include "lib/types.h"

#if defined(__clang__)
#define __lock_attr(x) __attribute__((x))
#else
#define __lock_attr(x)
#endif
#define __acquires(l) __lock_attr(acquire_capability(l))
#define __releases(l) __lock_attr(release_capability(l))
#define __must_hold(l) __lock_attr(requires_capability(l))

struct __lock_attr(capability("spinlock")) spinlock {
	atomic_uint next;  /* next ticket to hand out */
	atomic_uint owner; /* ticket being served */
	struct task *holder; /* debug: who holds it */
	enum lock_rank rank;
	const char *name;
};

#define SPINLOCK_INIT(lock_name, lock_rank)                                                        \
	{                                                                                          \
		.name = lock_name, .rank = lock_rank                                               \
	}

void spinlock_init(struct spinlock *l, const char *name, enum lock_rank rank);
void spin_lock(struct spinlock *l) __acquires(*l);
bool spin_trylock(struct spinlock *l) __lock_attr(try_acquire_capability(true, *l));
void spin_unlock(struct spinlock *l) __releases(*l);
irqflags_t spin_lock_irqsave(struct spinlock *l) __acquires(*l);
void spin_unlock_irqrestore(struct spinlock *l, irqflags_t flags) __releases(*l);

/* Two of one rank, in address order; a == b takes it once. */
void spin_lock_two(struct spinlock *a, struct spinlock *b);
void spin_unlock_two(struct spinlock *a, struct spinlock *b);

/* True if this task holds l; always true in builds that don't track it, so only for assert. */
bool spin_is_held(const struct spinlock *l);
