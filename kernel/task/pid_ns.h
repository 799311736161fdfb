/*
 * pid namespaces: tables of numbers, one inside the other.
 *
 * A task has a number in its own pid namespace and in each above it, and is not seen from those
 * below or beside. It can't change that: what unshare and setns change is for its children. Number
 * 1 of each is its init: it adopts the namespace's orphans, takes no signal from inside that it has
 * no handler for, and when it ends all others are killed and no new one can begin.
 */
#pragma once

#include "kernel/task/ns.h"
#include "lib/rbtree.h"

#define PID_LEVELS_MAX 32 /* below the first */

struct pid_ns {
	struct ns ns;
	struct pid_ns *parent; /* [i] counted; NULL: init_pid_ns */
	unsigned level;	       /* [i] 0: init_pid_ns */
	struct rb_root table;  /* [T] struct pid_number by nr */
	unsigned numbers;      /* [T] in the table */
	int last;	       /* [T] given last */
	unsigned tasks;	       /* [T] linked, those of namespaces below too */
	struct task *init;     /* [T] leader of its process 1; NULL: not yet, or no longer */
	bool dying;	       /* [T] no number is given any more */
	unsigned memfd_noexec; /* [a] vm.memfd_noexec; what counts is the strictest from here up */
	int reboot_signal;     /* [T] by reboot(2) inside: what init is said to have died of */
};
extern struct pid_ns init_pid_ns;

static inline struct pid_ns *pid_ns_of(struct ns *ns)
{
	return container_of(ns, struct pid_ns, ns);
}

static inline struct pid_ns *pid_ns_get(struct pid_ns *ns)
{
	ns_get(&ns->ns);
	return ns;
}

static inline void pid_ns_put(struct pid_ns *ns)
{
	if (ns != NULL)
		ns_put(&ns->ns);
}

/* An empty one below `from`, whose first task will be its init. 0, -ENOSPC (depth, limit), -EINVAL
 * when `from` is not current's own, -ENOMEM. */
int pid_ns_copy(struct ns *from, struct user_ns *owner, struct ns **out) __must_check;
/* How far its tasks are kept from making memory files that can be executed: 0 no, 1 who says
 * nothing gets one that can't, 2 nobody else gets one. */
unsigned pid_ns_memfd_noexec(const struct pid_ns *ns);
/* Is ns `above` itself or below it? */
bool pid_ns_is_inside(const struct pid_ns *ns, const struct pid_ns *above);
