/*
 * Commitment: how much memory has been promised, and the refusal of promises that can't be kept.
 *
 * What counts is every page that somebody may write and that nothing but memory can hold: private
 * writable areas (VM_ACCOUNT), objects of shared memory by their size, tmpfs by the pages it has.
 */
#pragma once

#include <stdatomic.h>

#include "lib/types.h"

struct mm;

enum overcommit { OVERCOMMIT_GUESS, OVERCOMMIT_ALWAYS, OVERCOMMIT_NEVER };

/* /proc/sys/vm; written by root alone, read as words. */
extern struct commit_settings {
	int overcommit;		/* enum overcommit */
	unsigned ratio;		/* percent of memory that mode 2 promises */
	uint64_t limit_kib;	/* the same as a size; 0: the ratio counts */
	uint64_t admin_reserve_kib, user_reserve_kib; /* what mode 2 keeps back */
	unsigned max_map_count;	/* areas in one address space */
} commit_settings;

/* Boot: the reserves follow from the size of memory. */
void commit_init(void);

/* An object's pages, promised for as long as it has them; mm: who asks, NULL: nobody. 0 or -ENOMEM.
 * Any context. */
int commit_reserve(const struct mm *mm, uint64_t pages) __must_check;
void commit_release(uint64_t pages);

/* May mm have so many pages more in areas with these VM_* flags? 0 or -ENOMEM. mm->lock held for
 * writing. The areas count for themselves then (commit_add, by vma.c). */
int commit_area_check(const struct mm *mm, unsigned flags, uint64_t pages) __must_check;
/* May pages that it has already get these flags? */
int commit_flags_check(const struct mm *mm, unsigned flags, uint64_t pages) __must_check;
/* No limits of the process, just the promise. */
int commit_promise_check(const struct mm *mm, unsigned flags, uint64_t pages) __must_check;
void commit_add(long pages);
/* Do pages of an area with these flags count? To be asked with VM_WRITE as it will be. */
bool commit_counts(unsigned flags);

uint64_t commit_total(void);
/* What mode 2 promises at most, in pages. */
uint64_t commit_limit(void);
