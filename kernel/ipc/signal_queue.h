/*
 * Pending signals: inside of kernel/ipc. group->lock is held around everything here, but for
 * sigpending_flush of what nobody else can reach any more.
 */
#pragma once

#include "kernel/ipc/signal.h"

#define SIG_STOPS (SIG_BIT(SIGSTOP) | SIG_BIT(SIGTSTP) | SIG_BIT(SIGTTIN) | SIG_BIT(SIGTTOU))
#define SIG_UNBLOCKABLE (SIG_BIT(SIGKILL) | SIG_BIT(SIGSTOP))
/* Default action: nothing. */
#define SIG_DEFAULT_IGNORED                                                                        \
	(SIG_BIT(SIGCHLD) | SIG_BIT(SIGCONT) | SIG_BIT(SIGURG) | SIG_BIT(SIGWINCH))
/* Of faults: taken before all others, so that the handler's context shows the faulting
 * instruction. */
#define SIG_SYNCHRONOUS                                                                            \
	(SIG_BIT(SIGSEGV) | SIG_BIT(SIGBUS) | SIG_BIT(SIGILL) | SIG_BIT(SIGTRAP) |                 \
	 SIG_BIT(SIGFPE) | SIG_BIT(SIGSYS))

/* One queued signal with what came with it. */
struct sigqueue {
	struct list link;
	struct abi_siginfo info;
	struct sigpending *home; /* where it is queued */
	struct group *account;	 /* whose sigqueue_count it is in */
	/* NULL: its own allocation, freed when taken. Otherwise part of something else, which is
	 * told that it was taken and may change the info that the receiver is about to see; info
	 * NULL: dropped, nobody sees it. */
	void (*taken)(struct sigqueue *q, struct abi_siginfo *info);
};

/* 0, or -EAGAIN when g has too many queued and the signal may not go without its info. A signal
 * below SIGRTMIN that is pending already is not queued twice. */
int sigqueue_add(struct group *g, struct sigpending *p, int signo,
		 const struct abi_siginfo *info) __must_check;
/* The same for an entry that belongs to somebody else; it must not be queued. */
void sigqueue_add_entry(struct sigpending *p, struct sigqueue *q);
/* Takes an entry back. Harmless if it is not queued. */
void sigqueue_remove_entry(struct sigqueue *q);

/* Sends with such an entry, to a thread or with only NULL to the process. False: it is ignored
 * and has not been queued. */
bool signal_send_entry_locked(struct group *g, struct task *only, struct sigqueue *q);

/* The oldest of that signal, which is pending. */
void sigpending_take(struct sigpending *p, int signo, struct abi_siginfo *info);
/* Forgets all signals of the set. */
void sigpending_drop(struct sigpending *p, uint64_t set);

/* The signal of the set that current has to take next, without taking it: its own before the
 * process's, those of faults first, the lowest. 0: none. *from: where it is. */
int signal_next(uint64_t set, struct sigpending **from);

/* Default action of signo for t's group is the end of it. */
bool signal_is_fatal(const struct group *g, int signo, uint64_t handler);

/* SIGCONT has been sent / current takes a stop signal: kernel/ipc/signal_job.c. */
void group_continue_locked(struct group *g);
/* current takes a stop signal by default: it and all other threads have WORK_STOP now, unless
 * the signal has been cancelled meanwhile. No lock held. */
void group_stop(int signo);
/* current joins a group stop (WORK_STOP). No lock held; returns when it is to go on. */
void group_stop_join(void);
/* Wakes t for a signal if it sleeps in one of the states, and pokes the hart if it runs
 * elsewhere. */
void signal_wake(struct task *t, unsigned states);
