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

/* Every page of [start, end) that can be had. Takes mm->lock. 0, -ENOMEM (hole or out of memory),
 * -EFAULT. */
int mm_populate(struct mm *mm, vaddr_t start, vaddr_t end, enum fault_access access) __must_check;
