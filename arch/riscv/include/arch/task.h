/*
 * The part of a task that the processor defines: saved registers, floating point, kernel stack.
 */
#pragma once

#include "arch/trap.h"

struct task;

/* Kernel stack; a guard page lies below it. With SAN=address every variable has gaps around it. */
#ifdef PANDO_ASAN
#define KSTACK_SIZE (8UL * 4096)
#else
#define KSTACK_SIZE (4UL * 4096)
#endif

struct fp_state {
	uint64_t f[32];
	uint32_t fcsr;
	uint32_t reserved;
};

/* [t] own task, or any hart while the task is switched out. */
struct arch_task {
	uint64_t ra, sp, s[12]; /* callee-saved registers of a task that is switched out */
	uint64_t scratch;	/* trap entry's: one register while it has no other place */
	struct trapframe *frame; /* [i] task_trapframe(), ready for trap entry */
	struct fp_state fp;	/* user's, valid when not live in the registers */
};

/* The user register frame of a task: fixed place at the top of its kernel stack. */
struct trapframe *task_trapframe(const struct task *t);

/* Switches this hart from prev to next, both locked out of other harts by the scheduler; returns,
 * on prev's stack when somebody switches back, the task that ran before. Interrupts off. Saves and
 * restores floating point lazily (dirty bit of sstatus.FS). Does not touch the address space. */
struct task *arch_task_switch(struct task *prev, struct task *next);

/* Makes a task that has a kernel stack begin in upcall_task_start() and then return to user mode as
 * regs say (a copy of the parent's frame with a0 = 0; sp and tp replaced when non-zero / when
 * set_tls). Floating point is copied from the caller if it is the parent's own. Cannot fail. */
void arch_task_init_user(struct task *child, const struct trapframe *regs, vaddr_t sp, bool set_tls,
			 vaddr_t tls);

/* Makes it begin in upcall_task_start() and then call fn(arg) in the kernel; when fn returns, with
 * interrupts on, the task goes to user mode by its frame if fn prepared one (a kernel thread that
 * has exec'd), that is: fn returns only after a successful exec, otherwise it calls task_exit
 * itself. */
void arch_task_init_kernel(struct task *child, int (*fn)(void *arg), void *arg);

/* Resets the frame and floating point for a new program: all registers 0 but pc and sp. */
void arch_task_exec(struct task *t, vaddr_t entry, vaddr_t sp);

/* Floating point of current: makes fp_state in memory current / makes memory count from now on. */
void arch_fp_save_current(void);
void arch_fp_load_current(void);
