/*
 * What checks spinlocks in debug builds; the locks themselves are in line in spinlock.h.
 *
 * Each task carries a stack of the locks it holds (task->locks), sleeping ones included. Taking a
 * lock asserts that its rank is above every rank on the stack, which makes a deadlock by order
 * impossible, whether or not the other hart happens to be there. An interrupt handler runs on the
 * stack of the task it interrupted; the locks that task holds are then no concern of the order,
 * since the handler never waits for them: entries made in an interrupt are marked with IN_IRQ and
 * compared with one another only.
 *
 * The rule for interrupts: a lock that handlers take is never held with interrupts on, or the
 * handler would spin for ever on its own hart. Each lock remembers both uses; the second kind of
 * use panics.
 *
 * During a panic nothing is checked: the checks would only bury the first message.
 */
#include "kernel/core/spinlock.h"

#include "kernel/core/panic.h"
#include "kernel/task/task.h"

/* Addresses order two locks of one rank, so two harts that want the same two never wait for each
 * other. */
void spin_lock_two(struct spinlock *a, struct spinlock *b)
{
	struct spinlock *first = a < b ? a : b, *second = a < b ? b : a;

	spin_lock(first);
	if (second != first)
		spin_lock_second(second);
}

void spin_unlock_two(struct spinlock *a, struct spinlock *b)
{
	struct spinlock *first = a < b ? a : b, *second = a < b ? b : a;

	if (second != first)
		spin_unlock_second(second);
	spin_unlock(first);
}

#ifndef PANDO_DEBUG

void spinlock_init(struct spinlock *l, const char *name, enum lock_rank rank)
{
	(void)name, (void)rank;
	*l = (struct spinlock)SPINLOCK_INIT(name, rank);
}

#else

#define IN_IRQ 0x80

static bool in_interrupt(void)
{
	return hart_table != NULL && hart_this()->in_interrupt;
}

void spinlock_init(struct spinlock *l, const char *name, enum lock_rank rank)
{
	*l = (struct spinlock)SPINLOCK_INIT(name, rank);
}

static void rank_check(const struct lock_stack *s, enum lock_rank rank, unsigned mark,
		       bool equal_ok, const char *name)
{
	for (unsigned i = 0; i < s->depth; i++) {
		unsigned held = s->rank[i] & ~IN_IRQ;

		if ((s->rank[i] & IN_IRQ) != mark || held < rank || (equal_ok && held == rank))
			continue;
		panic("lock order: \"%s\" of rank %u wanted while a lock of rank %u is held", name,
		      rank, held);
	}
}

/* Without interrupts, like held_pop: a handler would use the same place for its own locks. */
static void held_push(struct task *t, const void *lock, unsigned marked_rank)
{
	struct lock_stack *s = &t->locks;
	irqflags_t irq = irq_save();

	if (s->depth == ARRAY_SIZE(s->lock))
		panic("more than %u locks held", s->depth);
	s->lock[s->depth] = lock;
	s->rank[s->depth++] = (unsigned char)marked_rank;
	irq_restore(irq);
}

/* Locks are mostly, but not always, dropped in the reverse order. Returns the marked rank. */
static unsigned held_pop(struct task *t, const void *lock)
{
	struct lock_stack *s = &t->locks;
	irqflags_t irq = irq_save();
	unsigned i = s->depth, rank;

	while (i > 0 && s->lock[i - 1] != lock)
		i--;
	if (i == 0) {
		irq_restore(irq);
		if (panic_in_progress())
			return 0;
		panic("unlock of a lock at %p that this task does not hold", lock);
	}
	rank = s->rank[i - 1];
	for (s->depth--; i <= s->depth; i++) {
		s->lock[i - 1] = s->lock[i];
		s->rank[i - 1] = s->rank[i];
	}
	irq_restore(irq);
	return rank;
}

static void irq_rule_check(struct spinlock *l)
{
	if (in_interrupt())
		atomic_store_explicit(&l->used_in_irq, true, memory_order_relaxed);
	else if (irq_enabled())
		atomic_store_explicit(&l->used_irqs_open, true, memory_order_relaxed);
	if (atomic_load_explicit(&l->used_in_irq, memory_order_relaxed) &&
	    atomic_load_explicit(&l->used_irqs_open, memory_order_relaxed))
		panic("spinlock \"%s\" is taken by interrupt handlers, and also with interrupts on",
		      l->name);
}

void spin_lock(struct spinlock *l)
{
	unsigned mark = in_interrupt() ? IN_IRQ : 0;

	if (!panic_in_progress()) {
		if (l->holder == current)
			panic("spinlock \"%s\" taken twice", l->name);
		irq_rule_check(l);
		rank_check(&current->locks, l->rank, mark, false, l->name);
	}
	lock_word_take(l);
	l->holder = current;
	held_push(current, l, l->rank | mark);
}

bool spin_trylock(struct spinlock *l)
{
	if (!lock_word_try(l))
		return false;
	l->holder = current;
	held_push(current, l, l->rank | (in_interrupt() ? IN_IRQ : 0));
	return true;
}

void spin_unlock(struct spinlock *l)
{
	held_pop(current, l);
	l->holder = NULL;
	lock_word_drop(l);
}

void spin_lock_second(struct spinlock *l)
{
	lock_word_take(l);
	l->holder = current;
}

void spin_unlock_second(struct spinlock *l)
{
	l->holder = NULL;
	lock_word_drop(l);
}

bool spin_is_held(const struct spinlock *l)
{
	return l->holder == current;
}

void spin_hand_over(struct spinlock *l, struct task *from, struct task *to)
{
	held_push(to, l, held_pop(from, l));
	l->holder = to;
}

void lock_rank_push(const void *lock, enum lock_rank rank, const char *name)
{
	/* Sleeping locks of one rank nest where their owners define an order: directories, parents
	 * first. */
	if (!panic_in_progress())
		rank_check(&current->locks, rank, 0, true, name);
	held_push(current, lock, rank);
}

void lock_rank_pop(const void *lock)
{
	held_pop(current, lock);
}

void assert_may_sleep(void)
{
	const struct lock_stack *s = &current->locks;

	if (panic_in_progress())
		return;
	if (in_interrupt())
		panic("an interrupt handler wants to sleep");
	for (unsigned i = 0; i < s->depth; i++)
		if ((s->rank[i] & ~IN_IRQ) >= LOCK_RANK_TASKS)
			panic("a spinlock of rank %u is held by a task that wants to sleep",
			      s->rank[i] & ~IN_IRQ);
}

#endif
