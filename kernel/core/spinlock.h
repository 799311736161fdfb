/*
 * Spinlocks: whoever exchanges the word from 0 to 1 has it.
 *
 * A task that holds one is not switched out (the kernel is preempted only where it says so, and
 * taking a sleeping lock or blocking with a spinlock held is asserted against). A lock that an
 * interrupt handler also takes is always taken with the irqsave form. Owner, rank (lockrank.h) and
 * that rule are checked in debug builds; in others a lock is one word and taking it a handful of
 * instructions in line.
 *
 * Deliberately not a ticket lock. Tickets are first come, first served; but where harts outnumber
 * the processors of the machine below (an emulator or a hypervisor with 4 harts on 2 processors),
 * the one whose turn it is often does not run, and all others wait for it to be given a processor:
 * a contended queue took 600 times as long. Here whoever runs goes ahead. Critical sections are
 * short, so nobody is overtaken for long.
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
	atomic_uint held; /* 0 free, 1 held */
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
		.held = 0                                                                          \
	}
#endif

void spinlock_init(struct spinlock *l, const char *name, enum lock_rank rank);

/* The lock itself, without checks. Waiting only reads, so that the word's cache line can be shared
 * meanwhile. */
static __always_inline void lock_word_take(struct spinlock *l)
{
	while (unlikely(atomic_exchange_explicit(&l->held, 1, memory_order_acquire) != 0))
		while (atomic_load_explicit(&l->held, memory_order_relaxed) != 0)
			hart_relax();
}

static __always_inline bool lock_word_try(struct spinlock *l)
{
	return atomic_exchange_explicit(&l->held, 1, memory_order_acquire) == 0;
}

static __always_inline void lock_word_drop(struct spinlock *l)
{
	atomic_store_explicit(&l->held, 0, memory_order_release);
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
	lock_word_take(l);
}

__lock_internal static inline bool spin_trylock(struct spinlock *l)
{
	return lock_word_try(l);
}

__lock_internal static inline void spin_unlock(struct spinlock *l)
{
	lock_word_drop(l);
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
	lock_word_take(l);
}

static inline void spin_unlock_second(struct spinlock *l)
{
	lock_word_drop(l);
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

/* Rank checks for sleeping locks, and "no spinlock is held here" for whatever sleeps. Nothing
 * without DEBUG. */
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
