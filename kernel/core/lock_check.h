/*
 * Checks on locks, in debug builds: order, interrupts, sleeping, ownership. lock_check.c tells what
 * is checked and how; here is what a lock carries for it and what the locks' own code calls.
 *
 * A lock belongs to a class, made where it is initialised: all inodes' locks are one class, each
 * static lock is its own. What is learned about one lock holds for its class.
 *
 * Without DEBUG an id is an empty struct and every call an empty function.
 */
#pragma once

#include "kernel/core/lockrank.h"
#include "lib/types.h"

struct task;

/* How a lock is taken. */
#define LOCK_SPINS 1u  /* it is a spinlock: who has it may not sleep */
#define LOCK_TRIED 2u  /* it was free; nobody would have waited for it */
#define LOCK_IN_IRQ 4u /* by an interrupt handler; the checker's own mark */

#ifdef PANDO_DEBUG

/* One acquisition of a second class while a lock of a first is held, for the first time. */
struct lock_edge {
	struct lock_class *to;
	struct lock_edge *next; /* [graph] of the same first class; [i] once published */
	uintptr_t first_pc, to_pc; /* [i] where the two were taken */
};

struct lock_class {
	const char *name;	/* [i] */
	enum lock_rank rank;	/* [i] */
	unsigned uses;		/* [a] USED_* of lock_check.c */
	uintptr_t use_pc[2];	/* [graph] where first: in interrupts, with interrupts on */
	bool known;		/* [graph] in the list of classes */
	struct lock_class *next;  /* [graph] next known class */
	struct lock_edge *after;  /* [graph to write] classes taken while one of these is held */
	unsigned search;	/* [graph] the last search that came by */
	struct lock_edge *by;	/* [graph] and the edge it came through */
	struct lock_class *from, *queue; /* [graph] that edge's first class; next to look at */
};

struct lock_id {
	struct lock_class *class; /* [i] */
};

/* At file scope only: inside a function the class would go with it. */
#define LOCK_ID(lock_name, lock_rank)                                                              \
	{                                                                                          \
		&(struct lock_class)                                                               \
		{                                                                                  \
			.name = lock_name, .rank = lock_rank                                       \
		}                                                                                  \
	}
/* Gives *id the class of this place in the source. */
#define lock_id_init(id, lock_name, lock_rank)                                                     \
	do {                                                                                       \
		static struct lock_class here = { .name = lock_name, .rank = lock_rank };          \
		(id)->class = &here;                                                               \
	} while (0)

/* What a task holds; part of struct task. A task that held more locks at once would be told so. */
#define LOCKS_HELD_MAX 24
struct lock_stack {
	struct held_lock {
		const void *lock;
		struct lock_class *class;
		uintptr_t pc; /* where it was taken */
		unsigned how; /* LOCK_* */
	} held[LOCKS_HELD_MAX];
	unsigned depth;
	/* What it waits for, and what a handler on top of it does; lock NULL: nothing. */
	struct held_lock wanted[2];
};

/* current is about to wait for the lock, if need be: panics when it must not. pc 0: the caller's.
 * Then one of the next two. */
void lock_check_want(const void *lock, struct lock_id id, unsigned how, uintptr_t pc);
/* It has the lock. Also after a successful try, without a want. */
void lock_check_got(const void *lock, struct lock_id id, unsigned how, uintptr_t pc);
/* It has given up waiting. */
void lock_check_gave_up(const void *lock);
/* It is about to drop the lock. */
void lock_check_drop(const void *lock, struct lock_id id);
/* A lock goes from one task to another without being dropped. */
void lock_check_hand_over(const void *lock, struct lock_id id, struct task *from, struct task *to);

/* The caller may sleep after this point, whether or not it will: no spinlock is held, interrupts
 * are on, no handler runs. */
void might_sleep(void);
/* current is about to leave the kernel, or life: with no lock. */
void lock_check_none_held(const char *when);
/* Prints the locks that t holds and waits for. t is current, asleep, or stopped by a panic. */
void lock_check_print(const struct task *t);

#else

struct lock_id {};

#define LOCK_ID(lock_name, lock_rank) {}
#define lock_id_init(id, lock_name, lock_rank) ((void)(id), (void)(lock_name), (void)(lock_rank))

static inline void lock_check_want(const void *lock, struct lock_id id, unsigned how, uintptr_t pc)
{
}
static inline void lock_check_got(const void *lock, struct lock_id id, unsigned how, uintptr_t pc)
{
}
static inline void lock_check_gave_up(const void *lock)
{
}
static inline void lock_check_drop(const void *lock, struct lock_id id)
{
}
static inline void might_sleep(void)
{
}
static inline void lock_check_none_held(const char *when)
{
}
static inline void lock_check_print(const struct task *t)
{
}

#endif
