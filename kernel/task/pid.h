/*
 * Numbers: a struct pid for each number in use as task, process, process group or session id.
 *
 * The number is free again when nothing uses it in any of the four ways. Holders of pid_get keep
 * the struct, so that they can tell a dead task from a new one with the same number (pidfd).
 */
#pragma once

#include "kernel/sched/wait.h"
#include "kernel/task/group.h"

struct pid {
	struct ref ref;	      /* uses of the number, and holders */
	int nr;		      /* [i] */
	unsigned uses;	      /* [T] of the number, in the four ways; in the table while not 0 */
	struct rb_node node;  /* [T] in the table by number */
	struct task *task;    /* [T] the task with this tid; NULL when reaped */
	struct group *group;  /* [T] the process with this tgid */
	struct list members;  /* [T] groups of this process group */
	struct list session_members; /* [T] groups of this session */
	struct tty *session_tty; /* [T] of the session whose id this is */
	struct waitq wait_exit;	/* pidfd pollers */
	uint64_t ino;	      /* [T] of its pidfds; 0: there was none yet */
};

/* A fresh number with one use (the task's own), for pid_release or task_unlink to drop, and a
 * reference: >= 1, the lowest above the last one given (wrapping to 300). 0, -EAGAIN (pid_max),
 * -ENOMEM. wanted != 0: exactly that one, or -EEXIST. */
int pid_alloc(int wanted, struct pid **out) __must_check;
/* Drops the use that pid_alloc gave. NULL is legal. Takes tasks_lock. */
void pid_release(struct pid *p);
/* One use of the number more / fewer. tasks_lock held. */
void pid_use(struct pid *p);
void pid_unuse(struct pid *p);
struct pid *pid_get(struct pid *p);
void pid_put(struct pid *p);
/* tasks_lock held; borrowed. */
struct pid *pid_peek(int nr);
struct task *task_peek(int tid);
struct group *group_peek(int tgid);
/* Counted, takes the lock itself. NULL: no such. */
struct task *task_find(int tid);
struct group *group_find(int tgid);
struct pid *pid_find(int nr);
/* The lowest number in use that is not below nr. tasks_lock held; borrowed; NULL: none. */
struct pid *pid_peek_from(int nr);
/* Numbers in use. */
unsigned pid_count(void);
/* The number given last. */
int pid_last_given(void);

/* p's task has become a zombie, or has been reaped: whoever polls a pidfd looks again. tasks_lock
 * held, as it is by those who look, so a poller that isn't in the queue yet will see the change. */
static inline void pid_wake_pollers(struct pid *p)
{
	if (!list_empty(&p->wait_exit.entries))
		waitq_wake_all(&p->wait_exit, 0);
}

static inline int group_nr(const struct group *g)
{
	return g->pid->nr;
}
#define PID_LEVELS_MAX 32 /* pid namespaces inside each other */
extern int pid_max;
extern struct pid boot_pid; /* 0: the boot task's, process group and session of kernel threads and
			       of init until setsid */
