/*
 * The thread group: what user space calls a process. One row of the resource table (CLONE_THREAD).
 *
 * Holds what the threads have in common: number, process group and session, limits, signals sent to
 * the process, timers, exit state, what dead threads and children used up. Lives as long as any
 * task struct points to it.
 */
#pragma once

#include "kernel/abi/resource.h"
#include "kernel/sched/timer.h"
#include "kernel/sched/wait.h"
#include "kernel/task/sigpending.h"
#include "kernel/task/task.h"

struct cgroup;
struct tty;

struct usage {
	uint64_t utime_ns, stime_ns, min_faults, maj_faults, nvcsw, nivcsw, maxrss_pages;
};

struct group {
	struct ref ref;		/* task structs that point here, and holders of group_get */
	struct spinlock lock;	/* rank GROUP; taken irqsave: timers send signals */
	struct list threads;	/* [T|G] through task->group_link */
	unsigned live;		/* [G] to write: threads not yet in task_exit */
	struct task *leader; /* [T] the task whose tid is the group's number; changes in exec by a
				thread */

	struct pid *pid;	/* [i] tgid */
	struct pid *pgrp;	/* [T] */
	struct pid *session;	/* [T] */
	struct list pgrp_link;	/* [T] in pgrp->members */
	struct list session_link; /* [T] in session->session_members */
	bool session_leader;	/* [T] */
	unsigned execs;		/* [T] so often; after the first setpgid by the parent is over */
	unsigned parent_execs;	/* [T] the parent's when it was cloned */
	struct tty *tty; /* [T] controlling terminal: borrowed, session->session_tty holds it */
	struct cgroup *cgroup;	/* [T] counted; NULL: the root */
	struct list cgroup_link; /* [T] in cgroup->members, while a thread lives */
	bool subreaper;		/* [T] PR_SET_CHILD_SUBREAPER */

	/* Signals. */
	struct sigpending shared; /* [G] sent to the process */
	int stop_signal;	/* [G] of the group stop in progress or done, 0 none */
	unsigned stop_count;	/* [G] threads that have still to stop */
	bool stopped;		/* [G] all have: parent may be told */
	bool stop_reported;	/* [G] wait has seen it */
	bool continued;		/* [G] for WCONTINUED */
	uint8_t job_news; /* [G] CLD_STOPPED, CLD_CONTINUED: what the parent has still to be told; 0
			     nothing */
	unsigned sigqueue_count; /* [G] queued infos, against RLIMIT_SIGPENDING */

	/* Exit. */
	bool exiting;		/* [G] group exit in progress */
	int exit_code;		/* [G] status of the group exit */
	bool autoreap;		/* [i] leaves no zombie, whatever the parent wants */
	struct task *exec_task;	/* [G] thread in exec that waits for the others to go */
	struct waitq wait_children; /* wait4 sleeps here; woken by children's exits and stops */
	struct waitq wait_exec;	/* exec sleeps here until it is alone */

	struct abi_rlimit64 rlimits[RLIM_NLIMITS]; /* [G] */
	struct usage dead_threads; /* [G] */
	struct usage children;	/* [G] waited-for */

	struct timer real_timer; /* ITIMER_REAL */
	uint64_t real_interval_ns; /* [G] */
	struct cpu_itimer { uint64_t left_ns, interval_ns; } virtual_timer, prof_timer; /* [G] */
	struct list posix_timers; /* [G] kernel/ipc/posix_timer.h */
	struct list cpu_timers;	/* [G] armed ones on its clock: kernel/ipc/cpu_timer.h */
	unsigned cpu_timer_count; /* [G] to write: armed, its threads' too */
	int next_timer_id;	/* [G] */
	int oom_score_adj;	/* [T] */
	int oom_score_adj_min;	/* [T] what the privileged have set: nobody else goes below */
};

/* Boot, before the first process: how many tasks, and queued signals, a user may have. */
void group_limits_init(unsigned tasks);
/* An empty group with inherited limits (from NULL: defaults). 0, -ENOMEM. */
int group_create(const struct group *from, struct group **out) __must_check;
struct group *group_get(struct group *g);
void group_put(struct group *g);
uint64_t group_rlimit(struct group *g, unsigned which); /* current soft limit */
/* Time and faults of all threads, dead ones included. */
void group_usage(struct group *g, struct usage *u);
/* How long all threads have run, dead ones included; with group->lock held. */
uint64_t group_cputime_locked_ns(struct group *g);
/* One task's own so far. */
void task_usage(const struct task *t, struct usage *u);
void usage_add(struct usage *to, const struct usage *from);
#define for_each_thread(t, g) list_for_each_entry(t, &(g)->threads, group_link)
