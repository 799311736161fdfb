/*
 * Making tasks. Every task there is was made by task_clone: processes, threads, vfork children,
 * kernel threads, pid 1.
 */
#pragma once

#include "kernel/lifecycle/clone_flags.h"
#include "kernel/task/task.h"

struct clone_args {
	unsigned by;	       /* BY_CLONE, BY_CLONE3 or BY_KERNEL: whose rules hold */
	uint64_t flags;	       /* CLONE_*, without an exit signal */
	int exit_signal;       /* sent to the parent at the end; 0: none */
	vaddr_t stack;	       /* the child's stack pointer; 0: the caller's */
	vaddr_t tls;	       /* CLONE_SETTLS */
	int __user *parent_tid; /* CLONE_PARENT_SETTID */
	int __user *pidfd;     /* CLONE_PIDFD */
	int cgroup;	       /* CLONE_INTO_CGROUP: a descriptor of its directory */
	int __user *child_tid; /* CLONE_CHILD_SETTID, CLONE_CHILD_CLEARTID */
	const int *set_tid;    /* the numbers it shall have, innermost pid namespace first */
	unsigned set_tid_count; /* 0: any */

	/* BY_KERNEL: what it runs, its name, and whom it takes after (NULL: the caller). */
	int (*fn)(void *arg);
	void *arg;
	const char *name;
	struct task *from;
};

/*
 * Makes a task and starts it. Its tid, or: -EINVAL and others by the rules of clone_flags.c;
 * -EAGAIN when there are too many tasks; -EEXIST (set_tid); -EMFILE, -EFAULT (pidfd); -ENOMEM;
 * -ERESTARTNOINTR when a signal has to be taken first. With CLONE_VFORK it returns when the child
 * has exec'd or gone, or a fatal signal came. *out, if wanted, is a reference to the child. Sleeps.
 */
int task_clone(const struct clone_args *args, struct task **out) __must_check;

/* Wakes the vfork parent of current, if one waits: current has left its address space. */
void vfork_release(void);

/* Tasks that may exist at a time: /proc/sys/kernel/threads-max. */
extern unsigned task_max;
#define TASK_MAX_LEAST 20
#define TASK_MAX_MOST 0x3fffffff /* a futex word has no room for larger numbers */
/* Boot, before the first process: task_max from the size of memory, and limits from that. */
void clone_limits_init(void);
