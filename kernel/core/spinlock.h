/*
 * Spinlocks: whoever exchanges the word from 0 to 1 has it.
 *
 * A task that holds one is not switched out (the kernel is preempted only where it says so, and
 * taking a sleeping lock or blocking with a spinlock held is asserted against). A lock that an
 * interrupt handler also takes is always taken with the irqsave form. Debug builds check that rule,
 * the order of locks and their owners (lock_check.c); in others a lock is one word and taking it a
 * handful of instructions in line.
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
#include "kernel/core/lock_attr.h"
#include "kernel/core/lock_check.h"
#include "lib/types.h"

struct __lock_type("spinlock") spinlock {
	atomic_uint held; /* 0 free, 1 held */
	struct lock_id id;
#ifdef PANDO_DEBUG
	struct task *holder; /* who holds it */
#endif
};

/* At file scope. */
#define SPINLOCK_INIT(lock_name, lock_rank)                                                        \
	{                                                                                          \
		.held = 0, .id = LOCK_ID(lock_name, lock_rank)                                     \
	}

#define spinlock_init(l, name, rank)                                                               \
	do {                                                                                       \
		*(l) = (struct spinlock){ .held = 0 };                                             \
		lock_id_init(&(l)->id, name, rank);                                                \
	} while (0)

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
SPINLOCK_API bool spin_trylock(struct spinlock *l) __acquires_if(true, *l);
SPINLOCK_API void spin_unlock(struct spinlock *l) __releases(*l);
static __always_inline irqflags_t spin_lock_irqsave(struct spinlock *l) __acquires(*l);
static __always_inline void spin_unlock_irqrestore(struct spinlock *l, irqflags_t flags)
	__releases(*l);

#ifdef PANDO_DEBUG
/* True if this task holds l; always true in builds that don't track it, so only for assert. */
bool spin_is_held(const struct spinlock *l);
void spin_assert_held(const struct spinlock *l) __asserts_held(*l);
/* The scheduler takes a run queue's lock as one task and drops it as another. */
void spin_hand_over(struct spinlock *l, struct task *from, struct task *to);
/* The second of two of one class: no check of the order. For spin_lock_two only. */
void spin_lock_second(struct spinlock *l);
#else
__lock_unchecked static inline void spin_lock(struct spinlock *l)
{
	lock_word_take(l);
}

__lock_unchecked static inline bool spin_trylock(struct spinlock *l)
{
	return lock_word_try(l);
}

__lock_unchecked static inline void spin_unlock(struct spinlock *l)
{
	lock_word_drop(l);
}

static inline bool spin_is_held(const struct spinlock *l)
{
	(void)l;
	return true;
}

static inline void spin_assert_held(const struct spinlock *l) __asserts_held(*l)
{
}

static inline void spin_hand_over(struct spinlock *l, struct task *from, struct task *to)
{
	(void)l, (void)from, (void)to;
}

static inline void spin_lock_second(struct spinlock *l)
{
	lock_word_take(l);
}
#endif

__lock_unchecked static __always_inline irqflags_t spin_lock_irqsave(struct spinlock *l)
{
	irqflags_t flags = irq_save();

	spin_lock(l);
	return flags;
}

__lock_unchecked static __always_inline void spin_unlock_irqrestore(struct spinlock *l,
								   irqflags_t flags)
{
	spin_unlock(l);
	irq_restore(flags);
}

/* Two of one rank, in address order; a == b takes it once. */
void spin_lock_two(struct spinlock *a, struct spinlock *b);
void spin_unlock_two(struct spinlock *a, struct spinlock *b);
