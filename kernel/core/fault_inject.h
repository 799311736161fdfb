/*
 * Failures on demand, for tests (make FAULTS=1, part of DEBUG=1): page frames that are not to be
 * had, objects that are not to be had, user memory that can't be copied.
 *
 * Without FAULTS every question below is the constant false and costs nothing.
 */
#pragma once

#include "lib/cmdline.h"
#include "lib/errno.h"
#include "lib/types.h"

enum fault_kind { FAULT_PAGE, FAULT_SLAB, FAULT_COPY, FAULT_KINDS };

#ifdef PANDO_FAULTS

#define FAULTS_IS_BUILT true

struct fault_site;

/* What a task has of this; part of struct task. */
struct fault_state {
	unsigned nth;		 /* [t] questions until one is answered yes; 0: not armed */
	bool spared;		 /* [t] has given rules: they do not hold for itself */
	bool forgiven;		 /* [t] set by a failure; fault_was_injected and
				  * fault_forgive_end clear it */
	struct fault_site *last; /* [t] where fault_nth_set's failure has happened; NULL: not yet */
};

/* Should the caller fail, as if the resource were not there? Asked at the entrance of the function
 * that would provide it. Any context; interrupt handlers and kernel threads are told no. */
bool fault_inject(enum fault_kind kind);

/* True once after a failure was injected into current: nothing is really short, so nobody needs to
 * be killed for it. */
bool fault_was_injected(void);
/* current begins a system call: what failed in an earlier one explains no shortage any more. */
void fault_forgive_end(void);

/* current's nth question from now on (1: the next) is answered yes; 0 disarms. */
void fault_nth_set(unsigned nth);
/* What is left of it; 0: it has happened, or was never set. */
unsigned fault_nth(void);
/* Where it has happened: the kind's name, or NULL when it has not. */
const char *fault_nth_where(uintptr_t *pc);

/* One rule for everybody: fail_page=N and so on, as fault_inject.c lists them. 0; -ENOENT: no such
 * word; -EINVAL: no such value. */
int fault_rule_set(const struct cmdline_arg *arg) __must_check;
/* The rules in text, blanks between; they do not hold for current. 0, or -EINVAL: the rules before
 * the wrong one stand. */
int fault_rules_set(const char *text) __must_check;

/* Every place that has asked: its kind, its address, how often it has asked and how often it was
 * told to fail. */
void fault_sites_show(void (*show)(const char *kind, uintptr_t pc, uint64_t asked, uint64_t failed,
				   void *arg),
		      void *arg);

#else

#define FAULTS_IS_BUILT false

static inline bool fault_inject(enum fault_kind kind)
{
	return false;
}
static inline bool fault_was_injected(void)
{
	return false;
}
static inline void fault_forgive_end(void)
{
}
static inline int fault_rule_set(const struct cmdline_arg *arg)
{
	return -EINVAL; /* not in this kernel */
}

#endif
