/*
 * Where the parts of a program lie. See layout.c for the figure.
 */
#pragma once

#include "lib/types.h"

struct mm;

#define STACK_GUARD_GAP (256UL << 12) /* bytes that stay free below an area that grows down */
#define LAYOUT_RANDOM 16	      /* bytes that mm_layout_plan uses up */

/* Part of struct mm: set by exec before anything is mapped, constant from then on. */
struct mm_layout {
	vaddr_t stack_top;
	vaddr_t mmap_top;    /* mappings are placed downwards from here */
	vaddr_t mmap_bottom; /* or, if this is not 0, upwards from here */
	vaddr_t pie_base;    /* lowest address of a position-independent program */
	size_t brk_gap;	     /* between a program and its break */
};

/* /proc/sys/kernel/randomize_va_space: 0 nothing is random, 1 stack, mappings and programs are, 2
 * the break too. */
extern unsigned layout_randomize; /* [a] */

/* Chooses for a program that is run with this persona and stack limit (bytes). */
void mm_layout_plan(struct mm *mm, unsigned persona, uint64_t stack_limit,
		    const uint8_t random[LAYOUT_RANDOM]);

/* An address with len free bytes. mm->lock held for writing. 0, -ENOMEM. */
int mm_find_room(struct mm *mm, size_t len, vaddr_t *out) __must_check;
