/*
 * Deferred work: a function to be called soon by a kernel thread (kworker), where it may sleep.
 */
#pragma once

#include "lib/list.h"
#include "lib/types.h"

struct work {
	struct list link;
	void (*fn)(struct work *w);
	bool queued;
};

/* Any context. Queues once however often it is called before it runs. */
void work_queue(struct work *w);
/* The body of a kworker thread; made by kernel/main through kernel/lifecycle/kthread.h. */
int work_thread_main(void *unused);
