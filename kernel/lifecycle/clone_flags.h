/*
 * The flags of clone, clone3 and unshare, and the rules between them, as data.
 *
 * Whatever must agree about the flags is made from these two tables: the checks here, the reference
 * page (docs/clone.md), what the test of all pairs expects (tests/abi/clone_pairs.c), and the names
 * that trace events (kernel/sys/trace_decode.c) and gdb's `pando flags` put to a number.
 */
#pragma once

#include "kernel/abi/sched.h"

/* Which calls a flag or rule belongs to. */
#define BY_CLONE 1u  /* legacy clone; flags' low byte is the exit signal */
#define BY_CLONE3 2u
#define BY_UNSHARE 4u
#define BY_KERNEL 8u /* kernel threads and pid 1 */
#define BY_ANY 15u
#define BY_LATE 16u /* of rules: clone and clone3, by those who have the rights for the flags */

struct clone_flag {
	uint64_t bit;
	const char *name;    /* without CLONE_ */
	unsigned calls;	     /* where it is known: elsewhere EINVAL */
	const char *meaning; /* set means */
};

/* A combination that is refused: all of `set` given and none of `missing`. */
struct clone_rule {
	uint64_t set;
	uint64_t missing;
	unsigned calls;
	int error;
	const char *reason;
};

extern const struct clone_flag clone_flags[];
extern const unsigned clone_flag_count;
extern const struct clone_rule clone_rules[];
extern const unsigned clone_rule_count;

/* What they mean, with those that follow from them; what unshare calls otherwise has clone's name.
 * For flags that a program gave. */
uint64_t clone_flags_implied(uint64_t flags, unsigned by);

/* The first rule that flags break, as its -errno; -EINVAL for unknown flags; 0. by:
 * one BY_*; with BY_LATE only rules are looked at. */
int clone_flags_check(uint64_t flags, unsigned by) __must_check;
