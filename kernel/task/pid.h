/*
 * Numbers: a struct pid for each number in use as task, process, process group or session id.
 *
 * The number is free again when nothing uses it in any of the four ways. Holders of pid_get keep
 * the struct, so that they can tell a dead task from a new one with the same number (pidfd).
 */
#pragma once

#include "kernel/sched/wait.h"
#include "kernel/task/group.h"
#include "kernel/task/pid_ns.h"

/* What it is called in one pid namespace. */
struct pid_number {
	int nr;		     /* [i] */
	struct pid_ns *ns;   /* [i] the one of its own level is counted, it holds those above */
	struct rb_node node; /* [T] in ns->table */
};

struct pid {
	struct ref ref;	      /* uses of the number, and holders */
	int nr;		      /* [i] in the first namespace: numbers[0].nr */
	unsigned level;	      /* [i] of its own namespace */
	unsigned uses;	      /* [T] of the number, in the four ways; in the table while not 0 */
	struct task *task;    /* [T] the task with this tid; NULL when reaped */
	struct group *group;  /* [T] the process with this tgid */
	struct list members;  /* [T] groups of this process group */
	struct list session_members; /* [T] groups of this session */
	struct tty *session_tty; /* [T] of the session whose id this is */
	struct waitq wait_exit;	/* pidfd pollers */
	uint64_t ino;	      /* [T] of its pidfds; 0: there was none yet */
	struct pid_number numbers[]; /* by level, from the first namespace's to its own */
};

/* A fresh pid of ns, with one use (the task's own), for pid_release or task_unlink to drop, and a
 * reference. In ns and each above it a number: >= 1, the lowest above the last one given (wrapping
 * to 300); or the n-th of `wanted` in the n-th namespace from ns upwards. 0, -EAGAIN (pid_max),
 * -ENOMEM (also when ns is dying); -EEXIST, -EINVAL, -EPERM for what was wanted. */
int pid_alloc(struct pid_ns *ns, const int *wanted, unsigned wanted_count,
	      struct pid **out) __must_check;
/* Drops the use that pid_alloc gave. NULL is legal. Takes tasks_lock. */
void pid_release(struct pid *p);
/* One use of the number more / fewer. tasks_lock held. */
void pid_use(struct pid *p) __must_hold(tasks_lock);
void pid_unuse(struct pid *p) __must_hold(tasks_lock);
struct pid *pid_get(struct pid *p);
void pid_put(struct pid *p);
/* By number in current's namespace. tasks_lock held; borrowed. */
struct pid *pid_peek(int nr) __must_hold(tasks_lock);
struct task *task_peek(int tid) __must_hold(tasks_lock);
struct group *group_peek(int tgid) __must_hold(tasks_lock);
/* Counted, takes the lock itself. NULL: no such. */
struct task *task_find(int tid);
struct group *group_find(int tgid);
struct pid *pid_find(int nr);
/* The task whose number it is, counted; NULL when it has been reaped. */
struct task *task_of_pid(struct pid *p);
/* The same by number in ns. */
struct pid *pid_peek_in(struct pid_ns *ns, int nr);
struct pid *pid_find_in(struct pid_ns *ns, int nr);
/* What has the lowest number in ns that is not below nr. tasks_lock held; borrowed; NULL: none. */
struct pid *pid_peek_from(struct pid_ns *ns, int nr) __must_hold(tasks_lock);
/* Numbers in use. */
unsigned pid_count(void);
/* The number given last in ns. */
int pid_last_given(const struct pid_ns *ns);

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

/* The namespace in which a task has its own number; that of current. */
static inline struct pid_ns *pid_ns_of_task(const struct task *t)
{
	return t->pid->numbers[t->pid->level].ns;
}

static inline struct pid_ns *pid_ns_current(void)
{
	return pid_ns_of_task(current);
}

/* What p is called in ns; 0: it is not seen from there. */
static inline int pid_nr_in(const struct pid *p, const struct pid_ns *ns)
{
	if (ns->level == 0)
		return p->nr;
	if (ns->level > p->level || p->numbers[ns->level].ns != ns)
		return 0;
	return p->numbers[ns->level].nr;
}

/* What current calls p; what p is called in its own namespace. */
static inline int pid_nr(const struct pid *p)
{
	return pid_nr_in(p, pid_ns_current());
}

static inline int pid_own_nr(const struct pid *p)
{
	return p->numbers[p->level].nr;
}

/* Its pid has been set: what it is called inside and outside. */
static inline void task_numbers_set(struct task *t)
{
	WRITE_ONCE(t->tid, pid_own_nr(t->pid));
	WRITE_ONCE(t->nr, t->pid->nr);
}

/* Is it process 1 of its namespace? */
static inline bool group_is_init(const struct group *g)
{
	return g->pid != NULL && pid_own_nr(g->pid) == 1;
}
extern int pid_max;
extern struct pid boot_pid; /* 0: the boot task's, process group and session of kernel threads and
			       of init until setsid */
