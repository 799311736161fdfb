/*
 * Freezing the processes of a control group: they stay where they are until they are thawed.
 */
#pragma once

#include "kernel/task/cgroup.h"

/* cgroup.freeze is written. tasks_lock held. */
void cgroup_freeze(struct cgroup *c, bool freeze) __must_hold(tasks_lock);
/* g has come to another group, which may be frozen. tasks_lock held. */
void cgroup_freeze_moved(struct group *g) __must_hold(tasks_lock);
/* Kills every process of c and below. tasks_lock held. */
void cgroup_kill(struct cgroup *c) __must_hold(tasks_lock);
/* current has WORK_FREEZE: sleeps until it is thawed or killed. */
void freeze_join(void);
