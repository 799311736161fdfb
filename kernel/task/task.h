/*
 * The spine: what a task is. Visible from every layer; it names the resources but defines none of
 * them.
 *
 * A task is a thin thing that points to resources. What can never be shared lies in it; what can be
 * shared is behind a counted pointer, one per row of the resource table
 * (kernel/lifecycle/resource.h).
 *
 *        task_clone
 *            |            +--------------------------+
 *            v            v   wake                   |
 *          NEW  ------> RUNNING ------> INTERRUPTIBLE, UNINTERRUPTIBLE, KILLABLE
 *                         |  ^
 *                  signal |  | SIGCONT, SIGKILL
 *                         v  |
 *                       STOPPED / TRACED
 *                         |
 *                         | task_exit              wait4, or at once if nobody wants to know
 *                         +--------> ZOMBIE -----------------------------------> GONE
 *
 * References: one for being in the task tables (dropped by task_release when reaped), one per
 * task_find result, one for the hart it runs on until it has switched away for the last time.
 *
 * Legend: [i] immutable once published, [a] atomic, [t] only the task itself, [T] tasks_lock, [G]
 * group->lock, [R] its run queue's lock, [A] changed only by the task itself, under tasks_lock: it
 * reads it freely, others under tasks_lock; [N] as [A], but that group->lock is held too to change
 * it, and either lets others read: it changes when a thread's exec makes it the leader.
 */
#pragma once

#include "arch/hart.h"
#include "arch/task.h"
#include "kernel/core/fault_inject.h"
#include "kernel/core/hart.h"
#include "kernel/core/ref.h"
#include "kernel/core/spinlock.h"
#include "kernel/task/sigpending.h"
#include "lib/list.h"

struct mm;	   /* kernel/mm/mm.h */
struct sem_undo_list; /* kernel/ipc/sysv_sem_undo.h */
struct files;	   /* kernel/fs/files.h */
struct fs_context; /* kernel/fs/fs_context.h */
struct sighand;	   /* kernel/ipc/sighand.h */
struct io_context; /* kernel/task/io_context.h */
struct group;	   /* kernel/task/group.h */
struct ns_set;	   /* kernel/task/ns.h */
struct cred;	   /* kernel/task/cred.h */
struct pid;	   /* kernel/task/pid.h */
struct user;	   /* kernel/task/user.h */
struct completion; /* kernel/sched/completion.h */
struct coverage;   /* kernel/task/coverage.h */

enum task_state {
	TASK_RUNNING = 0, /* running or in a run queue: R */
	TASK_INTERRUPTIBLE = 1, /* sleeps, any signal wakes it: S */
	TASK_UNINTERRUPTIBLE = 2, /* sleeps whatever comes: D */
	TASK_KILLABLE = 4, /* sleeps, only a fatal signal wakes it: D */
	TASK_STOPPED = 8, /* job control: T */
	TASK_TRACED = 16, /* stopped for its tracer: t */
	TASK_ZOMBIE = 32, /* dead, its exit status not yet collected: Z */
	TASK_GONE = 64, /* reaped: X */
	TASK_NEW = 128, /* not yet started */
};
#define TASK_NORMAL (TASK_INTERRUPTIBLE | TASK_UNINTERRUPTIBLE | TASK_KILLABLE)
#define TASK_ANY_SLEEP (TASK_NORMAL | TASK_STOPPED | TASK_TRACED)

/* Bits of pending_work: looked at before every return to user mode. */
#define WORK_RESCHED 1u /* somebody else should run */
#define WORK_SIGNAL 2u /* a signal may be deliverable: kernel/ipc/signal.c says who sets it */
#define WORK_KILL 4u /* the task must die: fatal signal or group exit */
#define WORK_RESTORE_MASK 8u /* sigsuspend & co: go back to saved_mask when no handler runs */
#define WORK_STOP 16u /* group stop to join */
#define WORK_SET_TID 32u /* a new task has to store its tid at set_child_tid */
#define WORK_FREEZE 64u /* its control group is frozen */
#define WORK_INTERRUPTS (WORK_SIGNAL | WORK_KILL | WORK_STOP | WORK_FREEZE) /* end sleeps */

#define TASK_KTHREAD 1u /* flags: never goes to user mode */
#define TASK_EXITING 2u
#define TASK_FORKNOEXEC 4u
#define TASK_OVER_NPROC 8u /* by a change of user, which exec will refuse to build on */

#define TASK_COMM_LEN 16

#include "kernel/sched/entity.h" /* struct sched_entity, nothing else */

struct task {
	struct ref ref;
	int tid;	       /* [N] its number in its own pid namespace */
	unsigned flags;	       /* [t] to write: TASK_*; others ask task_is() */
	atomic_uint state;     /* [a] enum task_state; see task_wake, task_state_set */
	atomic_uint pending_work; /* [a] WORK_* */
	int fault_disabled;    /* [t] user copies fail rather than sleep */
	char comm[TASK_COMM_LEN]; /* [T] to write; see task_name_get */
	void *kstack;	       /* [i] lowest address of the kernel stack */
	struct arch_task arch; /* [t] */

	/* Scheduling. */
	struct sched_entity sched; /* [R] */
	atomic_uint hart;	   /* [R] index of the hart whose queue it is in or ran on last */
	atomic_bool on_hart;	   /* [a] its registers are live on a hart */
	struct hart_mask affinity; /* [R] */
	/* CPU time in user mode and in the kernel: [R of where it runs] to write */
	uint64_t utime_ns, stime_ns;
	uint64_t time_mark_ns;	   /* [t] when the current stretch began */
	uint64_t start_ns;	   /* [i] CLOCK_MONOTONIC at creation */
	uint64_t min_faults, maj_faults; /* [t] to write */
	uint64_t nvcsw, nivcsw;	   /* [R] to write: switches, given up and taken away */

