#include "kernel/alloc/kmap.h"

#include "arch/task.h"
#include "kernel/alloc/page.h"
#include "kernel/alloc/slab.h"
#include "kernel/task/task.h"

/*
 * Kernel stacks: KSTACK_SIZE of memory in the KMAP window with an unmapped page below.
 *
 * To map a stack costs four frames and four page-table entries, to unmap it a flush of every hart's TLB. So each hart
 * keeps some freed stacks, mapped, chained through their lowest words, which nobody has used yet when a
 * stack is new and nobody uses any more when it is freed. Only its hart touches the chain, with interrupts off.
 */

struct stack_cache {
	void *chain;
	unsigned count;
} __aligned(64);

static struct stack_cache *stack_caches; /* [a] one per hart, made at the first free; NULL before */
static unsigned cache_size;		 /* [i] with stack_caches */

/* Interrupts off. NULL until there is a hart table, or when memory is short: then stacks are unmapped at once. */
static struct stack_cache *stacks_here(void)
{
	struct stack_cache *array = __atomic_load_n(&stack_caches, __ATOMIC_ACQUIRE), *none = NULL;
	struct page_stats stats;

	if (unlikely(array == NULL)) {
		array = hart_count > 0 ? kcalloc(hart_count, sizeof(*array)) : NULL;
		if (array == NULL)
			return NULL;
		page_stats_get(&stats);
		cache_size = clamp((unsigned)(stats.total / (hart_count * 1024UL)), 2u, 16u);
		if (!__atomic_compare_exchange_n(&stack_caches, &none, array, false, __ATOMIC_ACQ_REL,
						 __ATOMIC_ACQUIRE)) {
			kfree(array);
			array = none;
		}
	}
	return &array[atomic_load_explicit(&current->hart, memory_order_relaxed)];
}

void *kstack_alloc(void)
{
	irqflags_t irq = irq_save();
	struct stack_cache *here = stacks_here();
	void *stack = here != NULL ? here->chain : NULL;

	if (likely(stack != NULL)) {
		here->chain = *(void **)stack;
		here->count--;
	}
	irq_restore(irq);
	return stack != NULL ? stack : kmap_pages(KSTACK_SIZE, 0);
}

void kstack_free(void *stack)
{
	struct stack_cache *here;
	irqflags_t irq;

	if (stack == NULL)
		return;
	irq = irq_save();
	here = stacks_here();
	if (likely(here != NULL && here->count < cache_size)) {
		*(void **)stack = here->chain;
		here->chain = stack;
		here->count++;
		stack = NULL;
	}
	irq_restore(irq);
	kmap_free(stack);
}
