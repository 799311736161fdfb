/*
 * Failures on demand, for tests (make FAULTS=1, part of DEBUG=1): page frames that are not to be
 * had, objects that are not to be had, user memory that can't be copied.
 *
 * Without FAULTS every question below is the constant false and costs nothing.
 */
#pragma once

#include "lib/types.h"

enum fault_kind { FAULT_PAGE, FAULT_SLAB, FAULT_COPY, FAULT_KINDS };

#ifdef PANDO_FAULTS

/* What a task has of this; part of struct task. */
struct fault_state {
	unsigned nth;	/* [t] questions until one is answered yes; 0: not armed */
	bool failed;	/* [t] the last armed failure has happened */
	bool forgiven;	/* [t] set by a failure, until somebody asks fault_was_injected */
};

/* Should the caller fail, as if the resource were not there? Asked at the entrance of the function
 * that would provide it. Any context; interrupt handlers and kernel threads are told no. */
bool fault_inject(enum fault_kind kind);

/* True once after a failure was injected into current: nothing is really short, so nobody needs to
 * be killed for it. */
bool fault_was_injected(void);

/* current's nth question from now on (1: the next) is answered yes; 0 disarms. */
void fault_nth_set(unsigned nth);
/* What is left of it; 0: it has happened, or was never set. */
unsigned fault_nth(void);

/* Random failures: words fail_page=N, fail_slab=N, fail_copy=N of text say one in N questions (0:
 * none), fail_seed=S where the numbers start. Tasks other than init's and the kernel's are hit. 0,
 * or -EINVAL and nothing changed. */
int fault_rates_set(const char *text) __must_check;

/* Every place that has asked: its kind, its address, how often it was told no and yes. */
void fault_sites_show(void (*show)(const char *kind, uintptr_t pc, uint64_t asked, uint64_t failed,
				   void *arg),
		      void *arg);

#else

static inline bool fault_inject(enum fault_kind kind)
{
	return false;
}
static inline bool fault_was_injected(void)
{
	return false;
}

#endif
