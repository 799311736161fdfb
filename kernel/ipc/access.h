/*
 * Who may look into another task: /proc/PID, pidfd_getfd, kcmp, process_vm_readv, ptrace.
 */
#pragma once

#include "kernel/task/task.h"

/* Which of the caller's ids and capabilities count. */
enum access_ids {
	ACCESS_FS_IDS,	 /* as for a file: /proc */
	ACCESS_REAL_IDS, /* who the caller is, whatever program it runs: system calls */
};

/* May current look into t? 0 or -EPERM. Takes tasks_lock. May sleep. */
int task_may_access(struct task *t, enum access_ids ids) __must_check;

/* The address space of t, counted, if current may look into just that one. What t has otherwise is
 * to be asked for, taken, and asked for again: it may be in exec. 0, -EPERM, -ESRCH (it has none,
 * *out NULL). */
int task_mm_access(struct task *t, enum access_ids ids, struct mm **out) __must_check;
