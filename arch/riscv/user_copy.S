/*
 * user_copy.S: the loops that touch user memory.
 *
 * Only here is SUM on. Every instruction that touches a user address stands in the exception table
 * (section .extable: address of the instruction, address to go on at). When such an access faults
 * and the page can't be had, trap.c continues at the second address.
 *
 * The copies go by words where they can. A fault in a word loop continues in the byte loop, which
 * begins again at the first byte that the registers do not yet count as done and so stops exactly
 * at the first bad byte. Registers are advanced only after the stores that they describe.
 *
 * The C side (uaccess.c) has checked that the user's range lies in the user half.
 */
#include "arch/riscv/csr.h"

/* One access to user memory, and where to go when it can't be made. */
.macro user fixup, insn:vararg
9999:	\insn
	.pushsection .extable, "a"
	.balign	8
	.dword	9999b, \fixup
	.popsection
.endm

.macro sum_on
	li	t6, SSTATUS_SUM
	csrs	sstatus, t6
.endm

.macro sum_off
	li	t6, SSTATUS_SUM
	csrc	sstatus, t6
.endm

	.text
/* size_t user_copy(void *dst, const void *src, size_t n): bytes not copied. Either pointer may be
 * the user's. */
	.global user_copy
	.balign 4
user_copy:
	sum_on
	li	t0, 16
	bltu	a2, t0, copy_bytes

	/* Bytes until dst is aligned: 0 to 7. */
1:	andi	t0, a0, 7
	beqz	t0, 2f
	user copy_done, lb t1, 0(a1)
	user copy_done, sb t1, 0(a0)
	addi	a0, a0, 1
	addi	a1, a1, 1
	addi	a2, a2, -1
	j	1b
2:	andi	t0, a1, 7
	bnez	t0, copy_shifted

	/* Both aligned: 64 bytes a round, then 8. */
	li	t0, 64
	bltu	a2, t0, 4f
3:	user copy_bytes, ld t1, 0(a1)
	user copy_bytes, ld t2, 8(a1)
	user copy_bytes, ld t3, 16(a1)
	user copy_bytes, ld t4, 24(a1)
	user copy_bytes, ld a3, 32(a1)
	user copy_bytes, ld a4, 40(a1)
	user copy_bytes, ld a5, 48(a1)
	user copy_bytes, ld a6, 56(a1)
	user copy_bytes, sd t1, 0(a0)
	user copy_bytes, sd t2, 8(a0)
	user copy_bytes, sd t3, 16(a0)
	user copy_bytes, sd t4, 24(a0)
	user copy_bytes, sd a3, 32(a0)
	user copy_bytes, sd a4, 40(a0)
	user copy_bytes, sd a5, 48(a0)
	user copy_bytes, sd a6, 56(a0)
	addi	a0, a0, 64
	addi	a1, a1, 64
	addi	a2, a2, -64
	bgeu	a2, t0, 3b
4:	li	t0, 8
	bltu	a2, t0, copy_bytes
5:	user copy_bytes, ld t1, 0(a1)
	user copy_bytes, sd t1, 0(a0)
	addi	a0, a0, 8
	addi	a1, a1, 8
	addi	a2, a2, -8
	bgeu	a2, t0, 5b

copy_bytes:
	beqz	a2, copy_done
1:	user copy_done, lb t1, 0(a1)
	user copy_done, sb t1, 0(a0)
	addi	a0, a0, 1
	addi	a1, a1, 1
	addi	a2, a2, -1
	bnez	a2, 1b
copy_done:
	sum_off
	mv	a0, a2
	ret

/*
 * dst aligned, src not: each word of dst is put together from two aligned words of src. Both hold
 * at least one byte that is wanted, so no page is touched that the copy would not touch anyway.
 */
copy_shifted:
	slli	t0, t0, 3			/* bits of the first word that are not wanted */
	li	t1, 64
	sub	t1, t1, t0
	andi	a3, a1, -8
	li	t2, 16
	bltu	a2, t2, copy_bytes
	user copy_bytes, ld a4, 0(a3)
1:	user copy_bytes, ld a5, 8(a3)
	srl	a6, a4, t0
	sll	a7, a5, t1
	or	a6, a6, a7
	user copy_bytes, sd a6, 0(a0)
	mv	a4, a5
	addi	a3, a3, 8
	addi	a0, a0, 8
	addi	a1, a1, 8
	addi	a2, a2, -8
	bgeu	a2, t2, 1b
	j	copy_bytes

/* size_t user_fill_zero(void *dst, size_t n): bytes not cleared. */
	.global user_fill_zero
	.balign 4
user_fill_zero:
	sum_on
1:	andi	t0, a0, 7
	beqz	t0, 2f
	beqz	a1, zero_done
	user zero_done, sb zero, 0(a0)
	addi	a0, a0, 1
	addi	a1, a1, -1
	j	1b
2:	li	t0, 32
	bltu	a1, t0, zero_bytes
3:	user zero_bytes, sd zero, 0(a0)
	user zero_bytes, sd zero, 8(a0)
	user zero_bytes, sd zero, 16(a0)
	user zero_bytes, sd zero, 24(a0)
	addi	a0, a0, 32
	addi	a1, a1, -32
	bgeu	a1, t0, 3b
zero_bytes:
	beqz	a1, zero_done
4:	user zero_done, sb zero, 0(a0)
	addi	a0, a0, 1
	addi	a1, a1, -1
	bnez	a1, 4b
zero_done:
	sum_off
	mv	a0, a1
	ret

/*
 * long user_string(char *dst, const char *src, size_t n): copies up to and with NUL, n bytes at
 * most. The length without NUL; n when there is no NUL in n bytes; -1 for a bad address.
 */
	.global user_string
	.balign 4
user_string:
	sum_on
	mv	a4, a2
1:	beqz	a2, 2f
	user 3f, lbu t1, 0(a1)
	sb	t1, 0(a0)
	beqz	t1, 2f
	addi	a0, a0, 1
	addi	a1, a1, 1
	addi	a2, a2, -1
	j	1b
2:	sum_off
	sub	a0, a4, a2
	ret
3:	sum_off
	li	a0, -1
	ret

/* int user_get32(uint32_t *val, const uint32_t *p), user_put32(uint32_t *p, uint32_t val): 0, or -1
 * for a bad address. */
	.global user_get32
	.balign 4
user_get32:
	sum_on
	user word_bad, lw t0, 0(a1)
	sw	t0, 0(a0)
	j	word_done

	.global user_put32
	.balign 4
user_put32:
	sum_on
	user word_bad, sw a1, 0(a0)
word_done:
	li	a0, 0
	sum_off
	ret
word_bad:
	li	a0, -1
	sum_off
	ret

/* int user_swap32(uint32_t *seen, uint32_t *p, uint32_t expected, uint32_t desired) */
	.global user_swap32
	.balign 4
user_swap32:
	sum_on
	sext.w	a2, a2
1:	user word_bad, lr.w.aqrl t0, (a1)
	bne	t0, a2, 2f
	user word_bad, sc.w.aqrl t1, a3, (a1)
	bnez	t1, 1b
2:	sw	t0, 0(a0)
	j	word_done

/* bool csr_probe_stimecmp(void): is there such a register? Not about user memory, but the same
 * table serves. */
	.global csr_probe_stimecmp
	.balign 4
csr_probe_stimecmp:
	user 1f, csrr a0, CSR_STIMECMP
	li	a0, 1
	ret
1:	li	a0, 0
	ret
