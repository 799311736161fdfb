/*
 * Freezing the processes of a control group: they stay where they are until they are thawed.
 */
#pragma once

#include "kernel/task/cgroup.h"

/* cgroup.freeze is written. tasks_lock held. */
void cgroup_freeze(struct cgroup *c, bool freeze);
/* g has come to another group, which may be frozen. tasks_lock held. */
void cgroup_freeze_moved(struct group *g);
/* Kills every process of c and below. tasks_lock held. */
void cgroup_kill(struct cgroup *c);
/* current has WORK_FREEZE: sleeps until it is thawed or killed. */
void freeze_join(void);
