/*
 * offsets.h: what assembly knows about C's structs. offsets.c proves every number at compile time.
 */
#pragma once

/* struct task */
#define TASK_PENDING_WORK   16
#define TASK_FAULT_DISABLED 20
#define TASK_KSTACK	    40
#define TASK_ARCH	    48
#define TASK_RA		    (TASK_ARCH + 0)
#define TASK_SP		    (TASK_ARCH + 8)
#define TASK_S(n)	    (TASK_ARCH + 16 + 8 * (n))
#define TASK_SCRATCH	    (TASK_ARCH + 112)
#define TASK_FRAME	    (TASK_ARCH + 120)
#define TASK_FP		    (TASK_ARCH + 128)

/* struct trapframe: pc, then x1 to x31 in order, then the CSRs. */
#define TF_REG(n)   (8 * (n))
#define TF_PC	    0
#define TF_STATUS   256
#define TF_CAUSE    264
#define TF_BADADDR  272
#define TF_ORIG_A0  280
#define TF_SIZE	    288

/* The kernel's stacks (arch/task.h), and the place of the user frame above the lowest address. */
#ifdef PANDO_ASAN
#define STACK_SHIFT 15
#else
#define STACK_SHIFT 14
#endif
#define STACK_SIZE  (1 << STACK_SHIFT)
#define STACK_FRAME (STACK_SIZE - TF_SIZE)
