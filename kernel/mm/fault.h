/*
 * Making memory appear: the inside of a page fault, for traps and for whoever works on an address
 * space from outside.
 */
#pragma once

#include "kernel/core/upcall.h"
#include "kernel/mm/vma.h"

/* Makes the page at addr accessible in that way, as the area allows. mm->lock held (either way). 0,
 * -EFAULT (no access), -ENOMEM, -EIO, -ERANGE: past the end of the file (SIGBUS). Sleeps. */
int mm_fault_in(struct mm *mm, struct vma *v, vaddr_t addr, enum fault_access access) __must_check;

/* Every page of [start, end), for that access. Takes mm->lock, again and again; may run long. 0,
 * -ENOMEM (hole, out of memory), -EFAULT (protection), -ERANGE (past the end of the file), -EINTR
 * (current is to die). kernel/mm/populate.c */
int mm_populate(struct mm *mm, vaddr_t start, vaddr_t end, enum fault_access access) __must_check;
/* The same as each area would be used: private pages as if written. Holes and areas that are locked
 * on fault only are passed over; when forgiving, so is the rest of an area at its first error. */
int mm_populate_areas(struct mm *mm, vaddr_t start, vaddr_t end, bool forgiving) __must_check;
