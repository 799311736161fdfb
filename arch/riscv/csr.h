/*
 * csr.h: control and status registers of supervisor mode (RISC-V Privileged Architecture, chapter
 * 4).
 */
#pragma once

#define SSTATUS_SIE  (1 << 1)  /* interrupts enabled */
#define SSTATUS_SPIE (1 << 5)  /* enabled before the trap, and after sret */
#define SSTATUS_SPP  (1 << 8)  /* the trap came from supervisor mode */
#define SSTATUS_FS   (3 << 13) /* floating-point unit: */
#define SSTATUS_FS_OFF	   (0 << 13)
#define SSTATUS_FS_INITIAL (1 << 13)
#define SSTATUS_FS_CLEAN   (2 << 13)
#define SSTATUS_FS_DIRTY   (3 << 13)
#define SSTATUS_VS   (3 << 9)  /* vector unit; always off */
#define SSTATUS_SUM  (1 << 18) /* loads and stores may touch user pages */
#define SSTATUS_MXR  (1 << 19) /* loads may read what is only executable */
/* What firmware or boot loader may have left on. */
#define SSTATUS_AT_ENTRY_OFF (SSTATUS_SIE | SSTATUS_FS | SSTATUS_VS | SSTATUS_SUM | SSTATUS_MXR)

#define SATP_SV39 (8UL << 60)

/* Bits of sie and sip; numbers of interrupt causes. */
#define IRQ_SOFT  1
#define IRQ_TIMER 5
#define IRQ_EXT	  9

#define CAUSE_INTERRUPT	    (1UL << 63)
#define CAUSE_FETCH_MISALIGNED 0
#define CAUSE_FETCH_ACCESS  1
#define CAUSE_ILLEGAL	    2
#define CAUSE_BREAKPOINT    3
#define CAUSE_LOAD_MISALIGNED  4
#define CAUSE_LOAD_ACCESS   5
#define CAUSE_STORE_MISALIGNED 6
#define CAUSE_STORE_ACCESS  7
#define CAUSE_ECALL_USER    8
#define CAUSE_FETCH_PAGE    12
#define CAUSE_LOAD_PAGE	    13
#define CAUSE_STORE_PAGE    15

/* Sstc's compare register, by number: not every assembler knows its name. */
#define CSR_STIMECMP 0x14d

#ifndef __ASSEMBLER__

#define CSR_STR_(x) #x
#define CSR_STR(x)  CSR_STR_(x)

#define csr_read(csr)                                                                              \
	({                                                                                         \
		unsigned long csr_v;                                                               \
		__asm__ volatile("csrr %0, " CSR_STR(csr) : "=r"(csr_v)::"memory");                \
		csr_v;                                                                             \
	})
#define csr_write(csr, v)                                                                          \
	__asm__ volatile("csrw " CSR_STR(csr) ", %0" ::"rK"((unsigned long)(v)) : "memory")
#define csr_set(csr, v)                                                                            \
	__asm__ volatile("csrs " CSR_STR(csr) ", %0" ::"rK"((unsigned long)(v)) : "memory")
#define csr_clear(csr, v)                                                                          \
	__asm__ volatile("csrc " CSR_STR(csr) ", %0" ::"rK"((unsigned long)(v)) : "memory")

#endif
