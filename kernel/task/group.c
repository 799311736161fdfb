/*
 * A thread group's life: group_create makes an empty one for a task that is being cloned without
 * CLONE_THREAD; task_link puts the first and further threads into it; each thread leaves when it is
 * reaped. The struct goes with the last task struct that points to it, so a task may always follow
 * its group pointer.
 *
 * Locking: see the legend in group.h. Order: tasks_lock before group->lock before sighand->lock.
 */
#include "kernel/task/group.h"

#include "kernel/alloc/slab.h"
#include "kernel/core/panic.h"
#include "kernel/sched/sched.h"
#include "kernel/task/cgroup.h"
#include "kernel/task/pid.h"
#include "lib/errno.h"
#include "lib/string.h"

static CACHE_DEFINE(group_cache, struct group);

#define LIMIT_NONE { RLIM_INFINITY, RLIM_INFINITY }

/* What the first process gets; the rest inherits. [i] after boot */
static struct abi_rlimit64 default_limits[RLIM_NLIMITS] = {
	[RLIMIT_CPU] = LIMIT_NONE,
	[RLIMIT_FSIZE] = LIMIT_NONE,
	[RLIMIT_DATA] = LIMIT_NONE,
	[RLIMIT_STACK] = { 8UL << 20, RLIM_INFINITY },
	[RLIMIT_CORE] = { 0, RLIM_INFINITY },
	[RLIMIT_RSS] = LIMIT_NONE,
	[RLIMIT_NPROC] = LIMIT_NONE,
	[RLIMIT_NOFILE] = { 1024, 1048576 },
	[RLIMIT_MEMLOCK] = { 8UL << 20, 8UL << 20 },
	[RLIMIT_AS] = LIMIT_NONE,
	[RLIMIT_LOCKS] = LIMIT_NONE,
	[RLIMIT_SIGPENDING] = { 32768, 32768 },
	[RLIMIT_MSGQUEUE] = { 819200, 819200 },
	[RLIMIT_NICE] = { 0, 0 },
	[RLIMIT_RTPRIO] = { 0, 0 },
	[RLIMIT_RTTIME] = LIMIT_NONE,
};

void group_limits_init(unsigned tasks)
{
	default_limits[RLIMIT_NPROC] = (struct abi_rlimit64){ tasks, tasks };
	default_limits[RLIMIT_SIGPENDING] = (struct abi_rlimit64){ tasks, tasks };
}

int group_create(const struct group *from, struct group **out)
{
	struct group *g = cache_alloc(&group_cache, ALLOC_ZERO);

	if (g == NULL)
		return -ENOMEM;
	ref_init(&g->ref);
	spinlock_init(&g->lock, "group", LOCK_RANK_GROUP);
	list_init(&g->threads);
	list_init(&g->pgrp_link);
	list_init(&g->session_link);
	list_init(&g->shared.queue);
	list_init(&g->posix_timers);
	list_init(&g->cpu_timers);
	waitq_init(&g->wait_children);
	waitq_init(&g->wait_exec);
	memcpy(g->rlimits, from != NULL ? from->rlimits : default_limits, sizeof(g->rlimits));
	if (from != NULL) {
		g->oom_score_adj = from->oom_score_adj;
		g->oom_score_adj_min = from->oom_score_adj_min;
	}
	*out = g;
	return 0;
}

struct group *group_get(struct group *g)
{
	ref_get(&g->ref);
	return g;
}

void group_put(struct group *g)
{
	if (g == NULL || !ref_put(&g->ref))
		return;
	assert(list_empty(&g->threads));
	assert(list_empty(&g->shared.queue));
	assert(list_empty(&g->posix_timers));
	pid_put(g->pid);
	cgroup_put(g->cgroup);
	cache_free(&group_cache, g);
}

uint64_t group_rlimit(struct group *g, unsigned which)
{
	return __atomic_load_n(&g->rlimits[which].cur, __ATOMIC_RELAXED);
}

void usage_add(struct usage *to, const struct usage *from)
{
	to->utime_ns += from->utime_ns;
	to->stime_ns += from->stime_ns;
	to->min_faults += from->min_faults;
	to->maj_faults += from->maj_faults;
	to->nvcsw += from->nvcsw;
	to->nivcsw += from->nivcsw;
	to->maxrss_pages = max(to->maxrss_pages, from->maxrss_pages);
}

/* Of a task that may be running: each number is one that it was at some moment. Even one that has
 * ended may be counting its last switch. */
void task_usage(const struct task *t, struct usage *u)
{
	*u = (struct usage){
		.utime_ns = READ_ONCE(t->utime_ns),
		.stime_ns = READ_ONCE(t->stime_ns),
		.min_faults = READ_ONCE(t->min_faults),
		.maj_faults = READ_ONCE(t->maj_faults),
		.nvcsw = READ_ONCE(t->nvcsw),
		.nivcsw = READ_ONCE(t->nivcsw),
	};
}

uint64_t group_cputime_locked_ns(struct group *g)
{
	uint64_t ns = g->dead_threads.utime_ns + g->dead_threads.stime_ns;
	struct task *t;

	spin_assert_held(&g->lock);
	for_each_thread(t, g)
		ns += sched_cputime_ns(t);
	return ns;
}

void group_usage(struct group *g, struct usage *u)
{
	irqflags_t irq = spin_lock_irqsave(&g->lock);
	struct task *t;

	*u = g->dead_threads;
	for_each_thread(t, g) {
		struct usage one;

		task_usage(t, &one);
		usage_add(u, &one);
	}
	spin_unlock_irqrestore(&g->lock, irq);
}
