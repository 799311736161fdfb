/*
 * backtrace.c: who called whom, by the chain of frame pointers.
 *
 * Every function of the kernel keeps one (-fno-omit-frame-pointer): s0 points just above a pair
 *
 *	fp - 8	 return address
 *	fp - 16	 caller's fp
 *
 * Traps from user mode start with s0 = 0, which ends the chain. A trap from the kernel leaves its
 * frame where trap_kernel's own begins: there the chain goes on with the registers of the code that
 * was interrupted. That code may be a function that calls nobody; then it saved no return address,
 * only s0, at fp - 8, and the address is in the frame's ra.
 *
 * A chain can't be trusted when the kernel is in trouble: each step must move up, stay aligned and
 * stay within one stack's size of the first.
 */
#include "arch/machine.h"

#include "arch/page.h"
#include "arch/task.h"
#include "kernel/task/task.h"

struct frame_record {
	uintptr_t fp, ra;
};

extern const char _text[], _etext[];

static bool is_text(uintptr_t pc)
{
	return pc >= (uintptr_t)_text && pc < (uintptr_t)_etext;
}

/* entry.S: where trap_kernel returns to. */
extern const char trap_kernel_return[];

static bool is_frame(uintptr_t fp, uintptr_t first)
{
	return fp >= DIRECT_BASE && fp % 16 == 0 && fp - first < KSTACK_SIZE;
}

/* Goes on with what a trap interrupted. */
static uintptr_t trap_follow(const struct trapframe *tf, uintptr_t *pcs, unsigned *n, unsigned max,
			     uintptr_t first)
{
	const struct frame_record *record = (const struct frame_record *)tf->s0 - 1;

	if (*n < max)
		pcs[(*n)++] = tf->pc;
	if (!is_frame(tf->s0, first) || is_text(record->ra))
		return tf->s0;
	if (*n < max && is_text(tf->ra))
		pcs[(*n)++] = tf->ra - 2;
	return record->ra;
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
	while (n < max && is_frame(fp, first)) {
		record = (const struct frame_record *)fp - 1;
		if (record->ra == (uintptr_t)trap_kernel_return) {
			fp = trap_follow((const struct trapframe *)fp, pcs, &n, max, first);
			continue;
		}
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

uintptr_t arch_task_fp(const struct task *t)
{
	return t->arch.s[0];
}
