/*
 * Timers that go by how much a process, or one of its threads, has run: inside of kernel/ipc.
 */
#pragma once

#include "kernel/task/group.h"

struct cpu_timer {
	struct list link;    /* [G] in its clock's list, while it is armed */
	uint64_t expires_ns; /* [G] of that clock; 0: never set */
	struct task *task;   /* [i] whose time, counted; NULL: the whole group's */
	/* group->lock held, interrupts off; out of the list, may arm it anew. */
	void (*fn)(struct cpu_timer *t, uint64_t now_ns);
};

/* All with group->lock held. What its clock shows; sets it; takes it out of the list. */
uint64_t cpu_timer_now(struct group *g, const struct cpu_timer *t);
void cpu_timer_arm(struct group *g, struct cpu_timer *t, uint64_t expires_ns);
void cpu_timer_disarm(struct group *g, struct cpu_timer *t);

/* t has run on: what is due of its own timers and its group's. No lock held, interrupts off. */
void cpu_timers_run(struct task *t);

/* Which clock a timer of current's is to have: *task is the thread, counted, or NULL for the
 * process. 0, -EINVAL (nobody is called so), -EOPNOTSUPP (not to be had). */
int cpu_timer_clock(int clock, struct task **task) __must_check;
