/*
 * When memory is out: whom it is taken from.
 */
#pragma once

#include "kernel/task/task.h"

/* /proc/sys/vm; written by root alone, read as words. */
extern struct oom_settings {
	unsigned panic;		  /* panic_on_oom */
	unsigned kill_allocating; /* whoever asks dies, without looking for another */
	unsigned dump_tasks;	  /* the report has a table of processes */
} oom_settings;

#define OOM_ADJ_MIN (-1000) /* never */
#define OOM_ADJ_MAX 1000

/* What killing t's process would set free, as its adjustment makes it count, in pages; INT64_MIN:
 * it can't be killed. Takes tasks_lock. */
int64_t oom_badness(struct task *t);
/* The same as /proc/PID/oom_score shows it: 0 to 2000. */
unsigned oom_score(struct task *t);
/* Sets oom_score_adj of t's process, and of all that share its address space. 0, or -EACCES: below
 * what somebody with CAP_SYS_RESOURCE has set last, and current isn't one. */
int oom_adj_set(struct task *t, int adj) __must_check;

/* The body of the thread "oom_reaper". */
int oom_reaper_main(void *unused);
/* Processes killed since boot. */
uint64_t oom_kills(void);