	/* Resources: one row of the resource table each. */
	struct mm *mm;		/* [A] NULL: kernel thread, or exited */
	struct files *files;	/* [A] */
	struct fs_context *fs;	/* [A] */
	struct sighand *sighand; /* [A] */
	struct io_context *io;	/* [T] NULL: its priority was never set */
	struct ns_set *ns;	/* [A] namespaces; NULL: exited */
	struct sem_undo_list *sysvsem; /* [A] NULL: nothing to undo */
	struct group *group;	/* [i]; valid until the last reference goes */

	/* Credentials: immutable once set, replaced whole. */
	struct cred *cred; /* [A] */
	struct user *user; /* [t] counts this task; counted */

	/* Signals. */
	struct sigpending pending; /* [G] sent to this task alone */
	struct list cpu_timers;	   /* [G] armed ones on its clock */
	uint64_t sigmask;	   /* [G] blocked; written by the task itself only */
	uint64_t saved_mask;	   /* [t] see WORK_RESTORE_MASK */
	uint64_t
		wait_mask; /* [G] signals that sigtimedwait waits for: they wake although blocked */
	vaddr_t altstack_sp;	   /* [t] */
	size_t altstack_size;	   /* [t] */
	int altstack_flags;	   /* [t] */
	struct restart_block {	   /* [t] for -ERESTART_RESTARTBLOCK */
		long (*fn)(struct restart_block *r);
		uint64_t args[5];
	} restart;

	/* Family. */
	struct task *parent;	/* [T] the thread that made it, or adopted it; the same for all
				   threads of a group */
	struct list children;	/* [T] of group leaders, through sibling */
	struct list sibling;	/* [T] */
	struct list group_link; /* [T|G] in group->threads */
	struct list all_link;	/* [T] in task_list */
	struct pid *pid;	/* [N] */
	int nr;			/* [N] its number in the first pid namespace: pid->nr */
	int exit_signal;	/* [T] sent to the parent at exit; 0 none, -1 not the leader */
	int exit_code;		/* [T] as wait4's status */
	int pdeath_signal;	/* [T] sent when the parent dies */
	struct completion *vfork_done; /* [T] */
	bool frozen;		/* [T] sleeps for WORK_FREEZE */

	/* Threads' exit. */
	int __user *set_child_tid;   /* [t] until WORK_SET_TID is done */
	int __user *clear_child_tid; /* [t] */
	void __user *robust_list;    /* [t] */
	size_t robust_list_len;	     /* [t] */

	/* Futex and poll waiting need nothing here: their waiters lie on the stack. */
	unsigned timer_slack_ns;
	unsigned personality; /* [t] */
	uint64_t syscall_nr; /* [t] for /proc and messages */
#ifdef PANDO_COV
	struct coverage *coverage; /* [t] where it records what it reaches; counted */
#endif
#ifdef PANDO_FAULTS
	struct fault_state faults; /* [t] failures to be injected */
#endif
#ifdef PANDO_DEBUG
	struct lock_stack locks; /* [t] what it holds and waits for */
#endif
};

/* The circular list of all tasks, threads included, in order of creation; and what guards it, the
 * family tree, groups, process groups and sessions, and the pid table. Taken with spin_lock_irqsave
 * where interrupts look tasks up. */
extern struct list task_list;
extern struct spinlock tasks_lock;

struct task *task_get(struct task *t);
/* The last reference frees it. Never sleeps, any context. NULL is legal. */
void task_put(struct task *t);

/* A bare task: kernel stack, empty lists, no resource, no number, state NEW, one reference. NULL:
 * out of memory. */
struct task *task_create(void);

/* Dresses the boot task, which runs before there is memory to make one, as tid 0: a group,
 * credentials, no number in the tables. Every other task descends from it. 0 or -ENOMEM. */
int task_boot_init(struct task *t) __must_check;

/* Enters a task that has its pid and group into the tables: it can be found and signalled from now
 * on. The first of a group brings the group into the process group and session of `from`'s.
 * tasks_lock and from's group->lock held. */
void task_link(struct task *t, struct task *from) __must_hold(tasks_lock);
/* Takes a dead task out of everything: its number is free when this was the last use. tasks_lock
 * and group->lock held. The reference that the tables had is the caller's now. */
void task_unlink(struct task *t) __must_hold(tasks_lock);

/* Counts t with another user's tasks: it has changed its real id. 0, -ENOMEM. */
int task_user_set(struct task *t, unsigned uid) __must_check;

/* The name in /proc and messages; name need not be terminated within the limit. */
void task_name_set(struct task *t, const char *name);
/* A name is written and read as words, so that reading it takes no lock. Who reads it while it
 * changes may get half of each, but what it gets ends. */
union task_name {
	char text[TASK_COMM_LEN];
	uint64_t words[TASK_COMM_LEN / sizeof(uint64_t)];
};
static inline union task_name task_name_get(const struct task *t)
{
	const uint64_t *words = (const uint64_t *)t->comm;

	return (union task_name){ .words = { READ_ONCE(words[0]), READ_ONCE(words[1]) } };
}
/* R, S, D, I, T, t, Z or X. */
char task_state_letter(const struct task *t);
extern atomic_uint task_count; /* tasks linked */

/* Has t this of TASK_*? */
static inline bool task_is(const struct task *t, unsigned flag)
{
	return READ_ONCE(t->flags) & flag;
}

/* The rest of kernel/core/hart.h: a running task's `hart` is the one that it runs on. */
static inline unsigned hart_index(void)
{
	return atomic_load_explicit(&current->hart, memory_order_relaxed);
}

static inline struct hart *hart_this(void)
{
	return &hart_table[hart_index()];
}
