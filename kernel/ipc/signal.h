/*
 * Sending signals, and taking them.
 *
 * Order of locks: tasks_lock, group->lock, sighand->lock. group->lock guards the pending sets of
 * the group and of its threads, masks as senders see them, WORK_SIGNAL, WORK_KILL and WORK_STOP,
 * and the stop and exit state. A sender needs no other lock and may be a timer interrupt.
 * tasks_lock is wanted only where the family is looked at: telling the parent, walking a process
 * group, permission.
 */
#pragma once

#include "kernel/abi/signal.h"
#include "kernel/task/group.h"
#include "kernel/task/pid.h"
#include "lib/errno.h"

/* Forgets all signals pending there. group->lock held, unless nobody else can reach p any more. */
void sigpending_flush(struct sigpending *p);

/* Sends to one thread / to the process (some thread that doesn't block it) / to every member of
 * a process group. info NULL: from the kernel (SI_KERNEL). signo 0 only checks. 0, -EAGAIN
 * (queue limit, real-time signals only). Permission is the caller's business (signal_may_send).
 * Any context. They take group->lock only, so tasks_lock may be held, and must be for _locked. */
int signal_send_task(struct task *t, int signo, const struct abi_siginfo *info);
int signal_send_group(struct group *g, int signo, const struct abi_siginfo *info);
int signal_send_pgrp_locked(struct pid *pgrp, int signo, const struct abi_siginfo *info);
/* To current, can't be blocked or ignored: default if it is. For faults. */
void signal_force(int signo, int code, vaddr_t addr);
/* Kill unconditionally: OOM, lost frames. */
void signal_kill_task(struct task *t, int signo);
/* The info of kill (code SI_USER) and tgkill (SI_TKILL): current's number and user. */
void signal_info_user(struct abi_siginfo *info, int signo, int code);
/* Says who sends, which info says as current calls itself, as t calls it: a number of 0 and the id
 * 65534 for what t doesn't see. tasks_lock held. */
void signal_info_translate(struct abi_siginfo *info, const struct task *t);

/* May current send signo to t? 0, -EPERM. tasks_lock held. */
int signal_may_send(struct task *t, int signo) __must_check;

/* A signal that current would act on is pending / a fatal one is. */
static inline bool signal_pending(void)
{
	return atomic_load_explicit(&current->pending_work, memory_order_relaxed) &
	       WORK_INTERRUPTS;
}
static inline bool signal_kill_pending(void)
{
	return atomic_load_explicit(&current->pending_work, memory_order_relaxed) & WORK_KILL;
}

/* Sets current's mask (SIGKILL and SIGSTOP dropped) and recomputes WORK_SIGNAL. */
void signal_mask_set(uint64_t mask);
/* For the length of one call (sigsuspend, ppoll): the mask before is remembered. At the call's
 * end either it is put back or, when the call was interrupted, kept until the handler has been
 * given the old one to restore. */
void signal_mask_borrow(uint64_t mask);
void signal_mask_return(bool interrupted);
/* Recomputes WORK_SIGNAL for current, which is not on its way to user mode; group->lock held. */
void signal_recalc(void);

/* Starts the exit of a whole group: every thread gets WORK_KILL. group->lock held. First code
 * wins. */
void group_exit_start_locked(struct group *g, int exit_code);

/* Tell the parent that t, a leader, is dead and its group done. *autoreap: nobody will wait for
 * it. tasks_lock held. */
void signal_notify_parent_exit(struct task *t, bool *autoreap);
/* t, which has TASK_EXITING set and is no longer among the live, takes no more signals: those to
 * the process that it alone would have taken go to another thread, and a group stop no longer
 * waits for it. group->lock held. */
void signal_thread_leaves(struct task *t);

/* Job control helper: is the process group orphaned (ignoring `without`)? tasks_lock held. */
bool pgrp_is_orphaned(struct pid *pgrp, const struct group *without);

/* Waits for one of a set of signals and takes it. The signal's number, -EAGAIN at deadline_ns of
 * CLOCK_MONOTONIC, or -EINTR when another came. */
int signal_wait(uint64_t set, struct abi_siginfo *info, uint64_t deadline_ns);
/* Changes the action of a signal; either pointer may be NULL. 0 or -EINVAL. */
int signal_action_set(int signo, const struct abi_sigaction *action,
		      struct abi_sigaction *old) __must_check;
/* Woken whenever a signal has become pending, anybody's: only signalfd's polls wait here. */
extern struct waitq signal_arrivals;
/* What is pending for current, blocked or not. */
uint64_t signal_pending_set(void);

/* kill(2): pid > 0 a process, 0 current's process group, -1 everybody, else a process group. */
int signal_kill(int pid, int signo, const struct abi_siginfo *info) __must_check;
/* To what p is the number of: the thread, its process, or the process group. 0, -ESRCH (there is
 * none any more), -EPERM, -EAGAIN. */
enum signal_scope { SIGNAL_THREAD, SIGNAL_PROCESS, SIGNAL_PGRP };
int signal_kill_pid(struct pid *p, enum signal_scope scope, int signo,
		    const struct abi_siginfo *info) __must_check;
/* To the thread tid, of process tgid unless that is 0. 0, -ESRCH, -EPERM, -EAGAIN. */
int signal_kill_thread(int tgid, int tid, int signo, const struct abi_siginfo *info) __must_check;

/* current's alternate stack: is sp on it? And a new one: 0, -EPERM, -EINVAL, -ENOMEM. */
bool signal_on_altstack(vaddr_t sp);
int signal_altstack_set(const struct abi_stack *s, vaddr_t sp) __must_check;

/* Does a result mean that the call may have to begin anew (lib/errno.h, ERESTARTSYS and on)? */
static inline bool signal_is_restart(long result)
{
	return result <= -ERESTARTSYS && result >= -ERESTART_RESTARTBLOCK;
}
