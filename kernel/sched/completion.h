/*
 * Completion: one task waits until another says that it is done.
 */
#pragma once

#include "kernel/sched/wait.h"

struct completion {
	bool done;
	struct waitq waiters;
};

void completion_init(struct completion *c);
/* Any context. After it the completion may vanish: nothing of *c is touched once the waiter can see
 * it. */
void completion_done(struct completion *c);
void completion_wait(struct completion *c);
int completion_wait_killable(struct completion *c) __must_check; /* 0 or -EINTR */
