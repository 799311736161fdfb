/*
 * Kernel threads: tasks that never see user mode, children of kthreadd (pid 2). And the first two
 * tasks.
 */
#pragma once

#include "kernel/task/task.h"

/* Starts fn(arg) in a kernel thread of that name. When fn returns the thread ends with its result
 * as exit code. 0 or -errno; *out, if wanted, is a reference. Sleeps. */
int kthread_create(int (*fn)(void *arg), void *arg, const char *name,
		   struct task **out) __must_check;

/* Called once by kernel_main: pid 1 runs init_fn (which execs the init program), pid 2 is kthreadd.
 * Panics when memory does not even suffice for them. The caller is the boot task with its fs and
 * files rows filled. */
void kthread_boot(int (*init_fn)(void *arg));
