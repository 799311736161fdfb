/*
 * timer.c: the counter and the alarm.
 *
 * The counter (rdtime) runs at the tree's timebase-frequency on all harts alike. The alarm is the
 * stimecmp register where the processor has Sstc, else a call to the firmware. Both raise the
 * supervisor timer interrupt until a later alarm is set.
 */
#include "arch/clock.h"

#include "arch/riscv/csr.h"
#include "arch/riscv/isa.h"
#include "arch/riscv/sbi.h"

uint64_t arch_clock_hz;

void arch_timer_program(uint64_t tick)
{
	if (isa_has_sstc)
		csr_write(CSR_STIMECMP, tick);
	else
		sbi_timer_set(tick);
}
