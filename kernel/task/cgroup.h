/*
 * Control groups (version 2): a tree of groups that processes are in, to be counted, limited,
 * stopped and killed together. kernel/fs/cgroupfs.c shows them as directories.
 *
 * Membership is the process's (struct group), so threads cost nothing, and NULL stands for the
 * root, so that neither does a fork outside of any group.
 *
 *	cgroup_create --> in the tree --(cgroup_remove: nobody is in it)--> dead --> freed with
 *	                                                                    the last reference
 */
#pragma once

#include "kernel/core/ref.h"
#include "kernel/sched/wait.h"
#include "kernel/task/task.h"

/* Something that a file shows has changed: whoever polls it looks again. */
struct cgroup_notice {
	unsigned count; /* [T] changes so far */
	struct waitq waiters;
};

/* Whose a file or the directory is. By number: 0 the directory's, then the files' in the order of
 * kernel/fs/cgroup_files.c. */
struct cgroup_attr {
	unsigned uid, gid, mode;
};
#define CGROUP_ATTRS 20
#define CGROUP_ATTR_PROCS 1 /* except this: who may write there may move processes */

#define CGROUP_PIDS 1u /* controllers, as bits */
#define CGROUP_CONTROLLERS CGROUP_PIDS
#define CGROUP_NO_LIMIT 0xffffffffu

struct cgroup {
	struct ref ref;		/* its parent's list, children, processes in it, inodes, files */
	struct cgroup *parent;	/* [i] counted; NULL: cgroup_root */
	const char *name;	/* [i] */
	uint64_t id;		/* [i] */
	struct list children;	/* [T] */
	struct list sibling;	/* [T] */
	bool dead;		/* [T] to write */
	unsigned enabled;	/* [T] to write: controllers that its children have */

	/* Who is in it. "Below" includes itself; the root doesn't count. */
	struct list members;	/* [T] processes in it itself, with a thread that lives: struct
				 * group by cgroup_link. The root keeps none */
	unsigned processes;	/* [T] how many */
	unsigned populated_children; /* [T] */
	unsigned tasks, tasks_peak; /* [T] below, zombies included */
	unsigned unfrozen;	/* [T] live threads below that are not frozen */
	struct cgroup_notice events; /* populated or frozen has changed */

	/* The pids controller. */
	unsigned tasks_max;	/* [T] CGROUP_NO_LIMIT: none */
	uint64_t limit_hits, limit_hits_own; /* [T] below; by its own limit */
	struct cgroup_notice limit_events;

	bool freeze;		/* [T] it was asked for here */
	unsigned freezers;	/* [T] here and above */

	struct cgroup_attr attrs[CGROUP_ATTRS]; /* [T] */
};

extern struct cgroup cgroup_root;

struct cgroup *cgroup_get(struct cgroup *c);
void cgroup_put(struct cgroup *c); /* NULL is legal. Any context */

/* A child of that name; *out: counted. 0, -ENOMEM, -ENODEV (the parent is dead). */
int cgroup_create(struct cgroup *parent, const char *name, struct cgroup **out) __must_check;
/* Takes it out of the tree: 0, -EBUSY (somebody lives in it, or it has children). */
int cgroup_remove(struct cgroup *c) __must_check;

/* Those on the way from top, which is not among them, down to c, in an array for kfree; c is held,
 * and below top. NULL: out of memory. Any context. */
struct cgroup **cgroup_chain(struct cgroup *c, const struct cgroup *top, unsigned *count);

/* --- All that follow: tasks_lock held --------------------------------------------------------- */

/* The child of that name, borrowed; NULL: none. */
struct cgroup *cgroup_child(struct cgroup *c, const char *name) __must_hold(tasks_lock);
struct cgroup *cgroup_of(const struct group *g) __must_hold(tasks_lock); /* borrowed, never NULL */
/* Is c `top` or below it? */
bool cgroup_is_below(const struct cgroup *c, const struct cgroup *top) __must_hold(tasks_lock);
struct cgroup *cgroup_common(struct cgroup *a, struct cgroup *b) __must_hold(tasks_lock);
bool cgroup_is_populated(const struct cgroup *c) __must_hold(tasks_lock);
bool cgroup_is_frozen(const struct cgroup *c) __must_hold(tasks_lock);
/* The group after c in a walk over top and all below it, parents first; NULL: that was the last. */
struct cgroup *cgroup_next(struct cgroup *c, const struct cgroup *top) __must_hold(tasks_lock);
/* Groups, itself not included. */
unsigned cgroup_count_below(struct cgroup *c) __must_hold(tasks_lock);

/* May processes be put there (not where controllers of populated children would compete with
 * them)? 0, -EBUSY, -ENODEV. */
int cgroup_may_hold(const struct cgroup *c) __must_check __must_hold(tasks_lock);
/* Calls fn for each process that lives in c itself. In the root that is a walk over all there are.
 */
void cgroup_for_each(struct cgroup *c, void (*fn)(struct group *g, void *arg), void *arg)
	__must_hold(tasks_lock);
/* The process, which lives, goes there with all its threads: limits don't hold it back. */
void cgroup_move(struct group *g, struct cgroup *to) __must_hold(tasks_lock);
/* Which controllers the children have. 0, -ENOENT (c hasn't got one itself), -EBUSY. */
int cgroup_enable(struct cgroup *c, unsigned enable, unsigned disable) __must_check
	__must_hold(tasks_lock);

/* clone: a new task of from's group, or (into not NULL) in another; child->group is set. 0,
 * -EAGAIN (a limit), -ENODEV (into is dead). */
int cgroup_fork(struct task *child, const struct task *from, struct cgroup *into) __must_check
	__must_hold(tasks_lock);
/* t has become a zombie, the last thread of its process or not; later it is reaped. */
void cgroup_task_exit(struct task *t, bool last) __must_hold(tasks_lock);
void cgroup_task_reaped(struct task *t) __must_hold(tasks_lock);

/* What n stands for has changed. */
void cgroup_notify(struct cgroup_notice *n);
/* current is / is no longer one of the frozen. */
void cgroup_count_frozen(struct task *t, bool frozen) __must_hold(tasks_lock);
