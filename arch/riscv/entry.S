/*
 * entry.S: from a trap to C and back, and the first steps of new tasks.
 *
 * In user mode sscratch holds the running task; in the kernel tp does, and sscratch is 0. So one
 * swap tells where a trap came from. Either way a struct trapframe is written and C called on the
 * kernel stack:
 *
 *	ecall		the frame at the very top of the task's stack, then upcall_syscall(frame)
 *	from user mode	the same, then trap_user(frame)
 *	from the kernel	a frame below what is in use, then trap_kernel(frame)
 *
 * A kernel whose stack has run into its guard page can't have a frame: before writing one, sp is
 * checked against the task's stack, and an overflow is reported from an emergency stack.
 *
 * Floating-point registers are not touched here (see task.c). SUM is cleared on the way in, since
 * the kernel may have been interrupted inside a user copy, and comes back with the saved status.
 */
#include "arch/riscv/csr.h"
#include "arch/riscv/offsets.h"

/* All but x2 (sp) and x4 (tp), which the paths treat differently; x5 (t0) is up to the caller
 * too. */
.macro save_registers
	sd	ra, TF_REG(1)(sp)
	sd	gp, TF_REG(3)(sp)
	sd	t1, TF_REG(6)(sp)
	sd	t2, TF_REG(7)(sp)
	sd	s0, TF_REG(8)(sp)
	sd	s1, TF_REG(9)(sp)
	sd	a0, TF_REG(10)(sp)
	sd	a1, TF_REG(11)(sp)
	sd	a2, TF_REG(12)(sp)
	sd	a3, TF_REG(13)(sp)
	sd	a4, TF_REG(14)(sp)
	sd	a5, TF_REG(15)(sp)
	sd	a6, TF_REG(16)(sp)
	sd	a7, TF_REG(17)(sp)
	sd	s2, TF_REG(18)(sp)
	sd	s3, TF_REG(19)(sp)
	sd	s4, TF_REG(20)(sp)
	sd	s5, TF_REG(21)(sp)
	sd	s6, TF_REG(22)(sp)
	sd	s7, TF_REG(23)(sp)
	sd	s8, TF_REG(24)(sp)
	sd	s9, TF_REG(25)(sp)
	sd	s10, TF_REG(26)(sp)
	sd	s11, TF_REG(27)(sp)
	sd	t3, TF_REG(28)(sp)
	sd	t4, TF_REG(29)(sp)
	sd	t5, TF_REG(30)(sp)
	sd	t6, TF_REG(31)(sp)
.endm

/* Status, pc, and what a C function may change, but x2 and x4. The sc ends any reservation that
 * another task's lr left behind. */
.macro restore_caller_saved
	ld	t0, TF_PC(sp)
	ld	t1, TF_STATUS(sp)
	sc.d	zero, t0, TF_PC(sp)
	csrw	sepc, t0
	csrw	sstatus, t1
	ld	ra, TF_REG(1)(sp)
	ld	gp, TF_REG(3)(sp)
	ld	t0, TF_REG(5)(sp)
	ld	t1, TF_REG(6)(sp)
	ld	t2, TF_REG(7)(sp)
	ld	s0, TF_REG(8)(sp)
	ld	a0, TF_REG(10)(sp)
	ld	a1, TF_REG(11)(sp)
	ld	a2, TF_REG(12)(sp)
	ld	a3, TF_REG(13)(sp)
	ld	a4, TF_REG(14)(sp)
	ld	a5, TF_REG(15)(sp)
	ld	a6, TF_REG(16)(sp)
	ld	a7, TF_REG(17)(sp)
	ld	t3, TF_REG(28)(sp)
	ld	t4, TF_REG(29)(sp)
	ld	t5, TF_REG(30)(sp)
	ld	t6, TF_REG(31)(sp)
.endm

/* What a C function must keep, but s0, which entry clears. */
.macro restore_callee_saved
	ld	s1, TF_REG(9)(sp)
	ld	s2, TF_REG(18)(sp)
	ld	s3, TF_REG(19)(sp)
	ld	s4, TF_REG(20)(sp)
	ld	s5, TF_REG(21)(sp)
	ld	s6, TF_REG(22)(sp)
	ld	s7, TF_REG(23)(sp)
	ld	s8, TF_REG(24)(sp)
	ld	s9, TF_REG(25)(sp)
	ld	s10, TF_REG(26)(sp)
	ld	s11, TF_REG(27)(sp)
.endm

	.text
	.global trap_entry
	.balign 4
trap_entry:
	csrrw	tp, sscratch, tp
	beqz	tp, trap_from_kernel

	/* From user mode: tp = task, sscratch = user's tp. */
	sd	sp, TASK_SCRATCH(tp)
	ld	sp, TASK_FRAME(tp)
	sd	t0, TF_REG(5)(sp)
	save_registers
	csrrw	t0, sscratch, zero
	ld	t1, TASK_SCRATCH(tp)
	csrr	t2, sstatus
	csrr	t3, sepc
	csrr	t4, scause
	sd	t0, TF_REG(4)(sp)
	sd	t1, TF_REG(2)(sp)
	sd	t2, TF_STATUS(sp)
	sd	t4, TF_CAUSE(sp)
	li	s0, 0				/* backtraces end here */
	li	t5, CAUSE_ECALL_USER
	bne	t4, t5, trap_from_user

	/* A system call, the frequent case. */
	addi	t3, t3, 4
	sd	t3, TF_PC(sp)
	sd	a0, TF_ORIG_A0(sp)
	csrsi	sstatus, SSTATUS_SIE
	mv	a0, sp
	call	upcall_syscall
	csrci	sstatus, SSTATUS_SIE
	lw	t0, TASK_PENDING_WORK(tp)
	ld	t1, TF_CAUSE(sp)
	li	t2, CAUSE_ECALL_USER
	bnez	t0, user_work
	bne	t1, t2, user_return		/* exec, sigreturn: all registers are new */

	/* s1 to s11 are still user mode's own: C has kept them, and nobody has changed the
	 * frame. */
	restore_caller_saved
	csrw	sscratch, tp
	ld	tp, TF_REG(4)(sp)
	ld	sp, TF_REG(2)(sp)
	sret

