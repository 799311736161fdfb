/*
 * trap.c: what to do about interrupts, faults and system calls.
 *
 *	                from user mode                          from the kernel
 *	ecall           upcall_syscall, straight from entry.S   -
 *	page fault      upcall_fault, else a signal             only in a user copy: upcall_fault,
 *	                                                        else the copy's fixup
 *	other fault     a signal                                fixup if listed, else panic
 *	interrupt       timer, poke or device; then             the same, then back to where it was:
 *	                what is pending                         the kernel is not preempted
 *
 * Interrupts are off at entry and stay off in interrupt handlers. System calls and faults run with
 * them on.
 *
 * Entry points: trap_user, trap_kernel, trap_user_exit, trap_stack_overflow, all called from
 * entry.S.
 */
#include "arch/riscv/trap.h"

#include "arch/irq.h"
#include "arch/page.h"
#include "arch/riscv/csr.h"
#include "kernel/abi/signal.h"
#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "kernel/core/upcall.h"
#include "kernel/task/task.h"
#include "lib/errno.h"

/* An instruction that may fault on a user address, and where to go on if it does (user_copy.S). */
struct extable_entry {
	vaddr_t insn, fixup;
};
extern const struct extable_entry _extable_start[], _extable_end[];

/* --- interrupts ------------------------------------------------------------------------------- */

static void trap_interrupt(struct trapframe *tf)
{
	struct hart *hart = hart_this();

	WRITE_ONCE(hart->in_interrupt, true);
	switch (tf->cause & ~CAUSE_INTERRUPT) {
	case IRQ_TIMER:
		upcall_timer();
		break;
	case IRQ_SOFT:
		ipi_interrupt();
		break;
	case IRQ_EXT:
		plic_interrupt();
		break;
	default:
		panic("interrupt of unknown cause %lu", tf->cause & ~CAUSE_INTERRUPT);
	}
	WRITE_ONCE(hart->in_interrupt, false);
}

/* --- from user mode --------------------------------------------------------------------------- */

static bool is_page_fault(uint64_t cause)
{
	return cause == CAUSE_LOAD_PAGE || cause == CAUSE_STORE_PAGE || cause == CAUSE_FETCH_PAGE;
}

static enum fault_access fault_access(uint64_t cause)
{
	if (cause == CAUSE_STORE_PAGE)
		return FAULT_WRITE;
	return cause == CAUSE_FETCH_PAGE ? FAULT_EXEC : FAULT_READ;
}

/* NOTE(linux): a fault that memory can't be found for kills with SIGKILL unless kernel/mm names
 * another signal. */
static void trap_user_fault(struct trapframe *tf)
{
	int signo = SIGSEGV, code = SEGV_MAPERR, err = -EFAULT;

	if (tf->badaddr < USER_END) {
		signo = SIGKILL;
		code = SI_KERNEL;
		err = upcall_fault(tf->badaddr, fault_access(tf->cause), &signo, &code);
	}
	if (err)
		upcall_user_exception(tf, signo, code, tf->badaddr);
}

static void trap_user_exception(struct trapframe *tf)
{
	switch (tf->cause) {
	case CAUSE_ILLEGAL:
		if (!fp_turn_on(tf))
			upcall_user_exception(tf, SIGILL, ILL_ILLOPC, tf->pc);
		break;
	case CAUSE_BREAKPOINT:
		upcall_user_exception(tf, SIGTRAP, TRAP_BRKPT, tf->pc);
		break;
	case CAUSE_FETCH_MISALIGNED:
	case CAUSE_LOAD_MISALIGNED:
	case CAUSE_STORE_MISALIGNED:
		upcall_user_exception(tf, SIGBUS, BUS_ADRALN, tf->badaddr);
		break;
	case CAUSE_FETCH_ACCESS:
	case CAUSE_LOAD_ACCESS:
	case CAUSE_STORE_ACCESS:
		upcall_user_exception(tf, SIGSEGV, SEGV_ACCERR, tf->badaddr);
		break;
	default:
		upcall_user_exception(tf, SIGILL, ILL_ILLTRP, tf->pc);
	}
}

/* Everything but system calls. */
void trap_user(struct trapframe *tf)
{
	if (tf->cause & CAUSE_INTERRUPT) {
		trap_interrupt(tf);
	} else {
		irq_enable();
		if (is_page_fault(tf->cause))
			trap_user_fault(tf);
		else
			trap_user_exception(tf);
	}
	irq_disable();
	trap_user_exit(tf);
}

