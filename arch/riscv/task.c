/*
 * task.c: a task's processor state: how it begins, is switched, and keeps its floating point.
 *
 * Floating point is lazy in both directions. The FS field in the status word of a task's user frame
 * is the truth about the 32 registers of the hart that runs it:
 *
 *	Off      the registers are somebody else's; the task's own are in arch.fp. The first
 *	         floating-point instruction traps, fp_turn_on() loads them -> Clean
 *	Clean    registers and arch.fp agree
 *	Dirty    the hardware says so on the first change; arch.fp is old
 *
 * A switch saves a Dirty task's registers and makes any task that is switched out Off. So a task
 * that uses no floating point pays nothing, and FS in the sstatus register itself means nothing
 * while in the kernel.
 *
 * Everything here is called by the task concerned, or on a task that is not running.
 */
#include "arch/task.h"

#include "arch/page.h"
#include "arch/riscv/csr.h"
#include "arch/riscv/isa.h"
#include "arch/riscv/trap.h"
#include "kernel/task/task.h"
#include "lib/string.h"

struct trapframe *task_trapframe(const struct task *t)
{
	return (struct trapframe *)((char *)t->kstack + KSTACK_SIZE - sizeof(struct trapframe));
}

/* --- floating point --------------------------------------------------------------------------- */

static void frame_fs_set(struct trapframe *tf, uint64_t fs)
{
	tf->status = (tf->status & ~(uint64_t)SSTATUS_FS) | fs;
}

bool fp_turn_on(struct trapframe *tf)
{
	if (!isa_has_fp || (tf->status & SSTATUS_FS) != SSTATUS_FS_OFF)
		return false;
	fp_load(&current->arch.fp);
	frame_fs_set(tf, SSTATUS_FS_CLEAN);
	return true;
}

void arch_fp_save_current(void)
{
	struct trapframe *tf = task_trapframe(current);

	if ((tf->status & SSTATUS_FS) != SSTATUS_FS_DIRTY)
		return;
	fp_save(&current->arch.fp);
	frame_fs_set(tf, SSTATUS_FS_CLEAN);
}

void arch_fp_load_current(void)
{
	frame_fs_set(task_trapframe(current), SSTATUS_FS_OFF);
}

/* --- switching -------------------------------------------------------------------------------- */

struct task *arch_task_switch(struct task *prev, struct task *next)
{
	struct trapframe *tf = task_trapframe(prev);

	if ((tf->status & SSTATUS_FS) == SSTATUS_FS_DIRTY)
		fp_save(&prev->arch.fp);
	frame_fs_set(tf, SSTATUS_FS_OFF);
	return task_switch(prev, next);
}

/* --- beginnings ------------------------------------------------------------------------------- */

/* An empty stack below the frame, and where arch_task_switch jumps to. */
static void task_begin_at(struct task *t, void (*entry)(void))
{
	t->arch.frame = task_trapframe(t);
	t->arch.ra = (uint64_t)entry;
	t->arch.sp = (uint64_t)t->arch.frame;
	memset(t->arch.s, 0, sizeof(t->arch.s));
}

/* Frame of a task that has no user registers yet: user mode, interrupts on, floating point off. */
static void frame_clear(struct trapframe *tf)
{
	memset(tf, 0, sizeof(*tf));
	tf->status = SSTATUS_SPIE;
	trapframe_forget_syscall(tf);
}

void arch_task_init_user(struct task *child, const struct trapframe *regs, vaddr_t sp, bool set_tls,
			 vaddr_t tls)
{
	struct trapframe *tf = task_trapframe(child);

	task_begin_at(child, task_begin_user);
	*tf = *regs;
	tf->a0 = 0;
	if (sp)
		tf->sp = sp;
	if (set_tls)
		tf->tp = tls;
	frame_fs_set(tf, SSTATUS_FS_OFF);
	trapframe_forget_syscall(tf);
	if (regs == task_trapframe(current)) {
		arch_fp_save_current();
		child->arch.fp = current->arch.fp;
	}
}

void arch_task_init_kernel(struct task *child, int (*fn)(void *arg), void *arg)
{
	task_begin_at(child, task_begin_kernel);
	child->arch.s[1] = (uint64_t)fn;
	child->arch.s[2] = (uint64_t)arg;
	frame_clear(child->arch.frame);
}

void arch_task_exec(struct task *t, vaddr_t entry, vaddr_t sp)
{
	struct trapframe *tf = task_trapframe(t);

	frame_clear(tf);
	tf->pc = entry;
	tf->sp = sp;
	memset(&t->arch.fp, 0, sizeof(t->arch.fp));
}
