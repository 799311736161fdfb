/*
 * backtrace.c: who called whom, by the chain of frame pointers.
 *
 * Every function of the kernel keeps one (-fno-omit-frame-pointer): s0 points just above a pair
 *
 *	fp - 8	 return address
 *	fp - 16	 caller's fp
 *
 * Traps from user mode start with s0 = 0, which ends the chain. A chain can't be trusted when the
 * kernel is in trouble: each step must move up, stay aligned and stay within one stack's size of
 * the first.
 */
#include "arch/machine.h"

#include "arch/page.h"
#include "arch/task.h"

struct frame_record {
	uintptr_t fp, ra;
};

extern const char _text[], _etext[];

static bool is_text(uintptr_t pc)
{
	return pc >= (uintptr_t)_text && pc < (uintptr_t)_etext;
}

unsigned arch_backtrace(uintptr_t *pcs, unsigned max, uintptr_t fp)
{
	const struct frame_record *record;
	uintptr_t first;
	unsigned n = 0;

	/* A function that calls nobody saves no return address, and its record looks different: be
	 * none. */
	__asm__ volatile("" ::: "ra");
	if (fp == 0)
		fp = (uintptr_t)__builtin_frame_address(0);
	first = fp;
	while (n < max && fp >= DIRECT_BASE && fp % 16 == 0 && fp - first < KSTACK_SIZE) {
		record = (const struct frame_record *)fp - 1;
		if (!is_text(record->ra))
			break;
		/* The call before it: behind a call that never returns another function begins. */
		pcs[n++] = record->ra - 2;
		if (record->fp <= fp)
			break;
		fp = record->fp;
	}
	return n;
}
