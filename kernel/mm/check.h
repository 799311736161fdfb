/*
 * The checker: are all counts of page tables and anonymous pages what the tables say?
 */
#pragma once

#include "lib/types.h"

struct mm_check {
	uint64_t spaces;	/* address spaces looked at */
	uint64_t tables, shared; /* leaf tables; of them with more than one sharer */
	uint64_t entries;	/* in leaf tables, each table once */
	uint64_t anon_pages;	/* distinct ones */
	uint64_t disagreements; /* each is printed, the first few with their values */
};

/* Stops all address spaces (faults and mapping calls wait), walks all their tables, compares.
 * Sleeps; no mm lock held. */
void mm_check(struct mm_check *result);
/* What the last one found; zeros before there was one. */
void mm_check_last(struct mm_check *result);
