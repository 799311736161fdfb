/*
 * offsets.c: proof that the numbers in offsets.h are what the compiler made of the structs.
 *
 * No code. When a line here fails to compile, a struct changed under the feet of the assembly:
 * change offsets.h.
 */
#include "arch/riscv/offsets.h"

#include "arch/page.h"
#include "arch/riscv/csr.h"
#include "kernel/task/task.h"

#define SAME(number, type, member) \
	static_assert((number) == offsetof(type, member), #type "." #member " moved")

SAME(TASK_PENDING_WORK, struct task, pending_work);
SAME(TASK_FAULT_DISABLED, struct task, fault_disabled);
SAME(TASK_KSTACK, struct task, kstack);
SAME(TASK_RA, struct task, arch.ra);
SAME(TASK_SP, struct task, arch.sp);
SAME(TASK_S(0), struct task, arch.s[0]);
SAME(TASK_S(11), struct task, arch.s[11]);
SAME(TASK_SCRATCH, struct task, arch.scratch);
SAME(TASK_FRAME, struct task, arch.frame);
SAME(TASK_FP, struct task, arch.fp);

SAME(TF_PC, struct trapframe, pc);
SAME(TF_REG(1), struct trapframe, ra);
SAME(TF_REG(2), struct trapframe, sp);
SAME(TF_REG(4), struct trapframe, tp);
SAME(TF_REG(5), struct trapframe, t0);
SAME(TF_REG(8), struct trapframe, s0);
SAME(TF_REG(10), struct trapframe, a0);
SAME(TF_REG(18), struct trapframe, s2);
SAME(TF_REG(28), struct trapframe, t3);
SAME(TF_REG(31), struct trapframe, t6);
SAME(TF_STATUS, struct trapframe, status);
SAME(TF_CAUSE, struct trapframe, cause);
SAME(TF_BADADDR, struct trapframe, badaddr);
SAME(TF_ORIG_A0, struct trapframe, orig_a0);
static_assert(TF_SIZE == TRAPFRAME_SIZE, "trap frame grew");
static_assert(TF_SIZE % 16 == 0, "the stack stays aligned below a frame");
static_assert(STACK_SIZE == KSTACK_SIZE, "kernel stack size");
static_assert(sizeof(struct fp_state) == 264, "fp_regs.S writes f0-f31 and fcsr");