trap_from_user:
	csrr	t5, stval
	sd	t3, TF_PC(sp)
	sd	t5, TF_BADADDR(sp)
	mv	a0, sp
	call	trap_user
	j	user_return

user_work:
	mv	a0, sp
	call	trap_user_exit

/* To user mode by the frame at sp; interrupts are off, tp = task. */
user_return:
	restore_callee_saved
	restore_caller_saved
	csrw	sscratch, tp
	ld	tp, TF_REG(4)(sp)
	ld	sp, TF_REG(2)(sp)
	sret

trap_from_kernel:
	csrrw	tp, sscratch, zero		/* the task again, and sscratch 0 again */
	sd	t0, TASK_SCRATCH(tp)
	ld	t0, TASK_KSTACK(tp)
	addi	sp, sp, -TF_SIZE
	sub	t0, sp, t0
	srli	t0, t0, STACK_SHIFT		/* non-zero: sp is not within the stack */
	bnez	t0, stack_overflow
	ld	t0, TASK_SCRATCH(tp)
	sd	t0, TF_REG(5)(sp)
	save_registers
	addi	t0, sp, TF_SIZE
	sd	t0, TF_REG(2)(sp)
	sd	tp, TF_REG(4)(sp)
	li	t1, SSTATUS_SUM
	csrrc	t1, sstatus, t1
	csrr	t2, sepc
	csrr	t3, scause
	csrr	t4, stval
	sd	t1, TF_STATUS(sp)
	sd	t2, TF_PC(sp)
	sd	t3, TF_CAUSE(sp)
	sd	t4, TF_BADADDR(sp)
	mv	a0, sp
	call	trap_kernel
	.global trap_kernel_return		/* backtrace.c knows it */
trap_kernel_return:
	restore_caller_saved			/* C has kept the others */
	addi	sp, sp, TF_SIZE
	sret

/* One hart tells of it; should more come, they stop. From here kstack is the emergency stack, so
 * traps work again. */
stack_overflow:
	la	t0, overflow_told
	li	t1, 1
	amoswap.w t0, t1, (t0)
	bnez	t0, 1f
	addi	a0, sp, TF_SIZE
	csrr	a1, sepc
	csrr	a2, stval
	mv	a3, s0
	la	sp, emergency_stack_end
	li	t0, STACK_SIZE
	sub	t0, sp, t0
	sd	t0, TASK_KSTACK(tp)
	call	trap_stack_overflow
1:	wfi
	j	1b

/*
 * First instructions of a new task, entered from arch_task_switch with a0 = who ran before. sp is
 * the task's user frame, which is also the top of its empty stack.
 */
	.global task_begin_user
task_begin_user:
	call	upcall_task_start
	mv	a0, sp
	call	trap_user_exit
	j	user_return

/* The same for one that calls s1(s2) in the kernel first. */
	.global task_begin_kernel
task_begin_kernel:
	call	upcall_task_start
	csrsi	sstatus, SSTATUS_SIE
	mv	a0, s2
	jalr	s1
	mv	a0, sp
	call	trap_user_exit
	j	user_return

/*
 * struct task *task_switch(struct task *prev, struct task *next): saves what a C function must keep
 * in prev, takes next's. Returns prev, on the other side.
 */
	.global task_switch
task_switch:
	sd	ra, TASK_RA(a0)
	sd	sp, TASK_SP(a0)
	sd	s0, TASK_S(0)(a0)
	sd	s1, TASK_S(1)(a0)
	sd	s2, TASK_S(2)(a0)
	sd	s3, TASK_S(3)(a0)
	sd	s4, TASK_S(4)(a0)
	sd	s5, TASK_S(5)(a0)
	sd	s6, TASK_S(6)(a0)
	sd	s7, TASK_S(7)(a0)
	sd	s8, TASK_S(8)(a0)
	sd	s9, TASK_S(9)(a0)
	sd	s10, TASK_S(10)(a0)
	sd	s11, TASK_S(11)(a0)
	ld	ra, TASK_RA(a1)
	ld	sp, TASK_SP(a1)
	ld	s0, TASK_S(0)(a1)
	ld	s1, TASK_S(1)(a1)
	ld	s2, TASK_S(2)(a1)
	ld	s3, TASK_S(3)(a1)
	ld	s4, TASK_S(4)(a1)
	ld	s5, TASK_S(5)(a1)
	ld	s6, TASK_S(6)(a1)
	ld	s7, TASK_S(7)(a1)
	ld	s8, TASK_S(8)(a1)
	ld	s9, TASK_S(9)(a1)
	ld	s10, TASK_S(10)(a1)
	ld	s11, TASK_S(11)(a1)
	mv	tp, a1
	ret

	.bss
	.balign 16
	.skip	8192				/* panic's symbolised backtrace needs some room */
emergency_stack_end:
overflow_told:
	.skip	4
