/*
 * Waiting for children: wait4, waitid.
 */
#pragma once

#include "kernel/abi/signal.h"
#include "kernel/abi/wait.h"
#include "kernel/task/group.h"

struct wait_request {
	int which;	  /* P_ALL, P_PID, P_PGID */
	int id;		  /* pid or process group */
	struct pid *pid;  /* P_PID by pidfd: borrowed, and id is its number; else NULL */
	unsigned options; /* WEXITED etc., WNOHANG, WNOWAIT, __W* */
};

struct wait_result {
	int tid;	  /* whose change it is; 0: none yet (WNOHANG) */
	int status;	  /* wait4's status word */
	int code;	  /* CLD_*, with the plain value for siginfo */
	int value;
	unsigned uid;
	struct usage usage; /* the child's, its own waited-for children included */
};

/* Finds a child's change and, unless WNOWAIT, takes it (reaps a zombie). 0 (then look at tid),
 * -ECHILD, -ERESTARTSYS when a signal came. Sleeps unless WNOHANG. */
int wait_for_child(const struct wait_request *req, struct wait_result *res) __must_check;

/* Takes a dead, unlinked-from-nobody task out of tables and family and drops the tables' reference
 * later: the caller holds tasks_lock and calls task_put when it has let it go. */
void wait_reap_locked(struct task *t) __must_hold(tasks_lock);

/* Reaps a child that is dead, without a word; false: there is none. */
bool wait_reap_one(void);
/* kthreadd: sleeps until a child has died, reaps all dead ones. */
void wait_reap_all(void);

/* The status that wait gives for a dead leader. tasks_lock held. */
int group_exit_status(const struct task *leader);
/* True when a leader is a zombie and the last of its group: its parent may wait for it. tasks_lock
 * held. */
bool group_is_dead(const struct task *leader);
