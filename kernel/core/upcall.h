/*
 * The short list of calls that go against the arrow of the layers: low code that must reach high
 * code. Each names who calls and who implements. Everything else upward goes through an ops struct.
 */
#pragma once

#include "lib/types.h"

struct trapframe;
struct task;
struct hart;

/* arch/riscv/boot -> kernel/main/main.c. Paging on, this hart's boot stack, interrupts off, tp =
 * boot task. */
__noreturn void kernel_main(uint64_t hartid, paddr_t fdt);

/* arch/riscv/hart -> kernel/main/main.c: a further hart, on hart->idle's stack, tp = hart->idle. */
__noreturn void kernel_hart_main(struct hart *hart);

/* arch/riscv/trap -> kernel/sys/dispatch.c: a system call from user mode, interrupts on. Sets a0.
 * */
void upcall_syscall(struct trapframe *tf);

enum fault_access { FAULT_READ, FAULT_WRITE, FAULT_EXEC };

/* arch/riscv/trap -> kernel/mm/fault.c: a page fault at addr below USER_END, from user mode or from
 * a user copy. 0: mapped now, retry. Otherwise -errno: -EFAULT (*signo SIGSEGV, *code
 * MAPERR/ACCERR), -ENOMEM, *signo SIGBUS for a file page past the end. Interrupts on; may sleep. */
int upcall_fault(vaddr_t addr, enum fault_access access, int *signo, int *code);

/* kernel/alloc -> kernel/mm/reclaim.c. Frames run low: the thread that takes some back begins. And:
 * wait until it has; true if there are more now. From callers that may sleep (ALLOC_WAIT). */
void upcall_memory_low(void);
bool upcall_memory_wait(void);

/* kernel/mm/fault.c -> kernel/ipc/oom.c: a fault found no page. True: some may be free now, try
 * again; false: current is to die itself, or nobody can be killed. Sleeps. */
bool upcall_out_of_memory(void);

/* arch/riscv/trap -> kernel/ipc/signal.c: user code did something that ends in a signal now (cannot
 * be ignored). */
void upcall_user_exception(struct trapframe *tf, int signo, int code, vaddr_t addr);

/* arch/riscv/trap -> kernel/sched: this hart's timer interrupt; a poke by another hart. Interrupts
 * off. */
void upcall_timer(void);
void upcall_ipi(void);

/* arch/riscv/trap -> kernel/ipc/signal_deliver.c: about to return to user mode with work pending
 * (current->pending_work non-zero). Interrupts on at entry; loop until none is left. */
void upcall_user_return(struct trapframe *tf);

/* arch/riscv/switch -> kernel/sched/sched.c: first instant of a new task; prev is who ran before.
 * */
void upcall_task_start(struct task *prev);

/* kernel/sched -> kernel/mm/switch.c: the hart goes from prev to next; load next's address space if
 * it has one (a task without one keeps running on whatever is loaded). Interrupts off, run queue
 * lock held. */
void upcall_mm_switch(struct task *prev, struct task *next);

/* kernel/sched, timer tick -> kernel/ipc/itimer.c: ns more run by current, in user mode or not:
 * CPU-time timers, limits. Interrupts off. */
void upcall_cpu_time(struct task *t, uint64_t ns, bool user);

/* kernel/task/task.c, at the last reference to a task -> kernel/lifecycle/resource.c: drops what
 * rows it still has. */
void upcall_task_destroy(struct task *t);

/* kernel/ipc, a fatal signal or WORK_KILL at the return to user mode -> kernel/lifecycle/exit.c:
 * current dies with this wait status. group: the whole thread group does. */
__noreturn void upcall_task_exit(int status, bool group);

/* kernel/core/trace.c and whoever shows events -> kernel/sys/trace_decode.c: an event in words,
 * "1: sh(7) clone SIGCHLD = 9", cut to size with its NUL. Anywhere, in a panic too. */
struct trace_event;
void upcall_trace_text(const struct trace_event *e, unsigned hart, char *buf, size_t size);

/* kernel/core/asan_report.c -> kernel/alloc/slab_asan.c, with SAN=address: prints which object of
 * which cache addr is in or near, and who had it; nothing if it is in none. */
void upcall_object_describe(vaddr_t addr);
