/*
 * trap.h: between entry.S, task.c and trap.c.
 */
#pragma once

#include "arch/task.h"

struct task;

/* entry.S */
void trap_entry(void);
void task_begin_user(void);
void task_begin_kernel(void);
struct task *task_switch(struct task *prev, struct task *next);

/* fp_regs.S */
void fp_save(struct fp_state *to);
void fp_load(const struct fp_state *from);

/* trap.c, called from entry.S */
void trap_user(struct trapframe *tf);
void trap_kernel(struct trapframe *tf);
/* Interrupts off; does what is pending before a return to user mode. */
void trap_user_exit(struct trapframe *tf);
__noreturn void trap_stack_overflow(vaddr_t sp, vaddr_t pc, vaddr_t addr, vaddr_t fp);

/* task.c: user mode used floating point while it was off. False if it was on already. */
bool fp_turn_on(struct trapframe *tf);

/* plic.c, hart.c */
void plic_interrupt(void);
bool plic_present(void); /* there is a controller, silent until lines are attached */
void ipi_interrupt(void);
