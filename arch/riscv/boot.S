/*
 * boot.S: the first instructions of every hart, up to C.
 *
 * The firmware (or U-Boot's booti, or QEMU's -kernel) puts the flat Image at any physical address
 * that is a multiple of 2 MiB and jumps to its first byte in supervisor mode: a0 = hart id, a1 =
 * device tree, paging off. Until paging is on, everything here is reached relative to pc, so it
 * does not matter where that is. BSS arrives as garbage.
 *
 * The early map, replaced by paging.c as soon as memory is known:
 *
 *	KERNEL_BASE  ->  the 64 MiB from where the image lies	rwx
 *	DIRECT_BASE  ->  physical 0 .. 128 GiB			rw-
 *
 * There is no identity map. satp is written with stvec pointing at the virtual address of the next
 * line: the fetch after the write faults, since low addresses are not mapped, and the trap is the
 * jump to the high half.
 *
 * Entry points: _start (boot hart), hart_entry (every other hart, by SBI HSM).
 */
#include "arch/riscv/csr.h"
#include "arch/riscv/offsets.h"

#define EARLY_IMAGE_PAGES 32 /* of 2 MiB */
#define EARLY_DIRECT_PAGES 128 /* of 1 GiB */
#define LEAF_RWX 0xef /* D A G X W R V */
#define LEAF_RW	 0xe7 /* D A G - W R V */

	.section .head.text, "ax"
	.global _start
_start:
	.option push
	.option norvc
	j	boot_entry
	nop
	.option pop
	.dword	0x200000			/* wanted distance from the start of RAM */
	.dword	_image_end - _image_start	/* bytes in memory, BSS included */
	.dword	0				/* flags: little endian */
	.word	2				/* header version 0.2 */
	.word	0
	.dword	0
	.ascii	"RISCV\0\0\0"
	.ascii	"RSC\x05"
	.word	0

boot_entry:
	fence.i					/* the loader wrote code: fetch it anew */
	la	t0, boot_claimed
	li	t1, 1
	amoswap.w.aqrl t1, t1, (t0)
	bnez	t1, boot_again
	csrw	sie, zero
	csrw	satp, zero
	li	t0, SSTATUS_AT_ENTRY_OFF
	csrc	sstatus, t0
	mv	s1, a0
	mv	s2, a1

	/*
	 * Did all of the file arrive? Its words add up to 0 (tools/seal-image.py), and the claim
	 * above has since made one of them 1.
	 */
	la	t0, _image_start
	la	t1, _file_end
	ld	t2, -8(t1)
	la	t3, image_unsealed
	ld	t3, 0(t3)
	beq	t2, t3, 2f
	li	t2, -1
1:	ld	t3, 0(t0)
	add	t2, t2, t3
	addi	t0, t0, 8
	bltu	t0, t1, 1b
	bnez	t2, boot_damaged
2:
	la	s3, _image_start		/* where we run */
	li	t0, 0x1fffff
	and	t0, t0, s3
	bnez	t0, boot_misplaced

	la	t0, _bss
	la	t1, _image_end
1:	sd	zero, 0(t0)
	addi	t0, t0, 8
	bltu	t0, t1, 1b

	/* Second level of the image: 2 MiB leaves. */
	la	t0, early_image_table
	srli	t1, s3, 2
	ori	t1, t1, LEAF_RWX
	li	t2, (1 << 21) >> 2
	li	t3, EARLY_IMAGE_PAGES
1:	sd	t1, 0(t0)
	add	t1, t1, t2
	addi	t0, t0, 8
	addi	t3, t3, -1
	bnez	t3, 1b

	/* Root: entry 510 is KERNEL_BASE's, 256 and up are the direct map's, 1 GiB leaves. */
	la	s4, early_root
	la	t0, early_image_table
	srli	t0, t0, 2
	ori	t0, t0, 1
	li	t1, 510 * 8
	add	t1, t1, s4
	sd	t0, 0(t1)
	li	t0, LEAF_RW
	li	t1, (1 << 30) >> 2
	li	t2, 256 * 8
	add	t2, t2, s4
	li	t3, EARLY_DIRECT_PAGES
