/*
 * fp_regs.S: the floating-point registers to and from memory. The only code of the kernel that
 * touches them.
 *
 * Both turn the unit on in sstatus and leave it on: the kernel does not care, and what user mode
 * gets comes from its frame. The callers (task.c) know that the hart has the D extension.
 */
#include "arch/riscv/csr.h"

.macro each_register op, base
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, \
		22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	\op	f\n, 8 * \n(\base)
	.endr
.endm

	.text
/* void fp_save(struct fp_state *to) */
	.global fp_save
fp_save:
	li	t0, SSTATUS_FS_CLEAN
	csrs	sstatus, t0
	each_register fsd, a0
	frcsr	t0
	sw	t0, 256(a0)
	ret

/* void fp_load(const struct fp_state *from) */
	.global fp_load
fp_load:
	li	t0, SSTATUS_FS_CLEAN
	csrs	sstatus, t0
	each_register fld, a0
	lwu	t0, 256(a0)
	fscsr	t0
	ret
