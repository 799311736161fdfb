/*
 * signal.c: the frame that a signal handler finds on the user stack, and the way back from it.
 *
 *	stack_top  --->	+--------------------------------+
 *			| struct abi_rt_sigframe          |   uc.mcontext: pc and the 31 registers,
 *			|   siginfo                       |   then f0-f31 and fcsr in the
 *			|   ucontext                      |   528 bytes of the largest format
 *	sp (16-aligned)	+--------------------------------+
 *
 * The handler gets a0 = signal, a1 = &siginfo, a2 = &ucontext, and returns to the vDSO's
 * trampoline, which calls rt_sigreturn with sp at the frame again. The layout is ABI: debuggers and
 * unwinders read it.
 *
 * NOTE(linux): the sigcontext never has extension records (vector state) behind it; the words that
 * would announce one are 0 and must be 0 on the way back.
 */
#include "arch/signal.h"

#include "arch/task.h"
#include "arch/uaccess.h"
#include "kernel/task/task.h"
#include "lib/string.h"

static_assert(sizeof(struct abi_sigcontext) == 784, "sigcontext ABI");
static_assert(offsetof(struct abi_ucontext, mcontext) == 176, "ucontext ABI");
static_assert(sizeof(struct abi_rt_sigframe) == 1088, "rt_sigframe ABI");
static_assert(offsetof(struct trapframe, status) == sizeof(((struct abi_sigcontext *)0)->regs),
	      "user registers");

#define FCSR_MASK 0xffu /* rounding mode and flags; the rest is reserved */

static void frame_fill(struct abi_rt_sigframe *frame, const struct trapframe *tf,
		       const struct signal_frame_args *args)
{
	struct abi_sigcontext *sc = &frame->uc.mcontext;

	memset(frame, 0, sizeof(*frame));
	frame->info = *args->info;
	frame->uc.stack = *args->altstack;
	frame->uc.sigmask = args->mask;
	memcpy(sc->regs, tf, sizeof(sc->regs));
	arch_fp_save_current();
	memcpy(sc->fpregs.d.f, current->arch.fp.f, sizeof(sc->fpregs.d.f));
	sc->fpregs.d.fcsr = current->arch.fp.fcsr;
}

int arch_signal_frame_push(struct trapframe *tf, const struct signal_frame_args *args)
{
	struct abi_rt_sigframe frame;
	vaddr_t sp = ALIGN_DOWN(args->stack_top - sizeof(frame), 16UL);

	if (args->stack_top < sizeof(frame))
		return -EFAULT;
	frame_fill(&frame, tf, args);
	if (copy_to_user((void __user *)sp, &frame, sizeof(frame)))
		return -EFAULT;
	tf->pc = args->handler;
	tf->sp = sp;
	tf->ra = args->trampoline;
	tf->a0 = (uint64_t)args->signo;
	tf->a1 = sp + offsetof(struct abi_rt_sigframe, info);
	tf->a2 = sp + offsetof(struct abi_rt_sigframe, uc);
	trapframe_forget_syscall(tf);
	return 0;
}

static bool context_is_sound(const struct abi_sigcontext *sc)
{
	return sc->fpregs.q.reserved[0] == 0 && sc->fpregs.q.reserved[1] == 0 &&
	       sc->fpregs.q.reserved[2] == 0;
}

int arch_signal_frame_pop(struct trapframe *tf, uint64_t *mask, struct abi_stack *altstack)
{
	const struct abi_rt_sigframe __user *frame = (const void __user *)tf->sp;
	struct abi_ucontext uc;

	if (copy_from_user(&uc, &frame->uc, sizeof(uc)) || !context_is_sound(&uc.mcontext))
		return -EFAULT;
	memcpy(tf, uc.mcontext.regs, sizeof(uc.mcontext.regs));
	memcpy(current->arch.fp.f, uc.mcontext.fpregs.d.f, sizeof(current->arch.fp.f));
	current->arch.fp.fcsr = uc.mcontext.fpregs.d.fcsr & FCSR_MASK;
	arch_fp_load_current();
	trapframe_forget_syscall(tf);
	*mask = uc.sigmask;
	*altstack = uc.stack;
	return 0;
}