1:	sd	t0, 0(t2)
	add	t0, t0, t1
	addi	t2, t2, 8
	addi	t3, t3, -1
	bnez	t3, 1b

	srli	a0, s4, 12
	li	t0, SATP_SV39
	or	a0, a0, t0
	call	jump_high

	/* High now: every symbol is its linked address. */
	li	t0, 0xffffffff80000000
	sub	t0, s3, t0
	la	t1, kernel_phys_offset
	sd	t0, 0(t1)
	la	tp, boot_task
	la	t0, _boot_stack
	sd	t0, TASK_KSTACK(tp)
	li	sp, STACK_FRAME
	add	sp, sp, t0
	li	s0, 0
#ifdef PANDO_ASAN
	call	shadow_early
#endif
	mv	a0, s1
	mv	a1, s2
	li	ra, 0
	tail	kernel_main

/*
 * A second hart came in by the front door. OpenSBI before 1.3 marks a hart as started before it has
 * noted where: one that looks in between goes where the boot hart went. It is the one that is being
 * started now, so it is shown the right entry; any other stays here for good.
 */
	.balign 4
boot_again:
	fence	rw, rw
	la	t0, starting_hart
	ld	t1, 0(t0)
	bne	t1, a0, 1f
	ld	a1, 8(t0)
	j	hart_entry
1:	wfi
	j	1b

	.section .data
	.balign 8
boot_claimed:
	.word	0
	.word	0
	.global starting_hart
starting_hart:				/* id, idle task: set before each start */
	.dword	-1
	.dword	0

	.section .head.text, "ax"
/*
 * A further hart, started by arch_hart_start: a0 = its id, a1 = its idle task (a kernel address).
 */
	.global hart_entry
	.balign 4
hart_entry:
	fence.i
	csrw	sie, zero
	li	t0, SSTATUS_AT_ENTRY_OFF
	csrc	sstatus, t0
	mv	s1, a1
	la	t0, kernel_satp
	ld	a0, 0(t0)
	call	jump_high
	mv	tp, s1
	ld	t0, TASK_KSTACK(tp)
	li	sp, STACK_FRAME
	add	sp, sp, t0
	li	s0, 0
	li	ra, 0
	tail	hart_main

/*
 * Turns paging on with satp = a0 and returns to the caller's virtual address, with traps going to
 * trap_entry.
 */
jump_high:
	la	t0, _image_start
	li	t1, 0xffffffff80000000
	sub	t1, t1, t0			/* virtual - physical */
	add	ra, ra, t1
	la	t0, 1f
	add	t0, t0, t1
	csrw	stvec, t0
	sfence.vma
	csrw	satp, a0
	nop					/* never reached: its fetch faults */
	.balign 4
1:	sfence.vma
	la	t0, trap_entry
	csrw	stvec, t0
	csrw	sscratch, zero
	ret

/*
 * The end before the beginning: says s1 through the firmware's console, by the debug console
 * extension or else by the legacy call, and halts. This is in the first page, which every loader
 * has brought if we run at all.
 */
boot_damaged:
	la	s1, boot_damaged_text
	j	boot_say
boot_misplaced:				/* the early map can't be built */
	la	s1, boot_misplaced_text
boot_say:
	lbu	a0, 0(s1)
	beqz	a0, 2f
	li	a7, 0x4442434e
	li	a6, 2				/* write a byte */
	ecall
	beqz	a0, 1f
	lbu	a0, 0(s1)
	li	a7, 1				/* legacy console putchar */
	ecall
1:	addi	s1, s1, 1
	j	boot_say
2:	wfi
	j	2b
boot_damaged_text:
	.asciz	"Pando: the kernel image was cut short or damaged on its way to memory; halted.\r\n"
boot_misplaced_text:
	.asciz	"Pando: the image must be loaded at a multiple of 2 MiB; halted.\r\n"
	.balign	8, 0x20			/* not with code */
image_unsealed:
	.ascii	"unsealed"

	.section .seal, "aw"
	.ascii	"unsealed"

	.section .bss.page, "aw", @nobits
	.balign 4096
	.global early_root
early_root:
	.skip	4096
early_image_table:
	.skip	4096
