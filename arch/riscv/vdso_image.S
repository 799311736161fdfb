/*
 * vdso_image.S: the finished vDSO inside the kernel. vdso.so is built by the Makefile from
 * arch/riscv/vdso/.
 */
	.section .vdso, "a"
	.balign 4096
	.global vdso_start
vdso_start:
	.incbin "vdso.so"
	.balign 4096
	.global vdso_end
vdso_end:
