/*
 * The io context: what block I/O is done with. One row of the resource table (CLONE_IO).
 */
#pragma once

#include "kernel/core/ref.h"
#include "kernel/task/task.h"

struct io_context {
	struct ref ref;	    /* tasks that share it */
	atomic_uint ioprio; /* kernel/abi/ioprio.h; class NONE: by the task's nice value */
};

struct io_context *io_context_get(struct io_context *io);
void io_context_put(struct io_context *io); /* NULL is legal */
/* For a new task that doesn't share: one of the same priority, or none when that was never set. 0,
 * -ENOMEM. */
int io_context_copy(struct io_context *from, struct io_context **out) __must_check;

/* A task's priority as it was set (class NONE if never), and what that comes to. tasks_lock
 * held. */
unsigned io_priority_set_of(const struct task *t);
unsigned io_priority_of(const struct task *t);
/* 0, -ENOMEM. tasks_lock held. */
int io_priority_set(struct task *t, unsigned ioprio) __must_check;
