/*
 * Which code a task reaches, for fuzzers (make COV=1): kernel/task/coverage.c. Without COV the
 * functions below are nothing and struct task has no field for it.
 */
#pragma once

#include "kernel/task/task.h"

#ifdef PANDO_COV

/* An empty recording with one reference, or NULL. */
struct coverage *coverage_create(void);
struct coverage *coverage_get(struct coverage *c);
/* Any context; NULL is legal. */
void coverage_put(struct coverage *c);

/* From now on current, and whoever it clones, records into c; NULL: nowhere. Takes its own
 * reference. */
void coverage_set(struct coverage *c);
/* The words of the recording, their number, and how to empty it. Bit i of them all is the
 * instruction at _text + 2 * i. Others may be adding to it meanwhile. */
const uint64_t *coverage_words(const struct coverage *c, size_t *count);
void coverage_clear(struct coverage *c);

static inline void coverage_inherit(struct task *child, const struct task *from)
{
	child->coverage = coverage_get(from->coverage);
}
static inline void coverage_drop(struct task *t)
{
	coverage_put(t->coverage);
}

#else

static inline void coverage_inherit(struct task *child, const struct task *from)
{
}
static inline void coverage_drop(struct task *t)
{
}

#endif
