/*
 * Sending signals, and taking them.
 *
 * Locks: group->lock guards pending sets, masks as seen by senders, and stop/exit state of the group; the handler
 * table has its own lock of the same rank, always taken alone or briefly inside group->lock through
 * spin_lock_two order: sighand after group. Senders need neither to hold a task: they take tasks_lock -> group->lock.
 */
#pragma once

#include "kernel/abi/signal.h"
#include "kernel/task/group.h"
#include "kernel/task/pid.h"

/* One queued signal with what came with it. */
struct sigqueue {
	struct list link;
	struct abi_siginfo info;
	struct group *account; /* whose sigqueue_count */
};

void sigpending_init(struct sigpending *p);
void sigpending_flush(struct sigpending *p); /* frees all entries */

/* Sends to one thread / to the process (some thread that doesn't block it) / to every member of a process group.
 * info NULL: from the kernel (SI_KERNEL). signo 0 only checks. 0, -EAGAIN (queue limit, real-time signals only).
 * Permission is the caller's business (signal_may_send). Any context; tasks_lock not held unless _locked. */
int signal_send_task(struct task *t, int signo, const struct abi_siginfo *info);
int signal_send_group(struct group *g, int signo, const struct abi_siginfo *info);
int signal_send_pgrp_locked(struct pid *pgrp, int signo, const struct abi_siginfo *info);
/* To current, can't be blocked or ignored: default if it is. For faults. */
void signal_force(int signo, int code, vaddr_t addr);
/* Kill unconditionally: OOM, lost frames. */
void signal_kill_task(struct task *t, int signo);

/* May current send signo to t? 0, -EPERM. */
int signal_may_send(struct task *t, int signo) __must_check;

/* A signal that current would act on is pending / a fatal one is. */
static inline bool signal_pending(void)
{
	return atomic_load_explicit(&current->pending_work, memory_order_relaxed) & (WORK_SIGNAL | WORK_KILL | WORK_STOP);
}
static inline bool signal_kill_pending(void)
{
	return atomic_load_explicit(&current->pending_work, memory_order_relaxed) & WORK_KILL;
}

/* Sets current's mask (SIGKILL and SIGSTOP dropped) and recomputes WORK_SIGNAL. */
void signal_mask_set(uint64_t mask);
/* Recomputes WORK_SIGNAL for t; group->lock held. */
void signal_recalc(struct task *t);

/* Starts the exit of a whole group: every thread gets WORK_KILL. group->lock held. First code wins. */
void group_exit_start_locked(struct group *g, int exit_code);

/* Tell the parent that t (a leader whose group is done, or a stopped/continued one) changed. tasks_lock held. */
void signal_notify_parent_exit(struct task *t, bool *autoreap);

/* Job control helper: is the process group orphaned (ignoring `without`)? tasks_lock held. */
bool pgrp_is_orphaned(struct pid *pgrp, const struct group *without);

/* Restart codes that never reach user space (Linux's numbers). */
#define ERESTARTSYS 512
#define ERESTARTNOINTR 513
#define ERESTARTNOHAND 514
#define ERESTART_RESTARTBLOCK 516
