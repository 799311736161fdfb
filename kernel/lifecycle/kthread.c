/*
 * A kernel thread is a child process of kthreadd, which has no address space to copy, and shares
 * its directories and descriptors; of rows that a process has for itself (group, handlers) it gets
 * its own, small ones. kthreadd itself only reaps them.
 */
#include "kernel/lifecycle/kthread.h"

#include "kernel/abi/signal.h"
#include "kernel/abi/wait.h"
#include "kernel/alloc/slab.h"
#include "kernel/core/panic.h"
#include "kernel/lifecycle/clone.h"
#include "kernel/lifecycle/exit.h"
#include "kernel/lifecycle/wait.h"
#include "kernel/sched/sched.h"
#include "kernel/sched/wait.h"
#include "lib/errno.h"

#define KTHREAD_FLAGS (CLONE_VM | CLONE_FS | CLONE_FILES)

static struct task *kthreadd;

struct kthread_start {
	int (*fn)(void *arg);
	void *arg;
};

static int kthread_main(void *arg)
{
	struct kthread_start start = *(struct kthread_start *)arg;

	kfree(arg);
	task_exit(WAIT_STATUS_EXIT(start.fn(start.arg)));
}

int kthread_create(int (*fn)(void *arg), void *arg, const char *name, struct task **out)
{
	struct kthread_start *start = kzalloc(sizeof(*start));
	int tid;

	if (start == NULL)
		return -ENOMEM;
	start->fn = fn;
	start->arg = arg;
	tid = task_clone(&(struct clone_args){ .by = BY_KERNEL, .flags = KTHREAD_FLAGS,
					       .exit_signal = SIGCHLD, .fn = kthread_main,
					       .arg = start, .name = name, .from = kthreadd },
			 out);
	if (tid < 0)
		kfree(start);
	return min(tid, 0);
}

static int kthreadd_main(void *unused)
{
	for (;;)
		wait_reap_all();
	return 0; /* not reached */
}

void kthread_boot(int (*init_fn)(void *arg))
{
	int tid = task_clone(&(struct clone_args){ .by = BY_KERNEL, .exit_signal = SIGCHLD,
						   .fn = init_fn, .name = "init" },
			     NULL);

	if (tid != 1)
		panic("no memory for the first task (error %d)", tid);
	tid = task_clone(&(struct clone_args){ .by = BY_KERNEL, .flags = KTHREAD_FLAGS,
					       .fn = kthreadd_main, .name = "kthreadd" },
			 &kthreadd);
	if (tid != 2)
		panic("no memory for kthreadd (error %d)", tid);
}
