/*
 * Ticket spinlocks: first come, first served.
 *
 * A task that holds one is not switched out (the kernel is preempted only where it says so, and taking a sleeping
 * lock or blocking with a spinlock held is asserted against). A lock that an interrupt handler also takes is
 * always taken with the irqsave form. Owner, rank (lockrank.h) and that rule are checked in debug builds; in others
 * a lock is two words and taking it a handful of instructions in line.
 */
#pragma once

#include <stdatomic.h>

#include "arch/hart.h"
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
/* For the bodies of the lock functions themselves, which the checker cannot follow. */
#define __lock_internal __lock_attr(no_thread_safety_analysis)

struct __lock_attr(capability("spinlock")) spinlock {
	atomic_uint next;  /* next ticket to hand out */
	atomic_uint owner; /* ticket being served */
#ifdef PANDO_DEBUG
	struct task *holder; /* who holds it */
	enum lock_rank rank;
	atomic_bool used_in_irq;    /* taken by an interrupt handler at some time */
	atomic_bool used_irqs_open; /* taken with interrupts on at some time; never both */
	const char *name;
#endif
};

#ifdef PANDO_DEBUG
#define SPINLOCK_INIT(lock_name, lock_rank)                                                        \
	{                                                                                          \
		.rank = lock_rank, .name = lock_name                                               \
	}
#else
#define SPINLOCK_INIT(lock_name, lock_rank)                                                        \
	{                                                                                          \
		.next = 0, .owner = 0                                                              \
	}
#endif

void spinlock_init(struct spinlock *l, const char *name, enum lock_rank rank);

/* The lock itself, without checks: takes a ticket and waits for its turn. */
static __always_inline void ticket_take(struct spinlock *l)
{
	unsigned ticket = atomic_fetch_add_explicit(&l->next, 1, memory_order_relaxed);

	while (unlikely(atomic_load_explicit(&l->owner, memory_order_acquire) != ticket))
		hart_relax();
}

static __always_inline bool ticket_try(struct spinlock *l)
{
	unsigned owner = atomic_load_explicit(&l->owner, memory_order_relaxed);

	return atomic_compare_exchange_strong_explicit(&l->next, &owner, owner + 1,
						       memory_order_acquire, memory_order_relaxed);
}

static __always_inline void ticket_release(struct spinlock *l)
{
	unsigned owner = atomic_load_explicit(&l->owner, memory_order_relaxed);

	atomic_store_explicit(&l->owner, owner + 1, memory_order_release);
}

#ifdef PANDO_DEBUG
#define SPINLOCK_API /* out of line, with checks: spinlock.c */
#else
#define SPINLOCK_API static inline
#endif

SPINLOCK_API void spin_lock(struct spinlock *l) __acquires(*l);
SPINLOCK_API bool spin_trylock(struct spinlock *l) __lock_attr(try_acquire_capability(true, *l));
SPINLOCK_API void spin_unlock(struct spinlock *l) __releases(*l);
static inline irqflags_t spin_lock_irqsave(struct spinlock *l) __acquires(*l);
static inline void spin_unlock_irqrestore(struct spinlock *l, irqflags_t flags) __releases(*l);

#ifdef PANDO_DEBUG
/* True if this task holds l; always true in builds that don't track it, so only for assert. */
bool spin_is_held(const struct spinlock *l);
/* The scheduler takes a run queue's lock as one task and drops it as another. */
void spin_hand_over(struct spinlock *l, struct task *from, struct task *to);
/* The second of two: no rank check, no entry in the stack of held locks. For spin_lock_two only. */
void spin_lock_second(struct spinlock *l);
void spin_unlock_second(struct spinlock *l);
#else
__lock_internal static inline void spin_lock(struct spinlock *l)
{
	ticket_take(l);
}

__lock_internal static inline bool spin_trylock(struct spinlock *l)
{
	return ticket_try(l);
}

__lock_internal static inline void spin_unlock(struct spinlock *l)
{
	ticket_release(l);
}

static inline bool spin_is_held(const struct spinlock *l)
{
	(void)l;
	return true;
}

static inline void spin_hand_over(struct spinlock *l, struct task *from, struct task *to)
{
	(void)l, (void)from, (void)to;
}

static inline void spin_lock_second(struct spinlock *l)
{
	ticket_take(l);
}

static inline void spin_unlock_second(struct spinlock *l)
{
	ticket_release(l);
}
#endif

__lock_internal static inline irqflags_t spin_lock_irqsave(struct spinlock *l)
{
	irqflags_t flags = irq_save();

	spin_lock(l);
	return flags;
}

__lock_internal static inline void spin_unlock_irqrestore(struct spinlock *l, irqflags_t flags)
{
	spin_unlock(l);
	irq_restore(flags);
}

/* Two of one rank, in address order; a == b takes it once. */
void spin_lock_two(struct spinlock *a, struct spinlock *b);
void spin_unlock_two(struct spinlock *a, struct spinlock *b);

/* Rank checks for sleeping locks, and "no spinlock is held here" for whatever sleeps. Nothing without DEBUG. */
#ifdef PANDO_DEBUG
void lock_rank_push(const void *lock, enum lock_rank rank, const char *name);
void lock_rank_pop(const void *lock);
void assert_may_sleep(void);
#else
static inline void lock_rank_push(const void *lock, enum lock_rank rank, const char *name)
{
	(void)lock, (void)rank, (void)name;
}
static inline void lock_rank_pop(const void *lock)
{
	(void)lock;
}
static inline void assert_may_sleep(void)
{
}
#endif
