/*
 * Kernel stacks: KSTACK_SIZE of memory in the KMAP window with an unmapped page below.
 *
 * To map a stack costs four frames and four page-table entries under a lock that all share, to
 * unmap it its part of a flush of every hart's TLB. So freed stacks stay mapped, chained through
 * their lowest words, which nobody has used yet when a stack is new and nobody uses any more when
 * it is freed: a few with each hart, which only it touches, with interrupts off, and more in a
 * common pool. Together the pool and the harts keep at most about 1/32 of memory; when it is short,
 * the harts' go to the pool and the pool's are freed.
 */
#include "kernel/alloc/kmap.h"

#include "arch/task.h"
#include "kernel/alloc/page.h"
#include "kernel/alloc/slab.h"
#include "kernel/core/asan.h"
#include "kernel/core/fault_inject.h"
#include "kernel/core/spinlock.h"
#include "kernel/task/task.h"

struct stack_chain {
	void *first;
	unsigned count;
} __aligned(64);

static struct stack_chain *hart_stacks; /* [a] one per hart, made at the first use; NULL before */
static unsigned hart_limit;		/* [i] with hart_stacks */

static struct spinlock pool_lock = SPINLOCK_INIT("kstacks", LOCK_RANK_KMAP);
static struct stack_chain pool; /* [pool_lock] */
static unsigned pool_limit;	/* [i] with hart_stacks */

static void *chain_pop(struct stack_chain *c)
{
	void *stack = c->first;

	if (stack == NULL)
		return NULL;
	c->first = *(void **)stack;
	ADD_ONCE(c->count, -1);
	return stack;
}

static bool chain_push(struct stack_chain *c, void *stack, unsigned limit)
{
	if (c->count >= limit)
		return false;
	*(void **)stack = c->first;
	c->first = stack;
	ADD_ONCE(c->count, 1);
	return true;
}

static void limits_set(void)
{
	struct page_stats stats;

	page_stats_get(&stats);
	pool_limit = (unsigned)(stats.total / 32 / (KSTACK_SIZE / PAGE_SIZE));
	hart_limit = clamp(pool_limit / (2 * hart_count), 1u, 8u);
}

/* Two harts may both come here: one array wins. NULL: no hart table yet, or no memory. */
static __noinline struct stack_chain *hart_stacks_make(void)
{
	struct stack_chain *array, *none = NULL;

	if (hart_count == 0)
		return NULL;
	array = kcalloc(hart_count, sizeof(*array));
	if (array == NULL)
		return NULL;
	limits_set();
	if (__atomic_compare_exchange_n(&hart_stacks, &none, array, false, __ATOMIC_ACQ_REL,
					__ATOMIC_ACQUIRE))
		return array;
	kfree(array);
	return none;
}

/* Interrupts off. NULL: only the pool can be used. */
static inline struct stack_chain *stacks_here(void)
{
	struct stack_chain *array = __atomic_load_n(&hart_stacks, __ATOMIC_ACQUIRE);

	if (unlikely(array == NULL))
		array = hart_stacks_make();
	return array != NULL ? &array[hart_index()] : NULL;
}

static void *pool_pop(void)
{
	void *stack;

	if (READ_ONCE(pool.count) == 0)
		return NULL;
	spin_lock(&pool_lock);
	stack = chain_pop(&pool);
	spin_unlock(&pool_lock);
	return stack;
}

static bool pool_push(void *stack)
{
	bool kept;

	spin_lock(&pool_lock);
	kept = chain_push(&pool, stack, pool_limit);
	spin_unlock(&pool_lock);
	return kept;
}

void *kstack_alloc(void)
{
	struct stack_chain *here;
	irqflags_t irq;
	void *stack;

	if (fault_inject(FAULT_PAGE))
		return NULL;
	irq = irq_save();
	here = stacks_here();
	stack = here != NULL ? chain_pop(here) : NULL;
	if (unlikely(stack == NULL))
		stack = pool_pop();
	irq_restore(irq);
	if (unlikely(stack == NULL))
		return kmap_pages(KSTACK_SIZE, 0);
	asan_unpoison(stack, KSTACK_SIZE);
	return stack;
}

void kstack_free(void *stack)
{
	struct stack_chain *here;
	irqflags_t irq;
	bool kept;

	if (stack == NULL)
		return;
	asan_poison(stack, KSTACK_SIZE, ASAN_STACK_FREED);
	irq = irq_save();
	here = stacks_here();
	kept = (here != NULL && chain_push(here, stack, hart_limit)) || pool_push(stack);
	irq_restore(irq);
	if (!kept)
		kmap_free(stack);
}

void kstack_drain_here(void)
{
	struct stack_chain *here = stacks_here();
	void *stack;

	if (here == NULL || here->count == 0)
		return;
	spin_lock(&pool_lock);
	while ((stack = chain_pop(here)) != NULL)
		(void)chain_push(&pool, stack, ~0u);
	spin_unlock(&pool_lock);
}

unsigned kstack_kept(void)
{
	struct stack_chain *array = __atomic_load_n(&hart_stacks, __ATOMIC_ACQUIRE);
	unsigned sum = READ_ONCE(pool.count);

	for (unsigned i = 0; array != NULL && i < hart_count; i++)
		sum += READ_ONCE(array[i].count);
	return sum;
}

void kstack_shrink(void)
{
	for (;;) {
		irqflags_t irq = irq_save();
		void *stack = pool_pop();

		irq_restore(irq);
		if (stack == NULL)
			return;
		kmap_free(stack);
	}
}
