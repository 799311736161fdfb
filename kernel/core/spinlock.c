/*
 * Spinlocks in debug builds, where each step tells kernel/core/lock_check.c of it; and two locks of
 * one rank in any build. The locks themselves are in line in spinlock.h.
 */
#include "kernel/core/spinlock.h"

#include "kernel/core/panic.h"
#include "kernel/core/perturb.h"
#include "kernel/task/task.h"

/* Addresses order two locks of one rank, so two harts that want the same two never wait for each
 * other. */
__lock_unchecked void spin_lock_two(struct spinlock *a, struct spinlock *b)
{
	struct spinlock *first = a < b ? a : b, *second = a < b ? b : a;

	spin_lock(first);
	if (second != first)
		spin_lock_second(second);
}

__lock_unchecked void spin_unlock_two(struct spinlock *a, struct spinlock *b)
{
	struct spinlock *first = a < b ? a : b, *second = a < b ? b : a;

	if (second != first)
		spin_unlock(second);
	spin_unlock(first);
}

#ifdef PANDO_DEBUG

static void taken(struct spinlock *l, unsigned how, void *pc)
{
	l->holder = current;
	lock_check_got(l, l->id, how, (uintptr_t)pc);
}

__lock_unchecked void spin_lock(struct spinlock *l)
{
	void *pc = __builtin_return_address(0);

	lock_check_want(l, l->id, LOCK_SPINS, (uintptr_t)pc);
	if (!panic_in_progress())
		perturb_delay();
	lock_word_take(l);
	taken(l, LOCK_SPINS, pc);
}

__lock_unchecked bool spin_trylock(struct spinlock *l)
{
	if (!lock_word_try(l))
		return false;
	taken(l, LOCK_SPINS | LOCK_TRIED, __builtin_return_address(0));
	return true;
}

__lock_unchecked void spin_unlock(struct spinlock *l)
{
	lock_check_drop(l, l->id);
	l->holder = NULL;
	lock_word_drop(l);
	perturb_preempt();
}

__lock_unchecked void spin_lock_second(struct spinlock *l)
{
	lock_word_take(l);
	taken(l, LOCK_SPINS, __builtin_return_address(0));
}

bool spin_is_held(const struct spinlock *l)
{
	return l->holder == current;
}

__lock_unchecked void spin_assert_held(const struct spinlock *l)
{
	if (!spin_is_held(l) && !panic_in_progress())
		panic("\"%s\" should be held here", l->id.class->name);
}

void spin_hand_over(struct spinlock *l, struct task *from, struct task *to)
{
	lock_check_hand_over(l, l->id, from, to);
	l->holder = to;
}

#endif
