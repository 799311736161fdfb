/* Tasks and machine as /proc tells them, for ps, top, free and uptime. */
#ifndef GROVE_PROC_H
#define GROVE_PROC_H

#include "initramfs/grove/common.h"

/* One line of /proc/PID/stat or /proc/PID/task/TID/stat, with what else is shown of a task. */
struct proc_task {
	int tid, pid, parent, group, session, terminal_group, priority, nice, threads;
	char state, name[64];
	unsigned long long ticks;	/* user and system time, in clock ticks */
	unsigned long long virtual_bytes, resident_bytes;
	uid_t uid;
};

/* All processes, or all tasks with `threads`, by number. The caller frees. */
struct proc_task *proc_tasks(bool threads, size_t *count);

/* The arguments with spaces between, or "[name]" when there are none. The caller frees. */
char *proc_command(const struct proc_task *task);

/* The number after "MemTotal:" in a text like /proc/meminfo, or 0. */
unsigned long long proc_field(const char *text, const char *label);

/* "0.01, 0.05, 0.09" from /proc/loadavg; a static buffer. */
const char *proc_load(void);

#endif