/* Work that comes while interrupts are off brings an interrupt with it, which is taken right after
 * the return. */
void trap_user_exit(struct trapframe *tf)
{
	irq_disable();
	while (unlikely(atomic_load_explicit(&current->pending_work, memory_order_relaxed))) {
		irq_enable();
		upcall_user_return(tf);
		irq_disable();
	}
}

/* --- from the kernel -------------------------------------------------------------------------- */

static const struct extable_entry *extable_find(vaddr_t pc)
{
	const struct extable_entry *e;

	for (e = _extable_start; e < _extable_end; e++) {
		if (e->insn == pc)
			return e;
	}
	return NULL;
}

/* A user copy met a page that is not there. True: it is there now, try again. */
static bool user_copy_fault(struct trapframe *tf)
{
	int signo, code, err;

	if (!is_page_fault(tf->cause) || tf->badaddr >= USER_END || current->fault_disabled ||
	    !current->mm)
		return false;
	if (tf->status & SSTATUS_SPIE)
		irq_enable();
	err = upcall_fault(tf->badaddr, fault_access(tf->cause), &signo, &code);
	irq_disable();
	return err == 0;
}

static const char *cause_name(uint64_t cause)
{
	static const char *const names[16] = {
		[CAUSE_FETCH_MISALIGNED] = "misaligned jump",
		[CAUSE_FETCH_ACCESS] = "instruction access fault",
		[CAUSE_ILLEGAL] = "illegal instruction",
		[CAUSE_BREAKPOINT] = "breakpoint",
		[CAUSE_LOAD_MISALIGNED] = "misaligned load",
		[CAUSE_LOAD_ACCESS] = "load access fault",
		[CAUSE_STORE_MISALIGNED] = "misaligned store",
		[CAUSE_STORE_ACCESS] = "store access fault",
		[CAUSE_FETCH_PAGE] = "jump to an unmapped or forbidden page",
		[CAUSE_LOAD_PAGE] = "load from an unmapped page",
		[CAUSE_STORE_PAGE] = "store to an unmapped or read-only page",
	};

	if (cause >= ARRAY_SIZE(names) || !names[cause])
		return "exception of unknown cause";
	return names[cause];
}

static void registers_print(const struct trapframe *tf)
{
	static const char names[][4] = {"ra", "sp",  "gp",  "tp", "t0", "t1", "t2", "s0",
					"s1", "a0",  "a1",  "a2", "a3", "a4", "a5", "a6",
					"a7", "s2",  "s3",  "s4", "s5", "s6", "s7", "s8",
					"s9", "s10", "s11", "t3", "t4", "t5", "t6"};
	const uint64_t *reg = &tf->ra;
	unsigned i;

	for (i = 0; i + 2 < ARRAY_SIZE(names); i += 3)
		pr_err("%4s %016lx  %4s %016lx  %4s %016lx", names[i], reg[i], names[i + 1],
		       reg[i + 1], names[i + 2], reg[i + 2]);
	pr_err("%4s %016lx  status %lx  cause %lx", names[i], reg[i], tf->status, tf->cause);
}

static __noreturn void trap_kernel_fatal(const struct trapframe *tf)
{
	irq_disable();
	pr_err("kernel: %s at pc %pS, address 0x%lx", cause_name(tf->cause), (void *)tf->pc,
	       tf->badaddr);
	registers_print(tf);
	panic("%s in the kernel, pc %pS, address 0x%lx", cause_name(tf->cause), (void *)tf->pc,
	      tf->badaddr);
}

void trap_kernel(struct trapframe *tf)
{
	const struct extable_entry *entry;

	if (tf->cause & CAUSE_INTERRUPT) {
		trap_interrupt(tf);
		return;
	}
	entry = extable_find(tf->pc);
	if (!entry)
		trap_kernel_fatal(tf);
	if (!user_copy_fault(tf))
		tf->pc = entry->fixup;
}

/* On the emergency stack of this file's caller; the task's own stack is full but can be read. */
void trap_stack_overflow(vaddr_t sp, vaddr_t pc, vaddr_t addr, vaddr_t fp)
{
	pr_err("kernel stack of %s (task %d) overflowed: sp 0x%lx, its top %p, fault at 0x%lx",
	       current->comm, current->tid, sp, current->arch.frame, addr);
	backtrace_print(fp);
	panic("kernel stack overflow at pc %pS", (void *)pc);
}
