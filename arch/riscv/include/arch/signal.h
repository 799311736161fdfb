/*
 * Signal frames: the Linux/riscv64 rt_sigframe on the user stack.
 */
#pragma once

#include "arch/trap.h"
#include "kernel/abi/signal.h"

struct signal_frame_args {
	int signo;
	vaddr_t handler;
	const struct abi_siginfo *info;
	uint64_t mask;			    /* to be restored by sigreturn */
	vaddr_t stack_top; /* where the frame goes below: sp, or the alternate stack's end */
	const struct abi_stack *altstack; /* for uc_stack */
	vaddr_t trampoline; /* where the handler returns: vDSO + vdso_sigreturn_offset */
};

/* Saves the user context of current on its stack and makes it continue in the handler. 0 or
 * -EFAULT. May sleep. */
int arch_signal_frame_push(struct trapframe *tf, const struct signal_frame_args *args) __must_check;

/* rt_sigreturn: restores the context from the frame at sp; *mask and *altstack are what it holds.
 * 0 or -EFAULT (a frame that lies: the caller kills with SIGSEGV).
 * Afterwards the frame no longer counts as a system call's (trapframe_is_syscall). May sleep. */
int arch_signal_frame_pop(struct trapframe *tf, uint64_t *mask,
			  struct abi_stack *altstack) __must_check;
