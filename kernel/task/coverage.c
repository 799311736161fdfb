/*
 * Which code a task reaches.
 *
 * A fuzzer keeps the programs that make the kernel do something new, and so must be told what they
 * made it do. In a kernel built with COV=1 the compiler calls __sanitizer_cov_trace_pc at the head
 * of every basic block. If the running task records, the address that it was called from becomes a
 * bit of the task's recording: a bitmap over the kernel's text, a bit for every two bytes.
 *
 * A recording belongs to an open file (/proc/pando/coverage, kernel/procfs/proc_coverage.c) and to
 * the tasks that record into it, by count; a clone records where its maker does, so what a whole
 * family reaches ends up in one place, and survives it. Interrupt handlers don't record: they would
 * make every program look new.
 *
 * The order in which code was reached, and how often, is not kept: whether a program is new takes
 * neither. Lines are counted by other means (tools/coverage).
 *
 * This file is the one that is compiled without the calls.
 */
#include "kernel/task/coverage.h"

#include "kernel/alloc/slab.h"
#include "lib/bits.h"
#include "lib/string.h"

struct coverage {
	struct ref ref;
	size_t count; /* [i] words */
	_Atomic uint64_t words[];
};

extern const char _text[], _etext[];

void __sanitizer_cov_trace_pc(void); /* the compiler calls it; nobody else */

void __sanitizer_cov_trace_pc(void)
{
	struct coverage *c = current->coverage;
	uint64_t bit, at;

	if (likely(c == NULL) || READ_ONCE(hart_this()->in_interrupt))
		return;
	at = ((uintptr_t)__builtin_return_address(0) - (uintptr_t)_text) / 2;
	bit = 1UL << (at % 64);
	if (at / 64 < c->count &&
	    !(atomic_load_explicit(&c->words[at / 64], memory_order_relaxed) & bit))
		atomic_fetch_or_explicit(&c->words[at / 64], bit, memory_order_relaxed);
}

struct coverage *coverage_create(void)
{
	size_t count = DIV_ROUND_UP((size_t)(_etext - _text) / 2, 64);
	struct coverage *c = kzalloc(sizeof(*c) + count * sizeof(uint64_t));

	if (c == NULL)
		return NULL;
	ref_init(&c->ref);
	c->count = count;
	return c;
}

struct coverage *coverage_get(struct coverage *c)
{
	if (c != NULL)
		ref_get(&c->ref);
	return c;
}

void coverage_put(struct coverage *c)
{
	if (c != NULL && ref_put(&c->ref))
		kfree(c);
}

void coverage_set(struct coverage *c)
{
	struct coverage *old = current->coverage;

	current->coverage = coverage_get(c);
	coverage_put(old);
}

const uint64_t *coverage_words(const struct coverage *c, size_t *count)
{
	*count = c->count;
	return (const uint64_t *)c->words;
}

void coverage_clear(struct coverage *c)
{
	memset((void *)c->words, 0, c->count * sizeof(uint64_t));
}
