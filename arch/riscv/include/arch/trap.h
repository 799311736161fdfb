/*
 * The register frame that every trap from user mode leaves at the top of the kernel stack.
 *
 * The first 32 words are struct user_regs_struct of Linux/riscv64 (what ptrace and core files
 * show), so they can be copied out as they lie.
 *
 * A system call returns without reloading s1 to s11, which the kernel's own C code has kept. So
 * whoever changes these in the frame of a task that is in a system call makes the return a full
 * one: by trapframe_forget_syscall, or by a bit in the task's pending_work.
 */
#pragma once

#include "lib/types.h"

struct trapframe {
	uint64_t pc;
	uint64_t ra, sp, gp, tp;
	uint64_t t0, t1, t2;
	uint64_t s0, s1;
	uint64_t a0, a1, a2, a3, a4, a5, a6, a7;
	uint64_t s2, s3, s4, s5, s6, s7, s8, s9, s10, s11;
	uint64_t t3, t4, t5, t6;
	uint64_t status;  /* sstatus */
	uint64_t cause;	  /* scause */
	uint64_t badaddr; /* stval */
	uint64_t orig_a0; /* a0 at system-call entry, for restart */
};

#define TRAPFRAME_SIZE 288
_Static_assert(sizeof(struct trapframe) == TRAPFRAME_SIZE, "assembly knows this size");

static inline bool trapframe_is_user(const struct trapframe *tf)
{
	return !(tf->status & (1UL << 8)); /* sstatus.SPP */
}

/* Did user mode come in by ecall, so that a0 is a result and a restart makes sense? pc is already
 * behind the ecall: a restart sets a0 = orig_a0 and pc -= 4. */
static inline bool trapframe_is_syscall(const struct trapframe *tf)
{
	return tf->cause == 8;
}

/* From now on it does not: the registers mean something else (sigreturn, exec), or a restart is
 * settled. */
static inline void trapframe_forget_syscall(struct trapframe *tf)
{
	tf->cause = ~0UL;
}
