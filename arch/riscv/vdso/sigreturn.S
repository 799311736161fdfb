/*
 * sigreturn.S: where a signal handler returns to. Debuggers know a signal frame by these two
 * instructions, and unwinders by the description: the registers lie in the ucontext of the frame at
 * sp.
 */
#define SYS_RT_SIGRETURN 139
#define FRAME_REGS (128 + 176) /* struct abi_rt_sigframe: uc.mcontext.regs */

	.section .sigreturn, "ax"
	.option norvc
	.global __vdso_rt_sigreturn
	.type	__vdso_rt_sigreturn, @function
	.cfi_startproc
	.cfi_signal_frame
	.cfi_def_cfa sp, FRAME_REGS
	.cfi_return_column 64
	.cfi_offset 64, 0
	.irp	n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, \
		22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	.cfi_offset \n, 8 * \n
	.endr
	/* Unwinders look up the address before the return address. */
	nop
__vdso_rt_sigreturn:
	li	a7, SYS_RT_SIGRETURN
	ecall
	.cfi_endproc
	.size	__vdso_rt_sigreturn, . - __vdso_rt_sigreturn
